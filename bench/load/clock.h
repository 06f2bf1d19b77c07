// The monotonic clock, the same in all processes of the generator. Nanoseconds.
// Any thread.
#pragma once

#include <cstdint>
#include <ctime>

namespace load {

inline constexpr int64_t kSecond = 1'000'000'000;
inline constexpr int64_t kNever = INT64_MAX;

inline int64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * kSecond + now.tv_nsec;
}

inline int64_t from_seconds(double seconds) {
  return static_cast<int64_t>(seconds * static_cast<double>(kSecond));
}

}  // namespace load
