// Roster sets (RFC 6121 §2) and the roster maximum.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/protocols/im/world.h"

namespace im_test {
namespace {

using Lines = std::vector<std::string>;
using T = im::StanzaType;

const std::string kResult = "iq result from=anna0@here to=anna0@here/a id=r";

std::string refused(const std::string& condition) {
  return "iq error from=anna0@here to=anna0@here/a id=r " + condition;
}

struct RosterSet : testing::Test {
  RosterSet() : world(1) {
    world.account("anna0@here");
    anna = &world.join("anna0@here/a");
  }
  World world;
  Client* anna = nullptr;
};

TEST_F(RosterSet, ItemIsAddedChangedAndRemoved) {
  Client& other = world.join("anna0@here/b");
  Client& silent = world.join("anna0@here/c");
  silent.interested = false;
  anna->roster_set("nurse@there", "Nurse", {"Servants", "House"});
  const std::string push = "push nurse@there none name=Nurse group=Servants group=House v1";
  EXPECT_EQ(anna->take(), (Lines{push, kResult}));
  EXPECT_EQ(other.take(), (Lines{push}));
  EXPECT_TRUE(silent.in.empty());
  anna->roster_set("nurse@there");
  EXPECT_EQ(anna->take(), (Lines{"push nurse@there none v2", kResult}));
  anna->roster_set("nurse@there", {}, {}, true);
  EXPECT_EQ(anna->take(), (Lines{"push nurse@there remove v3", kResult}));
  EXPECT_TRUE(world.store.accounts["anna0@here"].contacts.empty());
  anna->roster_set("nurse@there", {}, {}, true);
  EXPECT_EQ(anna->take(), (Lines{refused("item-not-found")}));
}

TEST_F(RosterSet, NothingIsSaidBeforeTheCommit) {
  world.store_asleep = true;
  anna->roster_set("nurse@there");
  EXPECT_TRUE(anna->in.empty());
  world.store_asleep = false;
  world.run();
  EXPECT_EQ(anna->in.size(), 2u);
}

TEST_F(RosterSet, PushesComeInTheOrderOfTheChanges) {
  world.store_asleep = true;
  anna->roster_set("nurse@there", "one");
  anna->presence(T::subscribed, "nurse@there");
  anna->roster_set("nurse@there", "two");
  world.store_asleep = false;
  world.run();
  EXPECT_EQ(anna->take(), (Lines{"push nurse@there none name=one v1", kResult,
                                 "push nurse@there none approved name=one v2",
                                 "push nurse@there none approved name=two v3", kResult}));
}

TEST_F(RosterSet, StoreThatFailsIsNotASuccess) {
  world.store.broken = {im::StoreKind::save_contacts};
  anna->roster_set("nurse@there");
  EXPECT_EQ(anna->take(), (Lines{refused("internal-server-error")}));
  EXPECT_EQ(world.store.asked[im::StoreKind::save_contacts], 3);
}

TEST_F(RosterSet, FaultsHaveTheConditionsOfTheRfc) {
  const std::string just(1023, 'n');
  const std::string much(1024, 'n');
  anna->roster_set("n@there", just, {just});
  EXPECT_EQ(anna->take().size(), 2u);
  anna->roster_set("n@there", much);
  EXPECT_EQ(anna->take(), (Lines{refused("not-acceptable")}));
  anna->roster_set("n@there", "n", {"a", "b", "a"});
  EXPECT_EQ(anna->take(), (Lines{refused("bad-request")}));
  anna->roster_set("n@there", "n", {"a", ""});
  EXPECT_EQ(anna->take(), (Lines{refused("not-acceptable")}));
  anna->roster_set("n@there", "n", {much});
  EXPECT_EQ(anna->take(), (Lines{refused("not-acceptable")}));
  std::vector<std::string> names;
  for (int i = 0; i < 65; ++i) names.push_back("group " + std::to_string(i));
  anna->roster_set("n@there", "n", {names.begin(), names.end()});
  EXPECT_EQ(anna->take(), (Lines{refused("not-acceptable")}));
  anna->roster_set("anna0@here");
  EXPECT_EQ(anna->take(), (Lines{refused("not-allowed")}));
  EXPECT_EQ(world.store.accounts["anna0@here"].roster_version, 1u);
}

TEST_F(RosterSet, RemovingAContactDeniesHisRequest) {
  world.account("bob0@here");
  Client& bob = world.join("bob0@here/b");
  bob.presence(T::subscribe, "anna0@here");
  anna->roster_set("bob0@here");
  bob.take();
  anna->roster_set("bob0@here", {}, {}, true);
  EXPECT_EQ(bob.take(), (Lines{"presence unsubscribed from=anna0@here to=bob0@here",
                               "push anna0@here none v2"}));
}

// FEATURES S-086: 200 allowed, 195 present, six more: five are added, the sixth is refused, and
// others cannot add themselves either.
TEST(RosterMaximum, LastThatFitsIsAddedTheNextIsRefused) {
  im::Options options;
  options.roster_items_max = 200;
  World world(1, options);
  for (int i = 0; i < 195; ++i) {
    const std::string jid = "c" + std::to_string(i) + "@there";
    world.store.accounts["anna0@here"].contacts[jid] = {jid, "", 32, ""};
  }
  for (const char* name : {"x@here", "y@here", "z@here"}) world.account(name);
  Client& anna = world.join("anna0@here/a");
  anna.available();
  world.join("x@here/r").presence(T::subscribe, "anna0@here");
  Client& y = world.join("y@here/r");
  y.presence(T::subscribe, "anna0@here");
  anna.take();
  world.store_asleep = true;  // all six at once, before any is on disk
  for (int i = 0; i < 6; ++i) anna.roster_set("new" + std::to_string(i) + "@there");
  world.store_asleep = false;
  world.run();
  const Lines lines = anna.take();
  EXPECT_EQ(std::count(lines.begin(), lines.end(), kResult), 5);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), refused("policy-violation")), 1);
  EXPECT_EQ(world.store.accounts["anna0@here"].contacts.count("new4@there"), 1u);
  EXPECT_EQ(world.store.accounts["anna0@here"].contacts.count("new5@there"), 0u);
  // Neither by asking, nor by granting, nor by granting beforehand.
  for (const T type : {T::subscribe, T::subscribed}) {
    for (const char* to : {"x@here", "z@here"}) {
      anna.presence(type, to);
      EXPECT_EQ(anna.take(), (Lines{std::string("presence error from=") + to +
                                    " to=anna0@here/a policy-violation"}));
    }
  }
  // What is there can be changed; and one removed makes room for one.
  anna.roster_set("c7@there", "Seven");
  EXPECT_EQ(anna.take().back(), kResult);
  anna.roster_set("c8@there", {}, {}, true);
  anna.take();
  anna.presence(T::subscribed, "y@here");
  EXPECT_EQ(anna.take(), (Lines{"push y@here from v8"}));
  EXPECT_EQ(y.in.back(), "push anna0@here to v2");
}

}  // namespace
}  // namespace im_test
