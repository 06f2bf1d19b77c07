// `sim_planted` looks for every planted bug, `sim_planted NAME …` for those, in seeds 21..220.
// Fails if one of them is not found, or if something is found where nothing is planted.
#include <cstdio>

#include "tests/sim/episode.h"
#include "tests/sim/plants.h"

int main(int argc, char** argv) {
  constexpr uint64_t kFirst = 21;
  constexpr uint64_t kSeeds = 200;
  // The same objects without a bug are sound: what is found below is the bug.
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    sim::Verdict verdict = sim::run_episode(seed);
    if (verdict.wrong.empty()) verdict = sim::run_wires_episode(seed);
    if (verdict.wrong.empty()) continue;
    std::printf("nothing planted, but seed %llu: %s\n", static_cast<unsigned long long>(seed),
                verdict.wrong.c_str());
    return 1;
  }
  return sim::find_plants({argv + 1, argv + argc}, kFirst, kFirst + kSeeds - 1) ? 0 : 1;
}
