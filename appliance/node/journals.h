// The shards' journals of this node: opened and read at start, written anew for the shards there
// are now, handed to them, and the thread that serves them.
// Main thread, in the order of the members; hand_over() on each shard's thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/random.h"
#include "engine/journal/disk/maintenance.h"
#include "engine/journal/disk/posix_files.h"
#include "engine/journal/recovery/recover.h"
#include "engine/journal/shard_journal.h"

namespace appliance {

struct JournalsOptions {
  std::string path;                 // the folder
  journal::JournalOptions journal;  // segment_bytes: rounded up as needed
  uint64_t record_bytes_max = 0;    // the longest entry there will be
  engine::ShardId shards = 1;
};

class Journals {
 public:
  // Whose entry it is now, of so many shards.
  using Owner = std::function<engine::ShardId(const journal::RecoveredEntry&)>;

  // Locks the folder and reads what is there. An Error names the file and the place of damage, and
  // what to do about it.
  static base::Result<std::unique_ptr<Journals>> open(JournalsOptions options);
  // What the last run has left, for whoever reads feeds: until begin().
  const std::vector<journal::LogSummary>& last_logs() const { return found_.logs; }
  const std::vector<std::string>& warnings() const { return found_.warnings; }
  journal::Files& files() { return *files_; }

  // The new epoch, complete on disk when this returns.
  base::Status begin(const Owner& owner, base::Random& random);
  uint64_t epoch() const { return epoch_; }
  const journal::ShardJournal& of(engine::ShardId shard) const { return *journals_[shard]; }
  // How far each shard's log is; any thread, from begin() on.
  using Progress = std::vector<std::shared_ptr<journal::FeedProgress>>;
  const Progress& progress() const { return progress_; }

  // The shard's journal, on its reactor, and its entries.
  std::unique_ptr<engine::Log> hand_over(engine::ShardId shard, engine::Reactor& reactor,
                                         std::vector<engine::JournalEntry>& recovered);
  // When the shards' threads have ended, before their reactors go.
  void stop() { maintenance_.reset(); }

 private:
  // Says why on standard error and ends the process: nothing may be confirmed after that.
  struct EndOfNode final : journal::DiskFailure {
    void journal_failed(const std::string& what) override;
  };
  explicit Journals(JournalsOptions options) : options_(std::move(options)) {}

  JournalsOptions options_;
  EndOfNode failure_;
  std::unique_ptr<journal::PosixFiles> files_;
  journal::Recovered found_;
  uint64_t epoch_ = 0;
  std::vector<std::unique_ptr<journal::ShardJournal>> journals_;
  Progress progress_;
  std::vector<std::vector<engine::JournalEntry>> entries_;  // of each shard
  std::unique_ptr<journal::Maintenance> maintenance_;
};

}  // namespace appliance
