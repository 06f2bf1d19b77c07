// What must be true of a world, whatever happened (DESIGN 6). Each checker returns "" or the first
// thing that is wrong, in words.
#pragma once

#include <string>

#include "tests/sim/crowd.h"
#include "tests/sim/world.h"

namespace sim {

// No client saw the server break the protocol.
std::string check_protocol(const Crowd& crowd);
// Messages between managed sessions: whatever the server acknowledged was received, came back as
// an error, or lies in the recipient's offline store. Nothing else vanishes (checker 1, in memory).
std::string check_messages(const Crowd& crowd, World& world);
// After quiet every client's view of presence and roster equals the truth (checker 2).
std::string check_views(const Crowd& crowd, World& world);
// After everybody has gone nothing is left behind (checker 3).
std::string check_baseline(World& world);

}  // namespace sim
