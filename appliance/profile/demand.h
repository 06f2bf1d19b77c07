// What a deployment asks of a cluster, from measured costs (costs.def), and what a redundancy group
// has to give. Values; any thread.
#pragma once

#include <algorithm>
#include <cmath>

#include "appliance/profile/plan.h"

namespace appliance {

// FEATURES S-083, S-084, S-093, N13, N15.
constexpr int64_t kNodesMax = 6;
constexpr int64_t kClusterClientsMax = 75000;
constexpr int64_t kGroupRoomsMax = 5000;
constexpr int64_t kClustersMax = 30;
// FEATURES S-096: a centralized cluster of 15k nodes.
constexpr int64_t kCentralMediumUsersMax = 45000;
// A surviving node is to be busy half of its processors and half of its memory in the busy hour:
// the rest is for a second's peak over the hour's mean, for logins, and for the disk's cache.
constexpr double kShareUsed = 0.5;

struct Demand {
  int64_t clients = 0;
  double processors = 0;     // busy hour, mean, all nodes
  double client_bytes = 0;   // memory of all sessions; a process's own comes on top
  double login_seconds = 0;  // of one processor, everybody signs in once
};

Demand demand_of(const PlanRequest& request);

inline int64_t nodes_per_group(HighAvailability mode) {
  return mode == HighAvailability::none ? 1 : 2;
}

// How many groups of this profile the demand fills; any number, however large.
double groups_needed(const Profile& profile, const PlanRequest& request, const Demand& demand);

// Memory of the busiest node of `groups` of them.
double node_memory(const Demand& demand, int64_t groups);

}  // namespace appliance
