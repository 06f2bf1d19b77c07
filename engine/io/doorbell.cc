#include "engine/io/doorbell.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "engine/base/check.h"
#include "engine/trace/counters.h"

namespace engine {

Doorbell::Doorbell() : event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Doorbell::~Doorbell() {
  CHECK(state_.load() != kAsleep);  // nobody waits here any more
  if (event_ >= 0) ::close(event_);
}

void Doorbell::ring() {
  if (state_.exchange(kRung) != kAsleep) return;
  CHECK(event_ >= 0);
  trace::count(trace::Counter::io_wakes);
  const uint64_t one = 1;
  const ssize_t written = ::write(event_, &one, sizeof one);
  CHECK(written == sizeof one);  // fails only after 2^64 wakes
}

bool Doorbell::about_to_sleep() {
  uint32_t expected = kAwake;
  const bool may_sleep = state_.compare_exchange_strong(expected, kAsleep);
  CHECK(may_sleep || expected == kRung);  // not asleep already: one thread waits here
  return may_sleep;
}

bool Doorbell::woke_up() { return state_.exchange(kAwake) == kRung; }

}  // namespace engine
