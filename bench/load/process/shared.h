// What the generator's processes share: the master writes the order, each worker its own report.
// Plain memory, mapped before the workers are forked. The pipe between them says when it is whose
// turn; a worker's figures are read after it has said that it is done.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "bench/load/histogram.h"

namespace load {

// Times of the monotonic clock. What happens from measure_from to measure_to counts; nothing new is
// begun after that.
struct Order {
  uint32_t phase = 0;  // index into Options::phases
  int64_t begin = 0;
  int64_t measure_from = 0;
  int64_t measure_to = 0;
};

struct Errors {
  uint64_t missing = 0;       // never came
  uint64_t duplicate = 0;     // came twice
  uint64_t misdelivered = 0;  // came to somebody else
  uint64_t refused = 0;       // logins that failed
  uint64_t disconnected = 0;  // connections lost

  uint64_t total() const { return missing + duplicate + misdelivered + refused + disconnected; }
  void add(const Errors& other) {
    missing += other.missing;
    duplicate += other.duplicate;
    misdelivered += other.misdelivered;
    refused += other.refused;
    disconnected += other.disconnected;
  }
};

// Counted and timed, one kind of thing.
struct Tally {
  uint64_t count = 0;
  Histogram latency;

  void record(int64_t nanoseconds) {
    ++count;
    latency.record(nanoseconds);
  }
  void add(const Tally& other) {
    count += other.count;
    latency.add(other.latency);
  }
};

// What else a phase counts; which of them it uses, its file says.
enum class Extra : uint8_t {
  last,
  messages,
  presences,
  logins,
  acknowledgements,
  refreshes,
  expiries,
  kCount
};
inline constexpr size_t kExtras = static_cast<size_t>(Extra::kCount);

struct Report {
  Tally units;
  std::array<Tally, kExtras> extras;
  Errors errors;
  uint64_t retries = 0;    // logins tried again, in the phases where that is no error
  uint32_t online = 0;     // clients that are ready at the end
  int64_t began = 0;       // when the first connection was lost, in the phase that waits for that
  int64_t finished = 0;    // when the last unit came
  char trouble[480] = {};  // the first thing that went wrong, in words

  Tally& extra(Extra which) { return extras[static_cast<size_t>(which)]; }
  const Tally& extra(Extra which) const { return extras[static_cast<size_t>(which)]; }
};

struct Shared {
  static constexpr uint32_t kWorkersMax = 64;
  Order order;
  std::array<Report, kWorkersMax> reports;
};

}  // namespace load
