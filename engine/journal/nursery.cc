#include "engine/journal/nursery.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace journal {

// It is empty: the next record has it for itself.
void Nursery::begin_anew(size_t size) {
  CHECK(living_ == 0);
  const size_t wanted = std::max(kBytes, size);
  if (capacity_ != wanted) {
    buffer_.reset(new char[wanted]);
    capacity_ = wanted;
  }
  base_ = head_ = tail_;
}

void Nursery::pass_the_dead() {
  while (head_ < tail_) {
    head_ = start_of(head_);
    if (head_ >= tail_ || !at(head_).dead) return;
    head_ += size_of(at(head_).length);
  }
}

bool Nursery::fits(size_t bytes) {
  if (living_ == 0) return true;
  pass_the_dead();
  const size_t size = size_of(bytes);
  const size_t left = capacity_ - offset_of(tail_);
  const size_t needed = size <= left ? size : left + size;
  return tail_ - head_ + needed <= capacity_;
}

Nursery::Reference Nursery::add(RecordType type, uint8_t kind, uint64_t id, base::Bytes bytes) {
  CHECK(fits(bytes.size()));
  const size_t size = size_of(bytes.size());
  if (living_ == 0) begin_anew(size);
  const size_t left = capacity_ - offset_of(tail_);
  if (size > left) {
    // It starts at the ring's start; what is left before that counts as dead.
    if (left >= sizeof(Young)) {
      auto* filler = new (buffer_.get() + offset_of(tail_)) Young;
      filler->length = static_cast<uint32_t>(left - sizeof(Young));
      filler->dead = true;
    }
    tail_ += left;
  }
  const Reference reference = tail_;
  char* place = buffer_.get() + offset_of(reference);
  auto* young = new (place) Young;
  young->id = id;
  young->length = static_cast<uint32_t>(bytes.size());
  young->type = type;
  young->kind = kind;
  if (!bytes.empty()) std::memcpy(place + sizeof(Young), bytes.data(), bytes.size());
  tail_ += size;
  ++living_;
  living_bytes_ += size;
  return reference;
}

Nursery::Young& Nursery::at(Reference reference) {
  CHECK(reference >= head_ && reference < tail_);
  return *std::launder(reinterpret_cast<Young*>(buffer_.get() + offset_of(reference)));
}

void Nursery::drop(Reference reference) {
  Young& young = at(reference);
  CHECK(!young.dead && young.leaves[0] == 0 && young.leaves[1] == 0 && living_ > 0);
  young.dead = true;
  --living_;
  living_bytes_ -= size_of(young.length);
}

}  // namespace journal
