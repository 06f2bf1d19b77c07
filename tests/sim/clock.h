// The simulation's time: jumps from event to event. Events at the same instant run in the order
// in which they were planned, so a seed has one fate.
// One per world; one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include "engine/base/time.h"

namespace sim {

class Clock {
 public:
  base::Instant now() const { return now_; }
  base::WallTime wall() const { return wall_of(now_); }
  static base::WallTime wall_of(base::Instant when) { return {kEpochUs + when.ns / 1000}; }

  void at(base::Instant when, std::function<void()> event) {
    events_.emplace(std::pair(when < now_ ? now_ : when, sequence_++), std::move(event));
  }
  void after(base::Duration delay, std::function<void()> event) {
    at(now_ + delay, std::move(event));
  }
  base::Instant next() const {
    return events_.empty() ? base::Instant::never() : events_.begin()->first.first;
  }
  // Moves time to `when`, not beyond the next event.
  void advance(base::Instant when) {
    if (when > now_) now_ = when;
  }
  bool run_one() {  // of the events that are due; false: there is none
    if (events_.empty() || events_.begin()->first.first > now_) return false;
    auto event = std::move(events_.begin()->second);
    events_.erase(events_.begin());
    event();
    return true;
  }

 private:
  static constexpr int64_t kEpochUs = 1'700'000'000'000'000;
  base::Instant now_{1'000'000'000};
  uint64_t sequence_ = 0;
  std::map<std::pair<base::Instant, uint64_t>, std::function<void()>> events_;
};

}  // namespace sim
