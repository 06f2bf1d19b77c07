#include "appliance/profile/plan_rules.h"

namespace appliance {
namespace {

std::string count(int64_t number, const char* one, const char* many) {
  return grouped(number) + " " + (number == 1 ? one : many);
}

void capacity(const PlanRequest& request, const Demand& demand, Plan& plan) {
  const std::string profile = plan.profile->name;
  const std::string each = grouped(plan.profile->users);
  if (request.clients_per_user != 1) {
    plan.rules.push_back(
        {"S-097", "clients count, not users: " + count(request.users, "user is ", "users are ") +
                      count(demand.clients, "client", "clients")});
  }
  if (request.high_availability == HighAvailability::none) {
    plan.rules.push_back({"S-084", "a " + profile + " node carries " + each +
                                       " clients, a cluster " + grouped(kClusterClientsMax)});
  } else {
    plan.rules.push_back({"S-085", "a redundancy group of two " + profile +
                                       " nodes carries what one" + " of them can, " + each +
                                       " clients; a cluster " + grouped(kClusterClientsMax)});
  }
  if (request.high_availability == HighAvailability::balanced) {
    plan.rules.push_back({"S-100b",
                          "balanced: each node has half of its group's users, and is at"
                          " most half full until its partner fails"});
  }
  if (request.high_availability == HighAvailability::standby) {
    plan.rules.push_back({"S-100c",
                          "active/standby: one node of each group has all of its users,"
                          " the other none until it fails"});
  }
}

void rooms(const PlanRequest& request, Plan& plan) {
  if (request.rooms > 0) {
    plan.rules.push_back({"N13", grouped(kGroupRoomsMax) +
                                     " persistent rooms a redundancy group; what is said in them is"
                                     " not measured and not in these figures"});
  }
  if (request.rooms > 0 || request.persistent_chat) {
    plan.rules.push_back({"S-090", "persistent chat: nodes of 15k at least"});
  }
}

void between_clusters(const PlanRequest& request, Plan& plan) {
  if (request.intercluster) {
    plan.rules.push_back({"S-087", "peering with other clusters works with several nodes"});
    plan.rules.push_back({"S-088", "intercluster: nodes of 15k at least, in every cluster"});
    plan.rules.push_back({"S-089", "the clusters' profiles may differ, if none is below 15k"});
  }
  if (!request.centralized) return;
  const bool large = plan.profile->users >= 25000;
  plan.rules.push_back({"S-091", large ? "centralized: nodes of 15k at least; 25k is recommended,"
                                         " and this is it"
                                       : "centralized: nodes of 15k at least; 25k is recommended"});
  if (large) {
    plan.rules.push_back({"S-095",
                          "the central call manager's publisher: its size for 10,000 users"
                          " suffices beside 25k nodes"});
  } else {
    plan.rules.push_back({"S-096",
                          "the central call manager's publisher: its size for 7,500 users"
                          " suffices beside 15k nodes, for at most " +
                              grouped(kCentralMediumUsersMax) + " users"});
  }
}

void growing(const Demand& demand, Plan& plan) {
  if (plan.profile->users >= 25000 && demand.clients > 2 * plan.profile->users) {
    plan.rules.push_back(
        {"S-093", "six 25k nodes carry " + grouped(kClusterClientsMax) + " clients, no more"});
    plan.rules.push_back({"S-094",
                          "near that, keep the trace level of routing at error: rollcall"
                          " set trace"});
  }
  if (plan.profile->users == 15000) {
    plan.rules.push_back({"S-092",
                          "a 15k node becomes a 25k one with more processors and memory"
                          " and a restart; nothing is installed anew"});
  }
  if (plan.nodes < kNodesMax) {
    plan.rules.push_back({"S-099", "nodes can be added later, at any time, until there are six"});
  }
}

}  // namespace

std::string grouped(int64_t number) {
  std::string digits = std::to_string(number);
  for (size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

void name_rules(const PlanRequest& request, const Demand& demand, Plan& plan) {
  plan.rules.push_back(
      {"S-083", "at most six nodes a cluster: " + count(plan.nodes, "node", "nodes") + " in " +
                    count(plan.groups, "group", "groups")});
  capacity(request, demand, plan);
  plan.rules.push_back({"S-098",
                        "of a node's processors and memory a half is planned with, from"
                        " measured costs, its partner's clients included"});
  if (request.contacts > 0) {
    plan.rules.push_back({"S-086", count(request.contacts, "contact", "contacts") +
                                       " a user, all online; im.roster_items_max can hold users to"
                                       " a number"});
  }
  rooms(request, plan);
  between_clusters(request, plan);
  growing(demand, plan);
}

}  // namespace appliance
