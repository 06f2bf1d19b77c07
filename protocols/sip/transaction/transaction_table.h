// Transactions by their ids: a flat hash with open addressing, 16 bytes a slot, at most half full,
// so that an id that is new, as most are, costs one look at memory that nobody has looked at for
// long. Ids are hashes under a key nobody knows. Owns the transactions, which stay where they are;
// no allocation but for them and when it doubles (or halves). One table's; its shard only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "engine/base/check.h"

namespace sip {

// Names a transaction on its shard, also in mail.
struct TransactionId {
  uint64_t first = 0;
  uint64_t second = 0;
  friend bool operator==(const TransactionId&, const TransactionId&) = default;
};

// A Transaction has its `id`.
template <class Transaction>
class TransactionTable {
 public:
  TransactionTable() { resize(kSlotsMin); }

  size_t size() const { return size_; }

  Transaction* find(const TransactionId& id) const { return slots_[index_of(id)].one.get(); }

  // Of an id that is not there.
  Transaction& insert(std::unique_ptr<Transaction> made) {
    if (2 * (size_ + 1) > mask_ + 1) resize(2 * (mask_ + 1));
    Slot& slot = slots_[index_of(made->id)];
    CHECK(slot.one == nullptr);
    ++size_;
    slot = {made->id.first, std::move(made)};
    return *slot.one;
  }

  void erase(const TransactionId& id) {
    size_t hole = index_of(id);
    CHECK(slots_[hole].one != nullptr && size_ > 0);
    const std::unique_ptr<Transaction> gone = std::move(slots_[hole].one);
    --size_;
    // Whoever was pushed past the hole moves back, so that no search ends too early.
    for (size_t next = (hole + 1) & mask_; slots_[next].one != nullptr; next = (next + 1) & mask_) {
      const size_t wanted = slots_[next].key & mask_;
      if (((next - wanted) & mask_) < ((next - hole) & mask_)) continue;
      slots_[hole] = std::move(slots_[next]);
      hole = next;
    }
    // What a burst needed is given back.
    if (mask_ + 1 > kSlotsMin && 16 * size_ < mask_ + 1) resize((mask_ + 1) / 2);
  }

 private:
  static constexpr size_t kSlotsMin = 1024;
  struct Slot {
    uint64_t key = 0;                  // the first half of its id
    std::unique_ptr<Transaction> one;  // null: an empty slot
  };

  // Its slot, or the empty one where it would go.
  size_t index_of(const TransactionId& id) const {
    size_t index = id.first & mask_;
    while (slots_[index].one != nullptr &&
           !(slots_[index].key == id.first && slots_[index].one->id == id)) {
      index = (index + 1) & mask_;
    }
    return index;
  }

  void resize(size_t slots) {
    CHECK((slots & (slots - 1)) == 0 && 2 * size_ <= slots);
    const std::unique_ptr<Slot[]> before = std::move(slots_);
    const size_t count = before == nullptr ? 0 : mask_ + 1;
    slots_ = std::make_unique<Slot[]>(slots);
    mask_ = slots - 1;
    for (size_t i = 0; i < count; ++i) {
      if (before[i].one == nullptr) continue;
      size_t index = before[i].key & mask_;
      while (slots_[index].one != nullptr) index = (index + 1) & mask_;
      slots_[index] = std::move(before[i]);
    }
  }

  std::unique_ptr<Slot[]> slots_;
  size_t mask_ = 0;
  size_t size_ = 0;
};

}  // namespace sip
