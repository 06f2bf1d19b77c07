#include "bench/load/phases/activity.h"

#include <cstring>

namespace load {

uint32_t Stage::share(uint32_t total) const {
  const uint32_t workers = options.workers;
  return total / workers + (worker < total % workers ? 1 : 0);
}

void Activity::complain(const std::string& what) {
  char* const trouble = stage_.report.trouble;
  if (trouble[0] != '\0') return;
  const size_t length = std::min(what.size(), sizeof stage_.report.trouble - 1);
  std::memcpy(trouble, what.data(), length);
  trouble[length] = '\0';
}

void Activity::on_gone(Client&, Gone how, int64_t) {
  if (how == Gone::left) return;
  ++stage_.report.errors.disconnected;
  complain(stage_.crowd.trouble());
}

}  // namespace load
