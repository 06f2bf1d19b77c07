// What is under way: for each tick, when it was to be sent and who has still to hear it. Finds what
// came twice, to the wrong client, or never. A ring of fixed size: when a tick's place is wanted
// again and somebody has still not heard it, that is missing.
// One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace load {

enum class Kind : uint8_t { none, message, presence };

struct Entry {
  int64_t due = 0;  // when it was to be sent
  uint32_t tick = 0;
  uint32_t party = 0;    // message: client it goes to; presence: client it comes from
  uint32_t missing = 0;  // clients that have not heard it
  uint32_t heard = 0;
  Kind kind = Kind::none;
};

class Ledger {
 public:
  // Room for 2^bits under way. Ticks begin where no other phase's are, so that a late one of an
  // earlier phase is not mistaken for one of this.
  Ledger(unsigned bits, uint32_t phase)
      : entries_(size_t{1} << bits), mask_((1U << bits) - 1), next_(phase << 26 | 1) {}

  // Whose place the next one takes: the last chance to forgive it.
  Entry& oldest() { return entries_[next_ & mask_]; }

  Entry& open(Kind kind, int64_t due, uint32_t party, uint32_t recipients) {
    const uint32_t tick = next_++;
    Entry& entry = entries_[tick & mask_];
    lost_ += entry.missing;
    outstanding_ -= entry.missing;
    entry = {due, tick, party, recipients, 0, kind};
    outstanding_ += recipients;
    return entry;
  }
  // Null: such a tick is not known, or no longer.
  Entry* find(uint32_t tick) {
    Entry& entry = entries_[tick & mask_];
    return entry.tick == tick && entry.kind != Kind::none ? &entry : nullptr;
  }
  // False: everybody had heard it already.
  [[nodiscard]] bool close_one(Entry& entry) {
    if (entry.missing == 0) return false;
    --entry.missing;
    ++entry.heard;
    --outstanding_;
    return true;
  }
  // Somebody is gone, for a reason that is known: what is not heard is not missing.
  void forgive(Entry& entry) {
    outstanding_ -= entry.missing;
    entry.missing = 0;
    entry.kind = Kind::none;
  }
  template <class Visit>
  void each_open(Visit visit) {
    for (Entry& entry : entries_) {
      if (entry.missing > 0) visit(entry);
    }
  }

  uint64_t outstanding() const { return outstanding_; }
  uint64_t lost() const { return lost_ + outstanding_; }

 private:
  std::vector<Entry> entries_;
  const uint32_t mask_;
  uint32_t next_;
  uint64_t outstanding_ = 0;
  uint64_t lost_ = 0;
};

}  // namespace load
