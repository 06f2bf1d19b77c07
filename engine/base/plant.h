// Planted bugs: mistakes made on purpose, each behind `if (base::plant == base::Plant::NAME)`, to
// prove that the checkers of the simulation find them (tests/sim/README.md). They are listed in
// engine/base/plants.def.
// Normally nothing is planted: `plant` is a constant and the compiler removes every such branch.
// -DPLANT=NAME (a CMake option) plants one in everything that is built; tests/sim builds the files
// concerned a second time with PLANTS_AT_RUN_TIME and chooses there.
// Any thread: set before there is more than one.
#pragma once

#include <cstdint>

namespace base {

enum class Plant : uint8_t {
  none,
#define PLANT_A_BUG(name, what) name,
#include "engine/base/plants.def"
#undef PLANT_A_BUG
};

#if defined PLANTS_AT_RUN_TIME
extern Plant plant;
#elif defined PLANT
constexpr Plant plant = Plant::PLANT;
#else
constexpr Plant plant = Plant::none;
#endif

}  // namespace base
