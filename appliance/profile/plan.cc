#include "appliance/profile/plan.h"

#include "appliance/profile/demand.h"
#include "appliance/profile/plan_rules.h"

namespace appliance {
namespace {

constexpr uint32_t kMediumUsers = 15000;

base::Status in_range(const char* option, double value, double least, double most) {
  if (value >= least && value <= most) return base::Status::ok();  // NaN is neither
  const std::string bounds =
      grouped(static_cast<int64_t>(least)) + " to " + grouped(static_cast<int64_t>(most));
  return base::Error{std::string(option) + ": from " + bounds};
}

base::Status check(const PlanRequest& request) {
  const struct {
    const char* option;
    double value, least, most;
  } ranges[] = {
      {"--users", static_cast<double>(request.users), 1, 1e9},
      {"--contacts", static_cast<double>(request.contacts), 0, 100000},
      {"--messages-per-hour", request.messages_per_hour, 0, 1e6},
      {"--rooms", static_cast<double>(request.rooms), 0, 1e9},
  };
  for (const auto& range : ranges) {
    auto status = in_range(range.option, range.value, range.least, range.most);
    if (!status) return status;
  }
  if (!(request.clients_per_user > 0 && request.clients_per_user <= 100)) {
    return base::Error{"--clients-per-user: more than 0, at most 100; decimals are allowed"};
  }
  if (request.nodes < 0 || request.nodes > kNodesMax) {
    return base::Error{"--nodes: a cluster has 1 to 6 nodes (S-083)"};
  }
  if (request.nodes % nodes_per_group(request.high_availability) != 0) {
    return base::Error{
        "--nodes: high availability needs redundancy groups of two nodes, so 2, 4 or 6 of them"
        " (S-085)"};
  }
  return base::Status::ok();
}

bool large_enough(const Profile& profile, const PlanRequest& request) {
  const bool wants_medium =
      request.intercluster || request.persistent_chat || request.rooms > 0 || request.centralized;
  if (wants_medium && profile.users < kMediumUsers) return false;
  return !request.centralized || profile.users > kMediumUsers ||
         request.users <= kCentralMediumUsersMax;
}

int64_t groups_allowed(const PlanRequest& request) {
  const int64_t nodes = request.nodes > 0 ? request.nodes : kNodesMax;
  return nodes / nodes_per_group(request.high_availability);
}

// The fewest nodes that do, then the smallest profile of those; with --nodes, the smallest profile.
Plan choose(const PlanRequest& request, const Demand& demand) {
  Plan plan;
  if (demand.clients > kClusterClientsMax) return plan;
  for (const Profile& profile : all_profiles()) {
    if (!large_enough(profile, request)) continue;
    const double groups = groups_needed(profile, request, demand);
    if (groups > static_cast<double>(groups_allowed(request))) continue;
    if (plan.profile != nullptr &&
        (request.nodes > 0 || groups >= static_cast<double>(plan.groups))) {
      continue;
    }
    plan.profile = &profile;
    plan.groups = static_cast<int64_t>(groups);
  }
  if (plan.profile != nullptr && request.nodes > 0) plan.groups = groups_allowed(request);
  return plan;
}

int64_t share(int64_t whole, int64_t parts) { return (whole + parts - 1) / parts; }

void fill(const PlanRequest& request, const Demand& demand, Plan& plan) {
  const auto groups = static_cast<double>(plan.groups);
  plan.nodes = plan.groups * nodes_per_group(request.high_availability);
  plan.clients = demand.clients;
  plan.capacity_clients = std::min(plan.groups * plan.profile->users, kClusterClientsMax);
  plan.rooms_capacity = plan.groups * kGroupRoomsMax;
  plan.clients_per_node = share(demand.clients, plan.groups);
  const double processors = groups * plan.profile->vcpus;
  plan.busy_percent = std::llround(std::ceil(100 * demand.processors / processors));
  plan.memory_bytes = std::llround(node_memory(demand, plan.groups));
  plan.login_seconds = std::llround(std::ceil(demand.login_seconds / processors));
  name_rules(request, demand, plan);
}

// No cluster does it: how many would.
base::Error too_much(const PlanRequest& request, const Demand& demand) {
  const Profile& largest = all_profiles().back();
  const double groups = groups_needed(largest, request, demand);
  const double most_groups =
      static_cast<double>(kNodesMax / nodes_per_group(request.high_availability));
  const double clusters = std::ceil(
      std::max(groups / most_groups, static_cast<double>(demand.clients) / kClusterClientsMax));
  std::string text = "too much for one cluster, which has at most six nodes (S-083) and " +
                     grouped(kClusterClientsMax) + " clients (S-084): ";
  if (clusters > kClustersMax || clusters > static_cast<double>(request.users)) {
    return {text + "more clusters would be needed than the " + grouped(kClustersMax) +
            " that can be joined (N15)"};
  }
  const auto number = static_cast<int64_t>(clusters);
  PlanRequest one = request;
  one.users = share(request.users, number);
  one.rooms = share(request.rooms, number);
  one.intercluster = true;
  const Plan plan = choose(one, demand_of(one));
  text += "plan " + grouped(number) + " clusters of " + grouped(one.users) + " users";
  if (plan.profile != nullptr) {
    text += ", each of " + grouped(plan.groups * nodes_per_group(request.high_availability)) +
            " nodes of " + plan.profile->name;
  }
  return {text + ", joined by intercluster peering (S-087, S-088)"};
}

base::Error too_few_nodes(const PlanRequest& request, const Demand& demand) {
  PlanRequest any = request;
  any.nodes = 0;
  Plan enough = choose(any, demand);
  if (enough.profile == nullptr) return too_much(any, demand);
  fill(any, demand, enough);
  return {grouped(request.nodes) + (request.nodes == 1 ? " node is" : " nodes are") +
          " not enough: it takes " + grouped(enough.nodes) + " of " + enough.profile->name};
}

}  // namespace

base::Result<Plan> make_plan(const PlanRequest& request) {
  if (auto status = check(request); !status) return status.error();
  const Demand demand = demand_of(request);
  Plan plan = choose(request, demand);
  if (plan.profile == nullptr) {
    return request.nodes > 0 ? too_few_nodes(request, demand) : too_much(request, demand);
  }
  fill(request, demand, plan);
  return plan;
}

}  // namespace appliance
