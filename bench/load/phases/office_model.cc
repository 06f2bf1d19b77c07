#include "bench/load/phases/office_model.h"

#include <cmath>

namespace load {

OfficeModel::OfficeModel(const Habits& habits, uint32_t people, uint64_t seed)
    : random_(seed), people_(people), rates_{habits.presences, habits.messages, habits.relogins} {
  for (double& rate : rates_) {
    rate *= static_cast<double>(people) / static_cast<double>(habits.hour);
    rate_ += rate;
  }
  if (rate_ > 0)
    advance();
  else
    next_.due = INT64_MAX;
}

// Between events of people who do not know of each other: exponentially distributed.
int64_t OfficeModel::pause() {
  const double uniform = static_cast<double>(random_.step() >> 11) * 0x1p-53;
  time_ += -std::log1p(-uniform) / rate_;
  return static_cast<int64_t>(time_);
}

void OfficeModel::advance() {
  next_.due = pause();
  next_.who = static_cast<uint32_t>(random_.below(people_));
  next_.draw = static_cast<uint32_t>(random_.step());
  double which = static_cast<double>(random_.step() >> 11) * 0x1p-53 * rate_;
  unsigned act = 0;
  while (act + 1 < rates_.size() && which >= rates_[act]) which -= rates_[act++];
  next_.act = static_cast<OfficeAct>(act);
}

}  // namespace load
