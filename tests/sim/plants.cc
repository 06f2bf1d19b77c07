#include "tests/sim/plants.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <iterator>
#include <string_view>

#include "engine/base/check.h"
#include "engine/base/plant.h"
#include "tests/sim/episode.h"

namespace base {

Plant plant = Plant::none;

}  // namespace base

namespace sim {
namespace {

struct PlantedBug {
  base::Plant plant;
  const char* name;
  const char* what;
};

constexpr PlantedBug kBugs[] = {
#define PLANT_A_BUG(name, what) {base::Plant::name, #name, what},
#include "engine/base/plants.def"
#undef PLANT_A_BUG
};

// In the child: 0 when a checker found it. A CHECK of the product ends the child, which is as good.
int look_for(const PlantedBug& bug, uint64_t from, uint64_t to) {
  base::plant = bug.plant;
  const bool sip = std::string_view(bug.name).starts_with("sip_");
  for (uint64_t seed = from; seed <= to; ++seed) {
    const Verdict verdict = sip ? run_wires_episode(seed) : run_episode(seed);
    if (verdict.wrong.empty()) continue;
    std::printf("%s: found by seed %llu: %s\n", bug.name, static_cast<unsigned long long>(seed),
                verdict.wrong.c_str());
    return 0;
  }
  std::printf("%s: NOT FOUND (%s)\n", bug.name, bug.what);
  return 1;
}

bool found(const PlantedBug& bug, uint64_t from, uint64_t to) {
  std::fflush(stdout);
  const pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    const int result = look_for(bug, from, to);
    std::fflush(stdout);
    _exit(result);
  }
  int status = 0;
  CHECK(waitpid(child, &status, 0) == child);
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT) {
    std::printf("%s: found by a CHECK of the product\n", bug.name);
    return true;
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

bool find_plants(const std::vector<std::string>& names, uint64_t from, uint64_t to) {
  bool all = true;
  size_t looked = 0;
  for (const PlantedBug& bug : kBugs) {
    if (!names.empty() && std::find(names.begin(), names.end(), bug.name) == names.end()) continue;
    ++looked;
    all &= found(bug, from, to);
  }
  return all && looked == (names.empty() ? std::size(kBugs) : names.size());
}

}  // namespace sim
