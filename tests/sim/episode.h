// One seed's fate: a world and a crowd drawn from the seed, the faulty phase, the healing, the
// checks, the departure. The same for the ctest, the sim program and its --seeds.
#pragma once

#include <cstdint>
#include <string>

#include "tests/sim/fate.h"

namespace sim {

struct Verdict {
  std::string wrong;  // "" = all is well
  uint64_t hash = 0;  // of everything every client saw, and when
  uint64_t messages = 0;
  uint64_t logins = 0;
  uint64_t resumptions = 0;
  uint64_t resumed_over_restart = 0;
  FateCounts fate;
};

Verdict run_episode(uint64_t seed);
// The same with both wires, and people who use SIP: tests/sim/wires.h.
Verdict run_wires_episode(uint64_t seed);

}  // namespace sim
