// Objects by their ids: a flat hash with open addressing, at most half full. Ids are random, or
// hashes under a key nobody knows, so they are their own hashes. Owns the objects, which stay where
// they are; no allocation but for them and when it doubles (or halves).
// Belongs to what it is a table of; its shard only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "engine/base/check.h"

namespace sip {

inline uint64_t key_of(uint64_t id) { return id; }

// 8 bytes a slot: where what is looked for is mostly there.
template <class T>
struct PlainSlot {
  std::unique_ptr<T> one;  // null: an empty slot
  uint64_t key() const { return key_of(one->id); }
  void set(std::unique_ptr<T> object) { one = std::move(object); }
};

// 16 bytes: an id that is not there costs one look at memory that nobody has looked at for long.
template <class T>
struct KeyedSlot {
  std::unique_ptr<T> one;
  uint64_t kept = 0;
  uint64_t key() const { return kept; }
  void set(std::unique_ptr<T> object) {
    one = std::move(object);
    kept = key_of(one->id);
  }
};

// A T has its `id`, of which key_of() makes the part that is hashed.
template <class T, class Slot>
class FlatTable {
 public:
  using Id = decltype(T::id);

  FlatTable() { resize(kSlotsMin); }

  size_t size() const { return size_; }

  T* find(const Id& id) const { return slots_[index_of(id)].one.get(); }

  // Of an id that is not there.
  T& insert(std::unique_ptr<T> made) {
    if (2 * (size_ + 1) > mask_ + 1) resize(2 * (mask_ + 1));
    Slot& slot = slots_[index_of(made->id)];
    CHECK(slot.one == nullptr);
    ++size_;
    slot.set(std::move(made));
    return *slot.one;
  }

  void erase(const Id& id) {
    size_t hole = index_of(id);
    CHECK(slots_[hole].one != nullptr && size_ > 0);
    const std::unique_ptr<T> gone = std::move(slots_[hole].one);
    --size_;
    // Whoever was pushed past the hole moves back, so that no search ends too early.
    for (size_t next = (hole + 1) & mask_; slots_[next].one != nullptr; next = (next + 1) & mask_) {
      const size_t wanted = slots_[next].key() & mask_;
      if (((next - wanted) & mask_) < ((next - hole) & mask_)) continue;
      slots_[hole] = std::move(slots_[next]);
      hole = next;
    }
    // What a burst needed is given back.
    if (mask_ + 1 > kSlotsMin && 16 * size_ < mask_ + 1) resize((mask_ + 1) / 2);
  }

  template <class F>
  void for_each(F f) const {
    for (size_t i = 0; i <= mask_; ++i) {
      if (slots_[i].one != nullptr) f(*slots_[i].one);
    }
  }

 private:
  static constexpr size_t kSlotsMin = 1024;

  // Its slot, or the empty one where it would go.
  size_t index_of(const Id& id) const {
    const uint64_t key = key_of(id);
    size_t index = key & mask_;
    while (slots_[index].one != nullptr &&
           !(slots_[index].key() == key && slots_[index].one->id == id)) {
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
      size_t index = before[i].key() & mask_;
      while (slots_[index].one != nullptr) index = (index + 1) & mask_;
      slots_[index] = std::move(before[i]);
    }
  }

  std::unique_ptr<Slot[]> slots_;
  size_t mask_ = 0;
  size_t size_ = 0;
};

}  // namespace sip
