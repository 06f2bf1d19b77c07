#include "appliance/profile/plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace appliance {
namespace {

constexpr auto kBalanced = HighAvailability::balanced;
constexpr auto kStandby = HighAvailability::standby;

bool names(const Plan& plan, std::string_view rule) {
  return std::any_of(plan.rules.begin(), plan.rules.end(),
                     [rule](const AppliedRule& applied) { return applied.rule == rule; });
}

struct Row {
  const char* what;
  PlanRequest request;
  const char* profile;
  int64_t nodes;
  std::vector<const char*> rules;   // named
  std::vector<const char*> silent;  // not named
};

const Row kRows[] = {
    {"one user", {.users = 1}, "5k", 1, {"S-083", "S-084", "S-098", "S-099"}, {"S-085", "S-097"}},
    {"a 5k node's last user", {.users = 5000}, "5k", 1, {}, {}},
    {"the one after: a larger profile, not a second node",
     {.users = 5001},
     "15k",
     1,
     {"S-092"},
     {}},
    {"a 15k node's last user", {.users = 15000}, "15k", 1, {}, {}},
    {"the one after", {.users = 15001}, "25k", 1, {}, {"S-092"}},
    {"fewest nodes, then the smallest profile", {.users = 30000}, "15k", 2, {}, {}},
    {"the same, where it takes the largest", {.users = 30001}, "25k", 2, {}, {}},
    {"a full cluster", {.users = 75000}, "25k", 3, {"S-093", "S-094"}, {}},
    {"a group of two carries what one can",
     {.users = 5000, .high_availability = kBalanced},
     "5k",
     2,
     {"S-085", "S-100b"},
     {"S-084", "S-100c"}},
    {"so does active/standby",
     {.users = 25000, .high_availability = kStandby},
     "25k",
     2,
     {"S-085", "S-100c"},
     {"S-100b", "S-094"}},
    {"six nodes for 75,000",
     {.users = 75000, .high_availability = kBalanced},
     "25k",
     6,
     {"S-093", "S-094"},
     {"S-099"}},
    {"clients, not users", {.users = 25000, .clients_per_user = 2}, "25k", 2, {"S-097"}, {"S-094"}},
    {"half a client more", {.users = 3334, .clients_per_user = 1.5}, "15k", 1, {"S-097"}, {}},
    {"not all are signed in", {.users = 10000, .clients_per_user = 0.5}, "5k", 1, {"S-097"}, {}},
    {"peering", {.users = 10, .intercluster = true}, "15k", 1, {"S-087", "S-088", "S-089"}, {}},
    {"persistent chat", {.users = 10, .persistent_chat = true}, "15k", 1, {"S-090"}, {"N13"}},
    {"a room", {.users = 10, .rooms = 1}, "15k", 1, {"S-090", "N13"}, {}},
    {"a group's last room", {.users = 10, .rooms = 5000}, "15k", 1, {}, {}},
    {"the one after", {.users = 10, .rooms = 5001}, "15k", 2, {}, {}},
    {"high availability halves what a node has of them",
     {.users = 10, .rooms = 5001, .high_availability = kBalanced},
     "15k",
     4,
     {},
     {}},
    {"centralized", {.users = 10, .centralized = true}, "15k", 1, {"S-091", "S-096"}, {"S-095"}},
    {"centralized, 45,000 users are the last for 15k",
     {.users = 45000, .nodes = 3, .centralized = true},
     "15k",
     3,
     {"S-096"},
     {}},
    {"one more", {.users = 45001, .nodes = 4, .centralized = true}, "25k", 4, {"S-095"}, {"S-096"}},
    {"more nodes than needed", {.users = 10, .nodes = 6}, "5k", 6, {}, {"S-099"}},
    {"a number of nodes takes a smaller profile", {.users = 25000, .nodes = 5}, "5k", 5, {}, {}},
    {"no contacts", {.users = 10, .contacts = 0}, "5k", 1, {}, {"S-086"}},
};

TEST(Plan, ProfileNodesAndTheRulesThatMadeThem) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.what);
    const auto plan = make_plan(row.request);
    ASSERT_TRUE(plan) << plan.error().what;
    EXPECT_STREQ(plan->profile->name, row.profile);
    EXPECT_EQ(plan->nodes, row.nodes);
    EXPECT_GE(plan->capacity_clients, plan->clients);
    EXPECT_LE(plan->busy_percent, 50);
    for (const char* rule : row.rules) EXPECT_TRUE(names(*plan, rule)) << rule;
    for (const char* rule : row.silent) EXPECT_FALSE(names(*plan, rule)) << rule;
  }
}

struct Refusal {
  const char* what;
  PlanRequest request;
  std::vector<const char*> says;
};

const Refusal kRefusals[] = {
    {"no users", {.users = 0}, {"--users", "1 to 1,000,000,000"}},
    {"fewer than none", {.users = -1}, {"--users"}},
    {"more than there are", {.users = INT64_MAX}, {"--users"}},
    {"no clients", {.users = 1, .clients_per_user = 0}, {"--clients-per-user"}},
    {"a number that is none", {.users = 1, .clients_per_user = NAN}, {"--clients-per-user"}},
    {"contacts", {.users = 1, .contacts = -1}, {"--contacts"}},
    {"messages", {.users = 1, .messages_per_hour = NAN}, {"--messages-per-hour"}},
    {"rooms", {.users = 1, .rooms = -1}, {"--rooms"}},
    {"a seventh node", {.users = 1, .nodes = 7}, {"--nodes", "S-083"}},
    {"a node without a partner",
     {.users = 1, .nodes = 3, .high_availability = kBalanced},
     {"groups of two", "S-085"}},
    {"too few nodes", {.users = 75000, .nodes = 2}, {"2 nodes are not enough", "3 of 25k"}},
    {"one node too few",
     {.users = 75000, .nodes = 4, .high_availability = kStandby},
     {"4 nodes are not enough", "6 of 25k"}},
    {"a cluster's last user but one",
     {.users = 75001},
     {"2 clusters of 37,501 users", "2 nodes of 25k", "S-084", "S-088"}},
    {"with nodes named", {.users = 75001, .nodes = 6}, {"2 clusters of 37,501 users"}},
    {"two clients each",
     {.users = 75000, .clients_per_user = 2, .high_availability = kBalanced},
     {"2 clusters of 37,500 users", "6 nodes of 25k"}},
    {"few users, who need a 15k node in each cluster",
     {.users = 60, .rooms = 30001},
     {"2 clusters of 30 users", "4 nodes of 15k"}},
    {"rooms with high availability",
     {.users = 60, .rooms = 15001, .high_availability = kBalanced},
     {"2 clusters of 30 users", "4 nodes of 15k"}},
    {"a mesh's last cluster", {.users = 75000 * 30}, {"30 clusters of 75,000 users"}},
    {"beyond it", {.users = 75000 * 30 + 1}, {"the 30 that can be joined", "N15"}},
    {"nobody's hour",
     {.users = 3, .clients_per_user = 100, .contacts = 100000, .messages_per_hour = 1e6},
     {"too much for one cluster"}},
};

TEST(Plan, WhatCannotBeSaysWhatCould) {
  for (const Refusal& refusal : kRefusals) {
    SCOPED_TRACE(refusal.what);
    const auto plan = make_plan(refusal.request);
    ASSERT_FALSE(plan) << plan->profile->name << " x " << plan->nodes;
    for (const char* text : refusal.says) {
      EXPECT_NE(plan.error().what.find(text), std::string::npos) << plan.error().what;
    }
  }
}

// By the measured costs, whatever they are: messages until a node would be busier than planned.
TEST(Plan, ProcessorTimeTakesMoreNodesThanTheClientsDo) {
  PlanRequest request{.users = 5000};
  const auto quiet = make_plan(request);
  ASSERT_TRUE(quiet);
  EXPECT_EQ(quiet->nodes, 1);
  // Four processors' worth of messages.
  const Cost& message = all_costs().front();
  ASSERT_STREQ(message.name, "message");
  request.messages_per_hour = 4 * 3600e9 / (5000.0 * static_cast<double>(message.value));
  const auto busy = make_plan(request);
  ASSERT_TRUE(busy) << busy.error().what;
  EXPECT_GT(busy->nodes * busy->profile->vcpus, quiet->nodes * quiet->profile->vcpus);
  EXPECT_GT(busy->busy_percent, quiet->busy_percent);
  EXPECT_LE(busy->busy_percent, 50);
  request.messages_per_hour = 1e6;
  EXPECT_FALSE(make_plan(request));
}

TEST(Plan, AFailureLeavesTheSurvivorWithAllOfItsGroup) {
  const auto alone = make_plan({.users = 15000});
  const auto paired = make_plan({.users = 15000, .high_availability = kBalanced});
  ASSERT_TRUE(alone && paired);
  EXPECT_EQ(paired->clients_per_node, 15000);
  EXPECT_EQ(paired->busy_percent, alone->busy_percent);
  EXPECT_EQ(paired->memory_bytes, alone->memory_bytes);
  EXPECT_EQ(paired->login_seconds, alone->login_seconds);
}

TEST(Plan, MoreOfAnythingNeverTakesLess) {
  double last_busy = 0;
  int64_t last_memory = 0;
  for (const int64_t contacts : {0, 20, 200, 1000}) {
    const auto plan = make_plan({.users = 1000, .contacts = contacts, .nodes = 1});
    ASSERT_TRUE(plan) << plan.error().what;
    const double busy = static_cast<double>(plan->busy_percent) * plan->profile->vcpus;
    EXPECT_GE(busy, last_busy);
    EXPECT_GT(plan->memory_bytes, last_memory);
    last_busy = busy;
    last_memory = plan->memory_bytes;
  }
}

TEST(Plan, EveryCostIsPositiveAndHasAUnit) {
  ASSERT_FALSE(all_costs().empty());
  for (const Cost& cost : all_costs()) {
    EXPECT_GT(cost.value, 0) << cost.name;
    EXPECT_TRUE(std::string(cost.unit) == "ns" || std::string(cost.unit) == "bytes") << cost.unit;
  }
}

}  // namespace
}  // namespace appliance
