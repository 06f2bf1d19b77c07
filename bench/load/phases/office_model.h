// When what happens on an office day: independent people, each of whom does everything so many
// times an hour at random moments, so that the events of all together come at random too. The same
// numbers make the same day. One thread; no clock.
#pragma once

#include <array>
#include <cstdint>

#include "engine/base/random.h"

namespace load {

enum class OfficeAct : uint8_t { presence, message, relogin };

struct OfficeEvent {
  int64_t due = 0;  // nanoseconds since the day began
  OfficeAct act = OfficeAct::presence;
  uint32_t who = 0;
  uint32_t draw = 0;  // a random number, for what else there is to choose
};

class OfficeModel {
 public:
  // Times an hour and person; `hour` is how many nanoseconds an hour takes.
  struct Habits {
    double presences = 6;
    double messages = 10;
    double relogins = 0.5;
    int64_t hour = 3'600'000'000'000;
  };
  OfficeModel(const Habits& habits, uint32_t people, uint64_t seed);

  const OfficeEvent& next() const { return next_; }  // due is INT64_MAX if nobody does anything
  void advance();

 private:
  int64_t pause();

  base::Prng random_;
  const uint32_t people_;
  std::array<double, 3> rates_;  // events a nanosecond, of all
  double rate_ = 0;
  double time_ = 0;
  OfficeEvent next_;
};

}  // namespace load
