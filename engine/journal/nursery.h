// What was said to the journal and is not in a group yet, in its order: a ring. Most messages are
// delivered before the commit that is in flight has ended: their entries are born and die in here,
// and the disk never hears of them.
// Owned by one shard's journal. Allocates once, but for a record that is longer than all of it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>

#include "engine/base/bytes.h"
#include "engine/base/check.h"
#include "engine/journal/format.h"

namespace journal {

class Nursery {
 public:
  static constexpr size_t kBytes = 1 << 20;

  // Grows with every record, as if nothing ever left.
  using Reference = uint64_t;

  struct Young {
    uint64_t id = 0;
    uint64_t leaves[2] = {0, 0};  // positions in the log that are let go once this one is there
    Reference note_before = 0;    // the young entry's note before this one; 0: none
    uint32_t length = 0;          // of its bytes, which follow
    RecordType type = RecordType::put;
    uint8_t kind = 0;
    bool born = false;  // a put of what was nowhere before
    bool dead = false;
    base::Bytes bytes() const { return {reinterpret_cast<const char*>(this + 1), length}; }
  };

  explicit Nursery(Reference first) : base_(first), head_(first), tail_(first) {
    CHECK(first > 0 && first % alignof(Young) == 0);
  }

  // If not: the oldest have to leave first. When it is empty, any record fits.
  bool fits(size_t bytes);
  Reference add(RecordType type, uint8_t kind, uint64_t id, base::Bytes bytes);
  Young& at(Reference reference);
  void drop(Reference reference);  // it never was

  bool empty() const { return living_ == 0; }
  uint64_t living_bytes() const { return living_bytes_; }
  Reference begin() const { return head_; }  // all before it have left, or never were
  Reference end() const { return tail_; }    // behind the last one
  Reference oldest_quarter() const { return std::min(tail_, head_ + capacity_ / 4); }  // its end
  // Those that begin before `end` leave in their order, the living ones by `leave` (reference,
  // where it ends), which may look, and not add.
  template <class Leave>
  void let_go(Reference end, Leave leave);

 private:
  // Room for a header behind the bytes, where it may stand.
  static constexpr size_t size_of(size_t bytes) {
    return sizeof(Young) + (bytes + alignof(Young) - 1) / alignof(Young) * alignof(Young);
  }
  size_t offset_of(Reference reference) const { return (reference - base_) % capacity_; }
  // Nothing starts so close to the ring's end that its header would not fit.
  Reference start_of(Reference reference) const {
    const size_t left = capacity_ - offset_of(reference);
    return left < sizeof(Young) ? reference + left : reference;
  }
  void begin_anew(size_t size);
  void pass_the_dead();

  std::unique_ptr<char[]> buffer_;
  size_t capacity_ = 0;
  Reference base_;  // what stands at the buffer's start
  Reference head_;  // all before it are dead
  Reference tail_;
  size_t living_ = 0;
  uint64_t living_bytes_ = 0;
};

template <class Leave>
void Nursery::let_go(Reference end, Leave leave) {
  CHECK(end <= tail_);
  while (living_ > 0 && head_ < end) {
    head_ = start_of(head_);
    if (head_ >= end) return;
    const Young& young = at(head_);
    const Reference next = head_ + size_of(young.length);
    if (!young.dead) {
      leave(head_, next);
      --living_;
      living_bytes_ -= next - head_;
    }
    head_ = next;
  }
  if (living_ == 0) head_ = tail_;
}

}  // namespace journal
