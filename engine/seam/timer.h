// Deadlines of protocol objects. A Timer is embedded in the object that waits; the wheel behind
// Timers (engine/shard/wheel.h) links it in without allocating. Resolution 100 ms, never early.
// A Timer belongs to one shard's wheel at a time: disarm before the owner moves to another shard.
#pragma once

#include <cstdint>

#include "engine/base/time.h"

namespace engine {

struct Turn;

class Timer {
 public:
  Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  virtual ~Timer();  // unlinks itself
  virtual void fire(Turn& turn) = 0;
  bool armed() const { return next_ != nullptr; }
  void disarm();

 private:
  friend class TimerList;
  friend class Wheel;
  Timer* next_ = nullptr;
  Timer* previous_ = nullptr;
  base::Instant when_{};
};

// Calls a member function of the owner: `MemberTimer<Session, &Session::on_idle> idle_{*this};`
template <class Owner, void (Owner::*kFire)(Turn&)>
class MemberTimer final : public Timer {
 public:
  explicit MemberTimer(Owner& owner) : owner_(owner) {}
  void fire(Turn& turn) override { (owner_.*kFire)(turn); }

 private:
  Owner& owner_;
};

class Timers {
 public:
  virtual ~Timers() = default;
  virtual void arm(Timer& timer, base::Instant when) = 0;  // re-arms if already armed
};

}  // namespace engine
