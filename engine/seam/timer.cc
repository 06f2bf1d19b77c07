#include "engine/seam/timer.h"

#include "engine/base/check.h"

namespace engine {

Timer::~Timer() { disarm(); }

void Timer::disarm() {
  CHECK((next_ == nullptr) == (previous_ == nullptr));
  if (next_ == nullptr) return;
  // A list that two shards have touched does not stay whole for long.
  CHECK(next_->previous_ == this && previous_->next_ == this);
  next_->previous_ = previous_;
  previous_->next_ = next_;
  next_ = previous_ = nullptr;
}

}  // namespace engine
