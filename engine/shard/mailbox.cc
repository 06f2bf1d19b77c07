#include "engine/shard/mailbox.h"

namespace engine {

Mailbox::~Mailbox() {
  CHECK(writer_.tail - reader_.head <= mask_ + 1);
  // Published or not, what is left is ours.
  uint64_t left = 0;
  for (uint32_t at = reader_.head; at != writer_.tail; ++at) {
    left += ring_[at & mask_]->size;
    EnvelopeDelete()(ring_[at & mask_]);
  }
  CHECK(left == writer_.bytes - reader_.bytes);
}

bool Mailbox::has_room() const {
  const uint32_t inside = writer_.tail - writer_.head_seen;
  CHECK(inside <= mask_ + 1);
  return inside <= mask_ && (inside == 0 || writer_.bytes - writer_.taken_seen < kBytesMax);
}

void Mailbox::look() {
  writer_.head_seen = head_.load(std::memory_order_acquire);
  writer_.taken_seen = taken_.load(std::memory_order_relaxed);
  CHECK(writer_.tail - writer_.head_seen <= mask_ + 1 && writer_.taken_seen <= writer_.bytes);
}

bool Mailbox::push(EnvelopePtr& envelope) {
  CHECK(envelope != nullptr);
  if (!has_room()) look();
  if (!has_room()) {
    // Say that we wait, then look once more: either we see what the reader took before it read
    // the flag, or it reads the flag and wakes us.
    full_.exchange(true);
    look();
    if (!has_room()) return false;
  }
  writer_.bytes += envelope->size;
  ring_[writer_.tail & mask_] = envelope.release();
  ++writer_.tail;
  return true;
}

bool Mailbox::publish() {
  const uint32_t published = tail_.load(std::memory_order_relaxed);
  CHECK(writer_.tail - published <= mask_ + 1);
  if (published == writer_.tail) return false;
  tail_.store(writer_.tail, std::memory_order_release);
  return true;
}

EnvelopePtr Mailbox::pop() {
  if (empty()) return nullptr;
  EnvelopePtr envelope(ring_[reader_.head & mask_]);
  CHECK(envelope != nullptr);
  ++reader_.head;
  reader_.bytes += envelope->size;
  taken_.store(reader_.bytes, std::memory_order_relaxed);
  head_.store(reader_.head, std::memory_order_release);
  return envelope;
}

bool Mailbox::empty() {
  if (reader_.head != reader_.tail_seen) return false;
  reader_.tail_seen = tail_.load(std::memory_order_acquire);
  CHECK(reader_.tail_seen - reader_.head <= mask_ + 1);  // the writer never laps us
  return reader_.head == reader_.tail_seen;
}

}  // namespace engine
