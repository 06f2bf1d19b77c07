// From the shards' journals to the archive: the committed feed records of every log of an epoch, a
// group of each log in turn. And, at start, what the last epoch's logs hold that the archive had
// not taken when the node stopped.
// Made on the main thread before the shards' first turn; then the archive's thread alone.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "appliance/store/archive/archive_store.h"
#include "appliance/store/archive/feed.h"
#include "engine/journal/recovery/feed_reader.h"
#include "engine/journal/recovery/log_reader.h"

namespace appliance {

class JournalFeed final : public store::ArchiveFeed {
 public:
  // One log a shard, all of the same epoch. `files` outlives the feed.
  JournalFeed(journal::Files& files, uint64_t epoch) : files_(files), epoch_(epoch) {}
  void add(const journal::LogIdentity& log, std::shared_ptr<journal::FeedProgress> progress);
  // A log that has ended, from `position`.
  void add_ended(const journal::LogSummary& log, uint64_t position);

  uint64_t epoch() const override { return epoch_; }
  bool next(store::FeedBatch& out) override;
  void rewind() override;
  void consumed(store::FeedSource source, uint64_t position) override;
  // Why a log cannot be read further, if one cannot.
  base::Status readable() const;

 private:
  struct Log {
    store::FeedSource source;
    std::unique_ptr<journal::FeedReader> reader;
    uint64_t told = 0;  // position of the last batch
    base::Status readable = base::Status::ok();
  };
  bool read(Log& log, store::FeedBatch& out);

  journal::Files& files_;
  const uint64_t epoch_;
  std::vector<Log> logs_;
  std::string buffer_;                        // the bytes of the last batch
  std::vector<journal::FeedRecord> records_;  // its records
  size_t turn_ = 0;
};

// Before the epoch that replaces these logs begins: what they hold for the archive goes in.
base::Status archive_last_epoch(journal::Files& files, const std::vector<journal::LogSummary>& logs,
                                store::ArchiveStore& archive);

}  // namespace appliance
