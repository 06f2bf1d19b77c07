// How far a shard's log is committed, and how far the consumer of its feed records has come. The
// only thing a journal shares with another thread.
// committed: written by the shard, read by the consumer; consumed: the other way round.
#pragma once

#include <atomic>
#include <cstdint>

namespace journal {

struct FeedProgress {
  static constexpr uint64_t kNoConsumer = UINT64_MAX;
  std::atomic<uint64_t> committed{0};           // groups that begin before it can be read
  std::atomic<uint64_t> consumed{kNoConsumer};  // feed records before it are no longer needed
};

}  // namespace journal
