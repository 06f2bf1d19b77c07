// The control plane's clocks. Shards have their reactor's.
// Any thread.
#pragma once

#include <time.h>

#include "engine/base/time.h"

namespace appliance {

inline int64_t read_clock_ns(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return int64_t{now.tv_sec} * 1000000000 + now.tv_nsec;
}
inline base::Instant monotonic_now() { return {read_clock_ns(CLOCK_MONOTONIC)}; }
inline base::WallTime wall_now() { return {read_clock_ns(CLOCK_REALTIME) / 1000}; }

}  // namespace appliance
