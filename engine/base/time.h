// Time, always handed in, never asked for. Instant is monotonic and drives every deadline;
// WallTime is civil time and only ever stamps things that people or other servers read.
// The reactor is the only source of both (engine/io); the simulation supplies its own.
#pragma once

#include <compare>
#include <cstdint>

namespace base {

struct Duration {
  int64_t ns = 0;
  static constexpr Duration nanoseconds(int64_t n) { return {n}; }
  static constexpr Duration microseconds(int64_t n) { return {n * 1000}; }
  static constexpr Duration milliseconds(int64_t n) { return {n * 1000000}; }
  static constexpr Duration seconds(int64_t n) { return {n * 1000000000}; }
  constexpr int64_t whole_seconds() const { return ns / 1000000000; }
  constexpr int64_t whole_milliseconds() const { return ns / 1000000; }
  friend constexpr auto operator<=>(Duration, Duration) = default;
  friend constexpr Duration operator+(Duration a, Duration b) { return {a.ns + b.ns}; }
  friend constexpr Duration operator-(Duration a, Duration b) { return {a.ns - b.ns}; }
  friend constexpr Duration operator*(Duration a, int64_t k) { return {a.ns * k}; }
};

struct Instant {
  int64_t ns = 0;
  static constexpr Instant never() { return {INT64_MAX}; }
  friend constexpr auto operator<=>(Instant, Instant) = default;
  friend constexpr Instant operator+(Instant a, Duration d) { return {a.ns + d.ns}; }
  friend constexpr Duration operator-(Instant a, Instant b) { return {a.ns - b.ns}; }
};

struct WallTime {
  int64_t us = 0;  // microseconds since 1970-01-01T00:00:00Z
  friend constexpr auto operator<=>(WallTime, WallTime) = default;
  constexpr int64_t seconds() const { return us / 1000000; }
};

}  // namespace base
