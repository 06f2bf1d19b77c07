// Which entries live, and where in the log they and their notes are: a flat hash with open
// addressing, 32 bytes a slot, at most half full. No allocation but when it doubles (or halves).
// Owned by one shard's journal.
#pragma once

#include <cstdint>
#include <memory>

#include "engine/seam/journal.h"

namespace journal {

class LiveTable {
 public:
  struct Slot {
    uint64_t id = 0;
    uint64_t position = 0;  // of the put, or where that was carried to
    uint64_t note = 0;      // position of the note; 0: none
    uint32_t length = 0;    // of the entry's bytes
    uint8_t kind = 0;       // 0: an empty slot
  };
  static_assert(sizeof(Slot) == 32);

  LiveTable();

  const Slot* find(engine::JournalKey key) const;
  Slot* find(engine::JournalKey key);
  // The key's slot, made if it is new (position 0). Earlier pointers are void.
  Slot& insert(engine::JournalKey key);
  void erase(Slot& slot);  // as find() gave it

  size_t size() const { return size_; }
  size_t bytes() const { return (size_t{mask_} + 1) * sizeof(Slot); }

 private:
  size_t home(engine::JournalKey key) const;
  size_t index_of(engine::JournalKey key) const;  // its slot, or the empty one where it would go
  void resize(size_t slots);

  std::unique_ptr<Slot[]> slots_;
  size_t mask_ = 0;
  size_t size_ = 0;
};

}  // namespace journal
