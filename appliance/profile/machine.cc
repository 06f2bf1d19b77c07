// What this process may use of the machine it runs on.
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>

#include "appliance/profile/profile.h"

namespace appliance {
namespace {

uint16_t usable_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return static_cast<uint16_t>(std::max(1, CPU_COUNT(&set)));
}

// The control group's memory limit (version 2, then 1), or UINT64_MAX where there is none.
uint64_t group_limit() {
  for (const char* path :
       {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    std::ifstream file(path);
    std::string text;
    if (!(file >> text)) continue;
    if (text == "max") return UINT64_MAX;
    char* end = nullptr;
    const unsigned long long bytes = std::strtoull(text.c_str(), &end, 10);
    if (end != text.c_str() && bytes > 0) return bytes;
  }
  return UINT64_MAX;
}

}  // namespace

Machine this_machine() {
  const auto pages = static_cast<uint64_t>(std::max(0L, sysconf(_SC_PHYS_PAGES)));
  const auto page = static_cast<uint64_t>(std::max(1L, sysconf(_SC_PAGESIZE)));
  return {.cpus = usable_cpus(), .memory_bytes = std::min(pages * page, group_limit())};
}

}  // namespace appliance
