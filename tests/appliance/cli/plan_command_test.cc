#include "appliance/cli/plan_command.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include "appliance/cli/render.h"

namespace appliance {
namespace {

// What the words of a command line ask for; a status if they are wrong.
std::optional<int> parse(std::vector<std::string> words, OperatorCall& call) {
  std::vector<char*> argv;
  words.insert(words.begin(), "rollcall");
  for (std::string& word : words) argv.push_back(word.data());
  return parse_operator_arguments(static_cast<int>(argv.size()), argv.data(), call);
}

TEST(PlanCommand, EveryOptionArrives) {
  OperatorCall call;
  ASSERT_EQ(parse({"plan", "--users", "300", "--clients-per-user", "1.5", "--contacts", "7",
                   "--messages-per-hour", "2.5", "--rooms", "4", "--nodes", "2",
                   "--high-availability=standby", "--intercluster", "--persistent-chat",
                   "--centralized", "--json"},
                  call),
            std::nullopt);
  EXPECT_EQ(call.command, "plan");
  EXPECT_TRUE(call.json);
  EXPECT_EQ(call.plan.users, 300);
  EXPECT_EQ(call.plan.clients_per_user, 1.5);
  EXPECT_EQ(call.plan.contacts, 7);
  EXPECT_EQ(call.plan.messages_per_hour, 2.5);
  EXPECT_EQ(call.plan.rooms, 4);
  EXPECT_EQ(call.plan.nodes, 2);
  EXPECT_EQ(call.plan.high_availability, HighAvailability::standby);
  EXPECT_TRUE(call.plan.intercluster && call.plan.persistent_chat && call.plan.centralized);
}

TEST(PlanCommand, HighAvailabilityIsOffUnlessAskedForAndBalancedUnlessNamed) {
  OperatorCall without;
  ASSERT_EQ(parse({"plan", "--users", "1"}, without), std::nullopt);
  EXPECT_EQ(without.plan.high_availability, HighAvailability::none);
  OperatorCall bare;
  ASSERT_EQ(parse({"plan", "--high-availability", "--users", "1"}, bare), std::nullopt);
  EXPECT_EQ(bare.plan.high_availability, HighAvailability::balanced);
  EXPECT_EQ(bare.plan.users, 1);
  OperatorCall none;
  ASSERT_EQ(parse({"plan", "--users", "1", "--high-availability", "none"}, none), std::nullopt);
  EXPECT_EQ(none.plan.high_availability, HighAvailability::none);
}

TEST(PlanCommand, WordsThatMakeNoSenseAreAnErrorOfUsage) {
  OperatorCall call;
  EXPECT_EQ(parse({"plan"}, call), kExitUsage);
  EXPECT_EQ(parse({"plan", "--users", "many"}, call), kExitUsage);
  EXPECT_EQ(parse({"plan", "--users", "1", "--high-availability", "maybe"}, call), kExitUsage);
}

TEST(PlanCommand, TheAnswerIsOneObjectWithRulesAndCosts) {
  const Outcome outcome =
      plan_deployment({.users = 20000, .clients_per_user = 2, .rooms = 3, .intercluster = true});
  ASSERT_EQ(outcome.status, kExitOk) << outcome.text;
  simdjson::dom::parser parser;
  simdjson::dom::object answer;
  ASSERT_EQ(parser.parse(outcome.text).get(answer), simdjson::SUCCESS);
  EXPECT_EQ(std::string_view(answer["profile"]), "25k");
  EXPECT_EQ(int64_t(answer["nodes"]), 2);
  EXPECT_EQ(int64_t(answer["clients"]), 40000);
  EXPECT_EQ(int64_t(answer["room_for_rooms"]), 10000);
  EXPECT_EQ(simdjson::dom::array(answer["costs"]).size(), all_costs().size());
  EXPECT_EQ(std::string_view(answer["costs_measured_by"]), kCostsMeasuredBy);
  bool clients_rule = false;
  for (const simdjson::dom::object rule : simdjson::dom::array(answer["rules"])) {
    clients_rule |= std::string_view(rule["rule"]) == "S-097";
    EXPECT_FALSE(std::string_view(rule["says"]).empty());
  }
  EXPECT_TRUE(clients_rule);
}

TEST(PlanCommand, PeopleReadTheSameThing) {
  const std::string text = render(plan_deployment({.users = 6000}).text);
  EXPECT_NE(text.find("profile "), std::string::npos) << text;
  EXPECT_NE(text.find("15k"), std::string::npos) << text;
  EXPECT_NE(text.find("S-084"), std::string::npos) << text;
  EXPECT_EQ(text.find("clusters are to come"), std::string::npos) << text;
}

TEST(PlanCommand, WhatIsImpossibleFailsWithTheNumberOfClusters) {
  const Outcome outcome = plan_deployment({.users = 100000});
  EXPECT_EQ(outcome.status, kExitFailed);
  EXPECT_STREQ(outcome.code, "impossible");
  EXPECT_NE(outcome.text.find("2 clusters of 50,000 users"), std::string::npos) << outcome.text;
}

}  // namespace
}  // namespace appliance
