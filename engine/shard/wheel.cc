#include "engine/shard/wheel.h"

#include <algorithm>
#include <bit>

#include "engine/base/check.h"

namespace engine {

namespace {

int64_t tick_before(base::Instant now) { return now.ns / Wheel::kTickNs; }

// Rounded up: a timer's tick begins when its time has come, never before.
int64_t tick_after(base::Instant when) {
  return when.ns / Wheel::kTickNs + (when.ns % Wheel::kTickNs > 0 ? 1 : 0);
}

}  // namespace

TimerList::TimerList() { sentinel_.next_ = sentinel_.previous_ = &sentinel_; }

TimerList::~TimerList() {
  // Timers outlive the wheel at shutdown; they must not point into it then.
  while (Timer* timer = front()) timer->disarm();
  sentinel_.next_ = sentinel_.previous_ = nullptr;
}

void TimerList::append(Timer& timer) {
  CHECK(timer.next_ == nullptr && sentinel_.previous_->next_ == &sentinel_);
  timer.previous_ = sentinel_.previous_;
  timer.next_ = &sentinel_;
  sentinel_.previous_->next_ = &timer;
  sentinel_.previous_ = &timer;
}

void TimerList::splice(TimerList& from) {
  CHECK(&from != this && sentinel_.previous_->next_ == &sentinel_);
  if (from.empty()) return;
  Timer* first = from.sentinel_.next_;
  Timer* last = from.sentinel_.previous_;
  first->previous_ = sentinel_.previous_;
  sentinel_.previous_->next_ = first;
  last->next_ = &sentinel_;
  sentinel_.previous_ = last;
  from.sentinel_.next_ = from.sentinel_.previous_ = &from.sentinel_;
}

Wheel::Wheel(base::Instant now) : hand_(tick_before(now)) { CHECK(now.ns >= 0); }

void Wheel::arm(Timer& timer, base::Instant when) {
  timer.disarm();
  if (when == base::Instant::never()) return;
  timer.when_ = when;
  place(timer, tick_after(when));
  CHECK(timer.armed());
}

void Wheel::place(Timer& timer, int64_t tick) {
  if (tick <= hand_) {
    late_.append(timer);
    return;
  }
  tick = std::min(tick, hand_ + kHorizon - 1);
  const int64_t distance = tick - hand_;
  unsigned level = 0;
  while (distance >= int64_t{1} << ((level + 1) * kSlotBits)) ++level;
  CHECK(level < kLevels);
  const auto slot = static_cast<unsigned>(tick >> (level * kSlotBits)) % kSlots;
  slots_[level][slot].append(timer);
  marks_[level] |= uint64_t{1} << slot;
}

int64_t Wheel::next_tick() {
  int64_t first = INT64_MAX;
  for (unsigned level = 0; level < kLevels; ++level) {
    const unsigned shift = level * kSlotBits;
    const int64_t position = hand_ >> shift;
    // Slots in the order the hand reaches them: the one after the present one is bit 0. The
    // present slot itself comes last, a whole round away.
    while (marks_[level] != 0) {
      const auto after = static_cast<int>((position + 1) % kSlots);
      const int distance = std::countr_zero(std::rotr(marks_[level], after));
      const auto slot = static_cast<unsigned>((position + 1 + distance) % kSlots);
      if (slots_[level][slot].empty()) {
        marks_[level] &= ~(uint64_t{1} << slot);  // its timers were disarmed
        continue;
      }
      first = std::min(first, (position + 1 + distance) << shift);
      break;
    }
  }
  CHECK(first > hand_);
  return first;
}

void Wheel::cascade(unsigned level, unsigned slot) {
  CHECK(level > 0 && level < kLevels && slot < kSlots);
  TimerList taken;
  taken.splice(slots_[level][slot]);
  marks_[level] &= ~(uint64_t{1} << slot);
  while (Timer* timer = taken.front()) {
    timer->disarm();
    const int64_t tick = tick_after(timer->when_);
    CHECK(tick >= hand_);  // the hand has not gone past it
    if (tick <= hand_) {
      due_.append(*timer);
    } else {
      place(*timer, tick);
    }
  }
}

void Wheel::process(int64_t tick) {
  CHECK(tick > hand_);
  hand_ = tick;
  for (unsigned level = kLevels - 1; level > 0; --level) {
    const unsigned shift = level * kSlotBits;
    if ((tick & ((int64_t{1} << shift) - 1)) != 0) continue;
    cascade(level, static_cast<unsigned>(tick >> shift) % kSlots);
  }
  const auto slot = static_cast<unsigned>(tick) % kSlots;
  marks_[0] &= ~(uint64_t{1} << slot);
  const Timer* first = slots_[0][slot].front();
  CHECK(first == nullptr || tick_after(first->when_) == tick);
  due_.splice(slots_[0][slot]);
}

void Wheel::advance(base::Instant now) {
  due_.splice(late_);
  const int64_t target = tick_before(now);
  while (hand_ < target) {
    const int64_t next = next_tick();
    if (next > target) {
      hand_ = target;
      break;
    }
    process(next);
  }
  CHECK(hand_ >= target);
}

Timer* Wheel::pop_due() {
  Timer* timer = due_.front();
  if (timer == nullptr) return nullptr;
  timer->disarm();
  CHECK(tick_after(timer->when_) <= hand_);  // never early
  return timer;
}

base::Instant Wheel::next_deadline() {
  if (!late_.empty() || !due_.empty()) return {hand_ * kTickNs};
  const int64_t tick = next_tick();
  if (tick == INT64_MAX) return base::Instant::never();
  return {tick * kTickNs};
}

}  // namespace engine
