// What a phase came to, all workers together: what tables, JSON and HTML are made of.
// The master's; one thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/load/options.h"
#include "bench/load/process/shared.h"

namespace load {

struct ServerUse {
  double cpu_seconds = 0;      // with softirq_seconds
  double softirq_seconds = 0;  // of the kernel's threads on its cores
  double busy = 0;             // of all its cores
  int64_t resident = 0;        // at the end, bytes
};

// A moment in the middle of a phase, for plots. Counts since its beginning.
struct Sample {
  double second = 0;
  uint64_t units = 0;
  double server_busy = 0;  // since the sample before
  int64_t resident = 0;
};

struct PhaseResult {
  Phase phase;
  Report report;
  double seconds = 0;
  std::optional<ServerUse> server;  // nothing without --pid
  int64_t resident_before = 0;      // before the first login
  double generator_busy = 0;        // of the busiest worker
  double generator_cpu_seconds = 0;
  std::vector<Sample> series;

  PhaseKind kind() const { return phase.kind; }
  bool is_of_memory() const { return kind() == PhaseKind::memory || kind() == PhaseKind::sip_hold; }
  bool failed() const { return report.errors.total() > 0 || report.trouble[0] != '\0'; }
  // Whether its figures may be believed: the generator was not what they measure.
  bool generator_was_busy() const;
  bool valid() const { return !failed() && !generator_was_busy(); }

  double per_second() const;
  // Server time a unit in microseconds, which is seconds a million.
  std::optional<double> server_us_per_unit() const;
  std::optional<double> resident_per_session() const;  // of memory and sip_hold
};

inline constexpr double kBusyMax = 0.90;

struct RunResult {
  const Options* options = nullptr;
  std::vector<PhaseResult> phases;
  std::string trouble;  // why the run ended early

  bool failed() const;
  bool valid() const;
  int exit_code() const { return failed() ? 1 : valid() ? 0 : 3; }
};

}  // namespace load
