#include "engine/seam/timer.h"

namespace engine {

Timer::~Timer() { disarm(); }

void Timer::disarm() {
  if (next_ == nullptr) return;
  next_->previous_ = previous_;
  previous_->next_ = next_;
  next_ = previous_ = nullptr;
}

}  // namespace engine
