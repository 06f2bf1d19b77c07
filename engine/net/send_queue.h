// Bytes waiting to leave one connection: a chain of fixed chunks. An empty queue holds none.
// Everything queued in a turn lies in as few chunks as possible and leaves in one gathered send.
// Belongs to its connection; chunks come from the pool of the shard that owns it now and may go
// back to another's after a move (they are plain heap blocks).
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <utility>

#include "engine/base/bytes.h"

namespace engine {

struct SendChunk {
  static constexpr uint32_t kBytes = 4096 - 16;
  SendChunk* next = nullptr;
  uint32_t begin = 0;
  uint32_t end = 0;
  char bytes[kBytes];
};

// Keeps up to `spare` free chunks (16 MiB) for reuse. One per shard.
class ChunkPool {
 public:
  explicit ChunkPool(uint32_t spare = 4096) : spare_(spare) {}
  ~ChunkPool();
  ChunkPool(const ChunkPool&) = delete;
  ChunkPool& operator=(const ChunkPool&) = delete;
  SendChunk* take();
  void give(SendChunk* chunk);

 private:
  const uint32_t spare_;
  uint32_t free_count_ = 0;
  SendChunk* free_ = nullptr;
};

class SendQueue {
 public:
  SendQueue() = default;
  SendQueue(SendQueue&& other) noexcept
      : head_(std::exchange(other.head_, nullptr)),
        tail_(std::exchange(other.tail_, nullptr)),
        size_(std::exchange(other.size_, 0)) {}
  SendQueue& operator=(SendQueue&&) = delete;
  ~SendQueue();  // frees what is left

  uint32_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  void append(base::Bytes bytes, ChunkPool& pool);
  // Up to `limit` pieces from the front; they stay where they are until consume().
  size_t gather(iovec* pieces, size_t limit) const;
  base::Bytes front() const;                  // first piece, empty if none
  void consume(uint32_t bytes, ChunkPool& pool);
  void clear(ChunkPool& pool) { consume(size_, pool); }

 private:
  SendChunk* head_ = nullptr;
  SendChunk* tail_ = nullptr;
  uint32_t size_ = 0;
};

}  // namespace engine
