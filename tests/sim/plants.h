// Bugs planted at run time (engine/base/plant.h), in the program sim_planted only: it is built with
// PLANTS_AT_RUN_TIME in place of the constant.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sim {

// Plants the bugs of engine/base/plants.def one after the other, each in a process of its own, and
// runs the seeds until a checker finds it. Prints one line a bug. `names`: only these; none: all.
// False: one was not found, or there is no bug of such a name.
bool find_plants(const std::vector<std::string>& names, uint64_t from, uint64_t to);

}  // namespace sim
