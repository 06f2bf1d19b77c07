// The journals of the simulated node, from the start of one of its lives to the end of it: what
// appliance/node/journals.h and journal_feed.h do, on the simulated disk, with events in place of
// the maintenance thread and of the archive's.
// Made anew by every start.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/journal/disk/segment_keeper.h"
#include "engine/journal/recovery/feed_reader.h"
#include "engine/journal/recovery/recover.h"
#include "engine/journal/recovery/share_out.h"
#include "engine/journal/shard_journal.h"
#include "tests/sim/disk.h"
#include "tests/sim/network.h"
#include "tests/sim/store.h"

namespace sim {

class Journals final : public journal::DiskFailure {
 public:
  using Owner = std::function<engine::ShardId(const journal::RecoveredEntry&)>;

  // Recovers what is on the disk and begins an epoch for so many shards.
  static base::Result<std::unique_ptr<Journals>> start(Disk& disk, Store& store,
                                                       const journal::JournalOptions& options,
                                                       engine::ShardId shards, uint32_t salt,
                                                       const Owner& owner);
  ~Journals() override;

  journal::ShardJournal& hand_over(engine::ShardId shard, Reactor& reactor,
                                   std::vector<engine::JournalEntry>& recovered);
  journal::ShardJournal& of(engine::ShardId shard);
  // The archive takes what has been committed, in a while.
  void feed(engine::ShardId shard);

  // A write or a sync has failed: in production the process has ended. Nothing is sent any more.
  const std::string& failure() const { return failure_; }
  void journal_failed(const std::string& what) override;
  size_t recovered_entries() const { return recovered_; }

 private:
  class Supply;
  struct Log;
  Journals(Disk& disk, Store& store);
  base::Status archive_last_epoch(const journal::Recovered& found);
  base::Status archive(journal::FeedReader& reader, const journal::LogIdentity& log);

  Disk& disk_;
  Store& store_;
  std::unique_ptr<journal::SegmentKeeper> keeper_;
  std::vector<std::unique_ptr<Log>> logs_;
  std::string failure_;
  size_t recovered_ = 0;
};

}  // namespace sim
