// A thread's trace ring: bytes from one producer to one consumer, records never split. A full ring
// refuses; the producer drops and counts, because tracing never waits.
// push side: the owning thread. drain side: the log thread (or whoever holds the drain lock).
#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>

#include "engine/base/check.h"

namespace trace {

class Ring {
 public:
  static constexpr uint32_t kBytes = 1u << 18;

  // Room for one record of `size` bytes (a multiple of 8), or null: full. Nothing is visible to
  // the consumer before commit() with the same size.
  char* reserve(uint32_t size) {
    CHECK(size % 8 == 0 && size <= kBytes / 4);
    const uint64_t head = head_.load(std::memory_order_relaxed);
    const uint64_t tail = tail_.load(std::memory_order_acquire);
    const uint32_t at = head % kBytes;
    const uint32_t to_end = kBytes - at;
    const uint32_t padding = size <= to_end ? 0 : to_end;
    if (head + padding + size - tail > kBytes) return nullptr;
    if (padding > 0) {  // the rest is too short: say so, and begin again at the start
      const uint32_t mark = kSkip;
      std::memcpy(bytes_ + at, &mark, sizeof mark);
    }
    reserved_at_ = head + padding;
    return bytes_ + reserved_at_ % kBytes;
  }
  void commit(uint32_t size) {
    CHECK(reserved_at_ >= head_.load(std::memory_order_relaxed));
    CHECK(reserved_at_ % kBytes + size <= kBytes);  // never split
    head_.store(reserved_at_ + size, std::memory_order_release);
  }

  // Half full: worth waking the consumer early.
  bool wants_drain() const {
    return head_.load(std::memory_order_relaxed) - tail_.load(std::memory_order_relaxed) >
           kBytes / 2;
  }

  // Calls f(const char* record) on every record committed so far, then frees their room.
  template <class F>
  void drain(F f) {
    const uint64_t head = head_.load(std::memory_order_acquire);
    uint64_t tail = tail_.load(std::memory_order_relaxed);
    CHECK(tail <= head && head - tail <= kBytes);
    while (tail < head) {
      const uint32_t at = tail % kBytes;
      uint32_t size = 0;
      std::memcpy(&size, bytes_ + at, sizeof size);  // the first member of RecordHeader
      if (size == kSkip) {
        tail += kBytes - at;
        continue;
      }
      CHECK(size > 0 && size % 8 == 0 && size <= kBytes - at);
      f(static_cast<const char*>(bytes_ + at));
      tail += size;
    }
    CHECK(tail == head);
    tail_.store(tail, std::memory_order_release);
  }

 private:
  static constexpr uint32_t kSkip = UINT32_MAX;
  alignas(64) std::atomic<uint64_t> head_{0};
  uint64_t reserved_at_ = 0;
  alignas(64) std::atomic<uint64_t> tail_{0};
  alignas(64) char bytes_[kBytes];
};

}  // namespace trace
