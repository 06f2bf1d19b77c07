// The shard's timer wheel: 4 levels of 64 slots, ticks of 100 ms, intrusive timers, no allocation.
// Never early; late by at most one tick plus the length of a turn. Deadlines more than 19 days
// away are parked on the last level and looked at again.
// Owned by one shard.
#pragma once

#include <array>
#include <cstdint>

#include "engine/base/time.h"
#include "engine/seam/timer.h"

namespace engine {

// A circular list of timers with a sentinel. Timers unlink themselves (Timer::disarm).
class TimerList {
 public:
  TimerList();
  ~TimerList();
  TimerList(const TimerList&) = delete;
  TimerList& operator=(const TimerList&) = delete;
  bool empty() const { return sentinel_.next_ == &sentinel_; }
  Timer* front() { return empty() ? nullptr : sentinel_.next_; }
  void append(Timer& timer);
  void splice(TimerList& from);  // moves all of `from` to our end

 private:
  struct Sentinel final : Timer {
    void fire(Turn&) override {}
  };
  Sentinel sentinel_;
};

class Wheel final : public Timers {
 public:
  static constexpr int64_t kTickNs = 100'000'000;

  explicit Wheel(base::Instant now);

  void arm(Timer& timer, base::Instant when) override;  // Instant::never() disarms
  // Moves the wheel's hand to `now`; timers that are due wait to be popped.
  void advance(base::Instant now);
  // The next due timer, unlinked; null when there are no more. A timer armed for the past while
  // others are being popped comes with the next advance(), so popping always ends.
  Timer* pop_due();
  // When to advance next: never later than the first timer that is due, maybe earlier.
  base::Instant next_deadline();

 private:
  static constexpr unsigned kLevels = 4;
  static constexpr unsigned kSlotBits = 6;
  static constexpr unsigned kSlots = 1u << kSlotBits;
  static constexpr int64_t kHorizon = int64_t{1} << (kLevels * kSlotBits);

  void place(Timer& timer, int64_t tick);
  int64_t next_tick();                    // first tick with something to do, INT64_MAX if none
  void process(int64_t tick);
  void cascade(unsigned level, unsigned slot);

  int64_t hand_;                          // last tick processed
  std::array<std::array<TimerList, kSlots>, kLevels> slots_;
  std::array<uint64_t, kLevels> marks_{}; // slots that may hold something
  TimerList late_;                        // armed for a tick that has passed
  TimerList due_;
};

}  // namespace engine
