// One direction between two shards: a bounded ring with one writer and one reader. The writer's
// pushes become visible with publish(), once a turn, so that a turn's mail costs one cache miss.
// The writing shard touches push/publish, the reading shard pop; the ring owns what is inside.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "engine/base/check.h"
#include "engine/seam/envelope.h"

namespace engine {

class Mailbox {
 public:
  // Full when it holds so many envelopes, or envelopes of so many bytes (one at least fits).
  static constexpr uint64_t kBytesMax = 256 * 1024;

  explicit Mailbox(uint32_t capacity)  // power of two
      : mask_(capacity - 1), ring_(std::make_unique<Envelope*[]>(capacity)) {
    CHECK(capacity > 0 && (capacity & mask_) == 0);
  }
  ~Mailbox();
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  // The writer. push() leaves the envelope with the caller and returns false when full.
  [[nodiscard]] bool push(EnvelopePtr& envelope);
  bool publish();      // true: there was something new to see

  // The reader. Null: empty.
  EnvelopePtr pop();
  bool empty();
  // After popping: true if the writer found the ring full since the last call and wants waking.
  bool take_full() { return full_.exchange(false); }

 private:
  const uint32_t mask_;
  const std::unique_ptr<Envelope*[]> ring_;
  // Apart, so that the two shards do not fight for cache lines.
  struct alignas(64) Writer {
    uint32_t tail = 0;         // next to write
    uint32_t head_seen = 0;    // what the reader had taken when we last looked
    uint64_t bytes = 0;        // of all payloads ever written
    uint64_t taken_seen = 0;   // … and taken, when we last looked
  } writer_;
  struct alignas(64) Reader {
    uint32_t head = 0;         // next to read
    uint32_t tail_seen = 0;
    uint64_t bytes = 0;        // of all payloads ever taken
  } reader_;
  alignas(64) std::atomic<uint32_t> tail_{0};  // published
  alignas(64) std::atomic<uint32_t> head_{0};
  std::atomic<uint64_t> taken_{0};  // bytes; written before head_
  std::atomic<bool> full_{false};

  bool has_room() const;
  void look();
};

}  // namespace engine
