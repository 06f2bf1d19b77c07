// A new epoch: at every start the entries that live are written anew, into files of their own, for
// as many shards as there are now. Only when all of it is on disk does it replace the epoch before;
// until then a crash changes nothing.
// At start, on the main thread, before the shards; blocking.
#pragma once

#include <memory>
#include <vector>

#include "engine/base/result.h"
#include "engine/journal/disk/segment_keeper.h"
#include "engine/journal/recovery/log_reader.h"
#include "engine/journal/shard_journal.h"

namespace journal {

struct EpochStart {
  uint64_t epoch = 0;  // higher than any that was seen
  uint32_t salt = 0;   // random; each shard's log has its own, made from it
  JournalOptions options;
  DiskFailure* failure = nullptr;  // outlives the journals
};

// Before begin_epoch(): segments of the last run that were only made ready are free, so that a
// start needs no room on a disk that is full. Those with records stay until the new epoch is
// complete.
base::Status free_unused(Files& files, SegmentKeeper& keeper, const std::vector<LogSummary>& logs);

// A new log with these entries, whole and synced; no epoch is begun by that.
base::Result<std::unique_ptr<ShardJournal>> write_log(
    Files& files, SegmentKeeper& keeper, const LogIdentity& log, const JournalOptions& options,
    DiskFailure& failure, const std::vector<engine::JournalEntry>& entries);

// One journal a shard with its entries, which stay with the caller; each to be attached on its
// shard. Complete on return, and what was there before is free.
base::Result<std::vector<std::unique_ptr<ShardJournal>>> begin_epoch(
    Files& files, SegmentKeeper& keeper, const EpochStart& start,
    const std::vector<std::vector<engine::JournalEntry>>& entries);

}  // namespace journal
