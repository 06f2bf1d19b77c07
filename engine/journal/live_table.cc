#include "engine/journal/live_table.h"

#include <utility>

#include "engine/base/check.h"

namespace journal {

namespace {

constexpr size_t kSlotsMin = 4096;

bool is(const LiveTable::Slot& slot, engine::JournalKey key) {
  return slot.id == key.id && slot.kind == key.kind;
}

}  // namespace

LiveTable::LiveTable() { resize(kSlotsMin); }

// The keys are our own numbers, which no peer chooses: mixing them well is enough.
size_t LiveTable::home(engine::JournalKey key) const {
  uint64_t mixed = (key.id ^ (uint64_t{key.kind} << 56)) * 0x9e3779b97f4a7c15u;
  mixed ^= mixed >> 32;
  mixed *= 0xd6e8feb86659fd93u;
  return static_cast<size_t>(mixed ^ (mixed >> 32)) & mask_;
}

size_t LiveTable::index_of(engine::JournalKey key) const {
  size_t index = home(key);
  while (slots_[index].kind != 0 && !is(slots_[index], key)) index = (index + 1) & mask_;
  return index;
}

const LiveTable::Slot* LiveTable::find(engine::JournalKey key) const {
  const Slot& slot = slots_[index_of(key)];
  return slot.kind == 0 ? nullptr : &slot;
}

LiveTable::Slot* LiveTable::find(engine::JournalKey key) {
  return const_cast<Slot*>(std::as_const(*this).find(key));
}

LiveTable::Slot& LiveTable::insert(engine::JournalKey key) {
  CHECK(key.kind > 0);
  size_t index = index_of(key);
  if (slots_[index].kind != 0) return slots_[index];
  if (2 * (size_ + 1) > mask_ + 1) {
    resize(2 * (mask_ + 1));
    index = index_of(key);
  }
  ++size_;
  slots_[index] = {.id = key.id, .kind = key.kind};
  return slots_[index];
}

void LiveTable::erase(Slot& slot) {
  auto hole = static_cast<size_t>(&slot - slots_.get());
  CHECK(hole <= mask_ && slots_[hole].kind != 0 && size_ > 0);
  --size_;
  // Whoever was pushed past the hole moves back, so that no search ends too early.
  for (size_t next = (hole + 1) & mask_; slots_[next].kind != 0; next = (next + 1) & mask_) {
    const size_t wanted = home({slots_[next].kind, slots_[next].id});
    if (((next - wanted) & mask_) < ((next - hole) & mask_)) continue;
    slots_[hole] = slots_[next];
    hole = next;
  }
  slots_[hole] = {};
  // What a burst needed is given back.
  if (mask_ + 1 > kSlotsMin && 16 * size_ < mask_ + 1) resize((mask_ + 1) / 2);
}

void LiveTable::resize(size_t slots) {
  CHECK((slots & (slots - 1)) == 0 && 2 * size_ <= slots);
  const std::unique_ptr<Slot[]> before = std::move(slots_);
  const size_t count = before == nullptr ? 0 : mask_ + 1;
  slots_ = std::make_unique<Slot[]>(slots);
  mask_ = slots - 1;
  for (size_t i = 0; i < count; ++i) {
    if (before[i].kind != 0) slots_[index_of({before[i].kind, before[i].id})] = before[i];
  }
}

}  // namespace journal
