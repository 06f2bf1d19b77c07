// XEP-0191 with all it entails.
#include <gtest/gtest.h>

#include "tests/protocols/im/world.h"

namespace im_test {
namespace {

using Lines = std::vector<std::string>;
using T = im::StanzaType;

struct Blocking : testing::Test {
  Blocking() : world(2) {
    for (const char* name : {"anna0@here", "bob1@here", "carl1@here"}) world.account(name);
    world.befriend("anna0@here", "bob1@here");
    anna = &world.join("anna0@here/a");
    bob = &world.join("bob1@here/b");
    carl = &world.join("carl1@here/c");
    anna->available(0, "<a/>");
    bob->available(0, "<b/>");
    carl->available(0, "<c/>");
    clear();
  }
  void clear() {
    for (Client* client : {anna, bob, carl}) client->take();
  }
  World world;
  Client *anna, *bob, *carl;
};

TEST_F(Blocking, ListIsSavedBeforeItIsAnsweredAndPushed) {
  Client& other = world.join("anna0@here/o");
  world.store_asleep = true;
  anna->block({"carl1@here"});
  EXPECT_TRUE(anna->in.empty());
  world.store_asleep = false;
  world.run();
  EXPECT_EQ(anna->take(),
            (Lines{"iq result from=anna0@here to=anna0@here/a id=b", "block carl1@here"}));
  EXPECT_EQ(other.take(), (Lines{"block carl1@here"}));
  EXPECT_EQ(world.store.accounts["anna0@here"].blocked, (Lines{"carl1@here"}));
  anna->unblock({});
  EXPECT_EQ(anna->take(),
            (Lines{"iq result from=anna0@here to=anna0@here/a id=u", "unblock",
                   "presence from=bob1@here/b to=anna0@here/a <b/>"}));  // all are asked again
  EXPECT_TRUE(world.store.accounts["anna0@here"].blocked.empty());
}

TEST_F(Blocking, BlockedContactSeesHerGoAndComeBack) {
  anna->block({"bob1@here"});
  EXPECT_EQ(bob->take(), (Lines{"presence unavailable from=anna0@here/a to=bob1@here"}));
  anna->available(1, "<away/>");
  anna->unavailable();
  anna->available(2, "<back/>");
  EXPECT_TRUE(bob->in.empty());
  bob->available(1, "<changed/>");
  EXPECT_EQ(anna->seen.count("bob1@here/b"), 0u);  // what he does reaches her no more
  clear();
  anna->unblock({"bob1@here"});
  EXPECT_EQ(bob->take(), (Lines{"presence from=anna0@here/a to=bob1@here <back/>"}));
  EXPECT_EQ(anna->seen["bob1@here/b"], "<changed/>");
}

TEST_F(Blocking, StrangerIsNotToldThatHeIsBlocked) {
  anna->block({"carl1@here"});
  EXPECT_TRUE(carl->in.empty());
  anna->unblock({"carl1@here"});
  EXPECT_TRUE(carl->in.empty());
}

TEST_F(Blocking, DirectedPresenceEndsWithTheBlock) {
  anna->presence(T::available, "carl1@here/c");
  clear();
  anna->block({"carl1@here"});
  EXPECT_EQ(carl->take(), (Lines{"presence unavailable from=anna0@here/a to=carl1@here/c"}));
  anna->unavailable();
  EXPECT_TRUE(carl->in.empty());
}

TEST_F(Blocking, WhatComesFromTheBlockedIsRefusedAsIfNobodyWereThere) {
  anna->block({"bob1@here"});
  clear();
  bob->message("anna0@here", "x");
  bob->message("anna0@here/a", "x", T::normal);
  bob->message("anna0@here", "x", T::headline);
  bob->iq(T::get, "anna0@here/a");
  bob->iq(T::set, "anna0@here", "known");
  bob->iq(T::result, "anna0@here/a");
  bob->presence(T::available, "anna0@here");
  bob->presence(T::subscribe, "anna0@here");
  bob->presence(T::unsubscribe, "anna0@here");
  bob->presence(T::probe, "anna0@here");
  EXPECT_TRUE(anna->in.empty()) << anna->in.front();
  const std::string to = " to=bob1@here/b";
  EXPECT_EQ(bob->take(), (Lines{"message error from=anna0@here" + to + " service-unavailable",
                                "message error from=anna0@here/a" + to + " service-unavailable",
                                "iq error from=anna0@here/a" + to + " id=q service-unavailable",
                                "iq error from=anna0@here" + to + " id=known service-unavailable",
                                "push anna0@here from v1"}));
}

TEST_F(Blocking, DomainIsBlockedButNotOneself) {
  anna->block({"here"});
  clear();
  bob->message("anna0@here", "x");
  EXPECT_EQ(bob->take().size(), 1u);
  EXPECT_TRUE(anna->in.empty());
  Client& other = world.join("anna0@here/o");
  other.available();
  EXPECT_EQ(anna->take(), (Lines{"presence from=anna0@here/o to=anna0@here"}));
  other.message("anna0@here/a", "x");
  EXPECT_EQ(anna->take(), (Lines{"message chat from=anna0@here/o to=anna0@here/a x"}));
}

TEST_F(Blocking, WhatGoesToTheBlockedIsRefusedWithTheReason) {
  anna->block({"bob1@here"});
  clear();
  anna->message("bob1@here", "x");
  anna->iq(T::get, "bob1@here/b");
  anna->presence(T::available, "bob1@here");
  anna->presence(T::subscribe, "bob1@here");
  anna->presence(T::probe, "bob1@here");
  anna->iq(T::result, "bob1@here/b");
  const std::string to = " to=anna0@here/a";
  EXPECT_EQ(anna->take(), (Lines{"message error from=bob1@here" + to + " not-acceptable",
                                 "iq error from=bob1@here/b" + to + " id=q not-acceptable",
                                 "presence error from=bob1@here" + to + " not-acceptable",
                                 "presence error from=bob1@here" + to + " not-acceptable",
                                 "presence error from=bob1@here" + to + " not-acceptable"}));
  EXPECT_TRUE(bob->in.empty());
}

TEST_F(Blocking, RequestsOfTheBlockedAreNotShownUntilUnblocked) {
  carl->presence(T::subscribe, "anna0@here");
  clear();
  anna->block({"carl1@here"});
  anna->unavailable();
  clear();
  anna->available();
  for (const std::string& line : anna->take()) EXPECT_EQ(line.find("subscribe"), line.npos);
  anna->unblock({"carl1@here"});
  anna->unavailable();
  clear();
  anna->available();
  bool shown = false;
  for (const std::string& line : anna->take()) {
    shown = shown || line == "presence subscribe from=carl1@here to=anna0@here";
  }
  EXPECT_TRUE(shown);
}

TEST(BlockList, HasAnEnd) {
  im::Options options;
  options.block_list_max = 2;
  World world(1, options);
  world.account("anna0@here");
  Client& anna = world.join("anna0@here/a");
  anna.block({"a@x", "b@x"});
  anna.take();
  anna.block({"c@x"});
  EXPECT_EQ(anna.take(), (Lines{"iq error from=anna0@here to=anna0@here/a id=b policy-violation"}));
  anna.block({"b@x"});  // is there already
  EXPECT_EQ(anna.take().size(), 2u);
  EXPECT_EQ(world.store.accounts["anna0@here"].blocked, (Lines{"a@x", "b@x"}));
}

}  // namespace
}  // namespace im_test
