// How far a shard's log is committed, and how far the consumer of its feed records has come. The
// only thing a journal shares with other threads.
// committed: written by the shard, read by the consumer; consumed: the other way round; copies: by
// whoever copies.
#pragma once

#include <atomic>
#include <cstdint>

namespace journal {

struct FeedProgress {
  static constexpr uint64_t kNoConsumer = UINT64_MAX;
  std::atomic<uint64_t> committed{0};           // groups that begin before it can be read
  std::atomic<uint64_t> consumed{kNoConsumer};  // feed records before it are no longer needed

  // Who copies the log's files (a backup) raises `copies` meanwhile: no segment is let go while it
  // is not zero, unless the log has grown to half of its limit. Then `copies_lost` counts one up,
  // and the copy is to be made anew.
  std::atomic<uint32_t> copies{0};
  std::atomic<uint32_t> copies_lost{0};
};

}  // namespace journal
