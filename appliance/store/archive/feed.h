// Where the archive gets what it keeps: records of the journals (engine/seam/journal.h, feed()), in
// order, once they are committed to disk. Implemented on the journal's reader; tests bring their
// own. next() and consumed() are called by the archive's thread alone.
#pragma once

#include <compare>
#include <cstdint>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/seam/ids.h"

namespace store {

// One shard's log. Every start of the node begins new ones; a later start has a larger epoch.
struct FeedSource {
  uint64_t epoch = 0;
  engine::ShardId shard = 0;
  friend constexpr auto operator<=>(FeedSource, FeedSource) = default;
};

struct FeedRecord {
  uint64_t position = 0;  // in the log of its source; grows
  base::Bytes bytes;      // im::ArchiveRecord, packed; the feed's, until next() is called again
};

// Some of what one source has, from where its last batch ended up to and including `to`, which is
// the position up to which the log has been read: there may be fewer records than positions, or
// none.
struct FeedBatch {
  FeedSource source;
  uint64_t to = 0;
  std::vector<FeedRecord> records;
};

class ArchiveFeed {
 public:
  virtual ~ArchiveFeed() = default;
  // Of the logs that the shards write now: positions in questions are theirs.
  virtual uint64_t epoch() const = 0;
  // The next batch of any source. Never waits; false: nothing has been committed since.
  virtual bool next(FeedBatch& out) = 0;
  // What consumed() was not told of could not be kept: next() begins with it again.
  virtual void rewind() = 0;
  // The archive holds everything up to `position` on disk: that part of the log may go.
  virtual void consumed(FeedSource source, uint64_t position) = 0;
};

}  // namespace store
