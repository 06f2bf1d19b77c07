#include "bench/load/process/result.h"

#include <algorithm>

namespace load {

// Nothing is measured while streams are closed, nor asked of it while memory is looked at.
bool PhaseResult::generator_was_busy() const {
  return kind() != PhaseKind::memory && kind() != PhaseKind::logout && generator_busy >= kBusyMax;
}

double PhaseResult::per_second() const {
  return seconds > 0 ? static_cast<double>(report.units.count) / seconds : 0;
}

std::optional<double> PhaseResult::server_us_per_unit() const {
  if (!server || report.units.count == 0 || is_of_memory()) return std::nullopt;
  return server->cpu_seconds * 1e6 / static_cast<double>(report.units.count);
}

std::optional<double> PhaseResult::resident_per_session() const {
  if (!server || report.units.count == 0 || !is_of_memory()) return std::nullopt;
  return static_cast<double>(server->resident - resident_before) /
         static_cast<double>(report.units.count);
}

bool RunResult::failed() const {
  return !trouble.empty() || std::any_of(phases.begin(), phases.end(),
                                         [](const PhaseResult& one) { return one.failed(); });
}

bool RunResult::valid() const {
  return !failed() && std::all_of(phases.begin(), phases.end(),
                                  [](const PhaseResult& one) { return one.valid(); });
}

}  // namespace load
