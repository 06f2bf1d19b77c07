// Checker 4: no limit is reached without its counter, and none moves that was not reached. What
// clients were told (Client::told) is held against the node's counters; and what the node holds
// must stay within the limits it declares.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "tests/sim/order.h"
#include "tests/sim/world.h"

namespace sim {

// The limits that clients hear of, from one moment to another. Counters are the process's own, so
// only one world may run meanwhile.
class LimitBook {
 public:
  explicit LimitBook(const Clients& clients);

  // Whatever the weather: nobody was told of a limit that was not counted. (The other way round
  // words may have been lost with a connection.)
  std::string check_told(const Clients& clients) const;
  // In calm weather, after quiet: told exactly as often as counted, and every limit was reached.
  std::string check_exact(const Clients& clients) const;

 private:
  std::map<std::string, uint64_t> told_;
  std::map<std::string, uint64_t> counted_;
};

uint64_t told(const Clients& clients, const std::string& key);

// Nothing is beyond its declared limit at this moment: sessions, rosters, block lists, directed
// presence and requests of every loaded user, what waits for it, what is unacknowledged, stored
// messages, connections, send queues.
std::string check_bounds(World& world);

}  // namespace sim
