// Planning a deployment: which profile, how many nodes, and by which rules. The rules are those of
// FEATURES 2.K, the costs are measured (costs.def).
// Values; any thread; no input makes it fail but by an Error that says what to do.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "appliance/profile/profile.h"
#include "engine/base/result.h"

namespace appliance {

// What happens to a node's users when it fails. With either kind every redundancy group has two
// nodes and carries what one of them can: half of it each, or all on one while the other stands by.
enum class HighAvailability : uint8_t { none, balanced, standby };

struct PlanRequest {
  int64_t users = 0;
  double clients_per_user = 1;    // signed in at once
  int64_t contacts = 20;          // of each user; all of them are taken to be online
  double messages_per_hour = 10;  // each user sends in the busy hour
  int64_t rooms = 0;              // persistent ones
  int64_t nodes = 0;              // check this number; 0: find it
  HighAvailability high_availability = HighAvailability::none;
  bool intercluster = false;     // users of other clusters are reached by peering
  bool persistent_chat = false;  // any room makes it so
  bool centralized = false;      // one cluster beside several telephony clusters
};

struct Cost {
  const char* name;
  int64_t value;
  const char* unit;  // "ns" of processor time, or "bytes"
  const char* what;
};
std::span<const Cost> all_costs();
constexpr const char* kCostsMeasuredBy = "bench/compare/costs";

// A rule that had a say, and what it came to here.
struct AppliedRule {
  const char* rule;  // its number in FEATURES
  std::string text;
};

struct Plan {
  const Profile* profile = nullptr;
  int64_t nodes = 0;
  int64_t groups = 0;            // redundancy groups, of one or two nodes
  int64_t clients = 0;           // signed in at once, cluster
  int64_t capacity_clients = 0;  // what the nodes carry, cluster
  int64_t rooms_capacity = 0;
  // The busiest node, after its partner has failed if it has one.
  int64_t clients_per_node = 0;
  int64_t busy_percent = 0;  // of its processors, in the busy hour
  int64_t memory_bytes = 0;
  int64_t login_seconds = 0;  // until all its clients have signed in again
  std::vector<AppliedRule> rules;
};

base::Result<Plan> make_plan(const PlanRequest& request);

}  // namespace appliance
