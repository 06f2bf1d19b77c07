// Presence and probes (RFC 6121 §4), users on three shards.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/protocols/im/world.h"

namespace im_test {
namespace {

using Lines = std::vector<std::string>;
using T = im::StanzaType;

// Anna and Bob see each other; Carl sees Anna, she does not see him; Dora is a stranger.
struct Presence : testing::Test {
  explicit Presence(im::Options options = {}) : world(3, std::move(options)) {
    for (const char* name : {"anna0@here", "bob1@there", "carl2@here", "dora1@here"}) {
      world.account(name);
    }
    world.befriend("anna0@here", "bob1@there");
    world.store.accounts["anna0@here"].contacts["carl2@here"] = {"carl2@here", "", 2 | 32, ""};
    world.store.accounts["carl2@here"].contacts["anna0@here"] = {"anna0@here", "", 1 | 32, ""};
    anna = &world.join("anna0@here/a");
    bob = &world.join("bob1@there/b");
    carl = &world.join("carl2@here/c");
    dora = &world.join("dora1@here/d");
  }
  void all_available() {
    for (Client* client : {anna, bob, carl, dora}) client->available();
    clear();
  }
  void clear() {
    for (Client* client : {anna, bob, carl, dora}) client->take();
  }
  World world;
  Client *anna, *bob, *carl, *dora;
};

TEST_F(Presence, InitialPresenceIsBroadcastAndProbesAreAnswered) {
  bob->available(0, "<bob/>");
  carl->available(0, "<carl/>");
  dora->available();
  clear();
  anna->available(3, "<show>chat</show>");
  EXPECT_EQ(anna->take(), (Lines{"presence from=anna0@here/a to=anna0@here <show>chat</show>",
                                 "presence from=bob1@there/b to=anna0@here/a <bob/>"}));
  EXPECT_EQ(bob->take(), (Lines{"presence from=anna0@here/a to=bob1@there <show>chat</show>"}));
  EXPECT_EQ(carl->take(), (Lines{"presence from=anna0@here/a to=carl2@here <show>chat</show>"}));
  EXPECT_TRUE(dora->in.empty());
  EXPECT_EQ(anna->priority, 3);
}

TEST_F(Presence, SubsequentPresenceAsksNobody) {
  all_available();
  anna->available(1, "<show>away</show>");
  EXPECT_EQ(bob->take().size(), 1u);
  EXPECT_EQ(carl->take().size(), 1u);
  EXPECT_EQ(anna->take(), (Lines{"presence from=anna0@here/a to=anna0@here <show>away</show>"}));
}

TEST(PresenceFanOut, OneEnvelopeForAllOfAShard) {
  World world(2);
  world.account("carl0@here");
  std::vector<std::string> names;
  std::vector<Client*> friends;
  for (int i = 0; i < 5; ++i) {
    names.push_back("f" + std::to_string(i) + "x1@here");
    world.befriend("carl0@here", names.back());
  }
  for (const std::string& name : names) {
    friends.push_back(&world.join(name + "/f"));
    friends.back()->available();
  }
  Client& carl = world.join("carl0@here/c");
  world.manual = true;
  carl.available(0, std::string(1000, 'x'));
  ASSERT_EQ((world.mail[{0, 1}].size()), 2u);       // the broadcast, and the probes
  EXPECT_LT((world.mail[{0, 1}][0]->size), 1300u);  // the stanza is in it once
  world.manual = false;
  world.run();
  for (const Client* client : friends) EXPECT_EQ(client->seen.count("carl0@here/c"), 1u);
  EXPECT_EQ(carl.seen.size(), 6u);
}

TEST_F(Presence, UnavailableIsBroadcastOnceHoweverItComes) {
  all_available();
  anna->unavailable("<ignored/>");
  const Lines gone{"presence unavailable from=anna0@here/a to=bob1@there"};
  EXPECT_EQ(bob->take(), gone);
  EXPECT_EQ(anna->take(), (Lines{"presence unavailable from=anna0@here/a to=anna0@here"}));
  anna->unavailable();
  anna->leave();
  EXPECT_TRUE(bob->in.empty());
  bob->leave();                   // without a word
  EXPECT_TRUE(anna->in.empty());  // she is not available
}

TEST_F(Presence, LostConnectionIsTold) {
  all_available();
  bob->leave();
  EXPECT_EQ(anna->take(), (Lines{"presence unavailable from=bob1@there/b to=anna0@here"}));
}

TEST_F(Presence, OwnResourcesSeeEachOther) {
  Client& other = world.join("anna0@here/other");
  other.available(0, "<o/>");
  anna->available(0, "<a/>");
  EXPECT_EQ(other.seen, (std::map<std::string, std::string>{{"anna0@here/a", "<a/>"},
                                                            {"anna0@here/other", "<o/>"}}));
  EXPECT_EQ(anna->seen, other.seen);
  anna->leave();
  EXPECT_EQ(other.seen.size(), 1u);
}

TEST_F(Presence, PriorityOutOfRangeIsRefused) {
  for (const int level : {-129, 128, static_cast<int>(im::kBadPriority)}) {
    anna->available(level);
    EXPECT_EQ(anna->take(), (Lines{"presence error from=anna0@here to=anna0@here/a bad-request"}))
        << level;
    EXPECT_FALSE(anna->im::Resource::available());
  }
  for (const int level : {-128, 127}) {
    anna->available(level);
    EXPECT_EQ(anna->priority, level);
  }
}

TEST_F(Presence, ThatIsTooLargeReachesNobody) {
  all_available();
  const std::string large(im::Options().presence_bytes_max, 'x');
  anna->available(0, large);
  EXPECT_EQ(anna->take(),
            (Lines{"presence error from=anna0@here to=anna0@here/a policy-violation"}));
  EXPECT_TRUE(bob->in.empty());
  anna->presence(T::available, "dora1@here/d", large);
  EXPECT_EQ(anna->take(),
            (Lines{"presence error from=dora1@here/d to=anna0@here/a policy-violation"}));
  EXPECT_TRUE(dora->in.empty());
  anna->available(0, large.substr(500));
  EXPECT_EQ(bob->take().size(), 1u);
}

TEST_F(Presence, WhoIsAwayIsSaidToBeSinceWhen) {
  bob->available();
  bob->unavailable("bye & <thanks>");
  EXPECT_EQ(world.store.accounts["bob1@there"].last_status, "bye & <thanks>");
  world.advance(60);
  anna->available();
  EXPECT_EQ(anna->in.back(),
            "presence unavailable from=bob1@there to=anna0@here/a "
            "<status>bye &amp; &lt;thanks&gt;</status><delay xmlns='urn:xmpp:delay' "
            "from='bob1@there' stamp='2023-11-14T22:13:20Z'/>");
}

TEST_F(Presence, ProbesTellNoMoreThanTheyMay) {
  all_available();
  dora->presence(T::probe, "anna0@here");
  EXPECT_EQ(dora->take(), (Lines{}));  // unsubscribed, and Dora never asked: not shown
  carl->presence(T::probe, "anna0@here/a");
  EXPECT_EQ(carl->take(), (Lines{"presence from=anna0@here/a to=carl2@here/c"}));
  carl->presence(T::probe, "anna0@here/none");
  EXPECT_EQ(carl->take(), (Lines{"presence unavailable from=anna0@here/none to=carl2@here/c"}));
  anna->presence(T::available, "dora1@here/d");
  dora->take();
  dora->presence(T::probe, "anna0@here/a");
  EXPECT_EQ(dora->take(), (Lines{"presence from=anna0@here/a to=dora1@here/d"}));
}

TEST_F(Presence, SubscriptionThatTheOtherSideLostIsFoundByTheProbe) {
  world.store.accounts["carl2@here"].contacts["nobody0@here"] = {"nobody0@here", "", 33, ""};
  world.store.accounts["carl2@here"].contacts["dora1@here"] = {"dora1@here", "", 33, ""};
  carl->leave();
  im::Options options = world.options;
  // Forget Carl, so that he is read again.
  options.users_cached_max = 0;
  const auto shared = std::make_shared<const im::Options>(options);
  world.on(2, [&](engine::Turn&) { world.realm(2).set_options(shared); });
  Client& again = world.join("carl2@here/again");
  again.available();
  const auto& contacts = world.store.accounts["carl2@here"].contacts;
  EXPECT_EQ(contacts.at("nobody0@here").flags, 32);
  EXPECT_EQ(contacts.at("dora1@here").flags, 32);
  EXPECT_EQ(contacts.at("anna0@here").flags, 33);
}

TEST_F(Presence, DirectedPresenceIsTakenBackAtTheEnd) {
  all_available();
  anna->presence(T::available, "dora1@here", "<hello/>");
  EXPECT_EQ(dora->take(), (Lines{"presence from=anna0@here/a to=dora1@here <hello/>"}));
  anna->presence(T::available, "bob1@there", "<only you/>");
  EXPECT_EQ(bob->take(), (Lines{"presence from=anna0@here/a to=bob1@there <only you/>"}));
  anna->available(0, "<more/>");
  EXPECT_TRUE(dora->in.empty());  // not for her (§4.6.3)
  bob->take();
  anna->leave();
  EXPECT_EQ(dora->take(), (Lines{"presence unavailable from=anna0@here/a to=dora1@here"}));
  EXPECT_EQ(bob->take(), (Lines{"presence unavailable from=anna0@here/a to=bob1@there"}));
}

TEST_F(Presence, DirectedPresenceWorksWithoutInitialPresence) {
  dora->available();
  clear();
  anna->presence(T::available, "dora1@here/d");
  anna->presence(T::available, "bob1@there/b");  // a subscriber, but there is no broadcast
  EXPECT_EQ(dora->take().size(), 1u);
  EXPECT_EQ(bob->take().size(), 1u);
  anna->presence(T::unavailable, "dora1@here/d");
  EXPECT_EQ(dora->take(), (Lines{"presence unavailable from=anna0@here/a to=dora1@here/d"}));
  anna->unavailable();
  EXPECT_TRUE(dora->in.empty());
  EXPECT_EQ(bob->take(), (Lines{"presence unavailable from=anna0@here/a to=bob1@there/b"}));
}

TEST_F(Presence, WhoSaysGoodbyeIsNotToldGoodbye) {
  all_available();
  anna->presence(T::available, "dora1@here/d");
  dora->presence(T::available, "anna0@here/a");
  dora->leave();
  anna->leave();
  for (const std::string& line : dora->in) EXPECT_EQ(line.find("unavailable"), line.npos) << line;
}

TEST_F(Presence, EndOfASubscriptionEndsDirectedPresenceToo) {
  all_available();
  anna->presence(T::unsubscribed, "carl2@here");
  EXPECT_EQ(carl->in.front(), "presence unavailable from=anna0@here/a to=carl2@here");
  carl->take();
  anna->available(1, "<x/>");
  EXPECT_TRUE(carl->in.empty());
}

TEST_F(Presence, UsersWithoutASessionAreNotReadForPresence) {
  for (Client* client : {bob, carl, dora}) client->leave();
  world.store.asked.clear();
  world.account("sleeper1@here");
  anna->presence(T::available, "sleeper1@here");
  EXPECT_EQ(world.store.asked[im::StoreKind::load_account], 0);
}

struct FewDirected : Presence {
  static im::Options few() {
    im::Options options;
    options.directed_presence_max = 2;
    return options;
  }
  FewDirected() : Presence(few()) {}
};

TEST_F(FewDirected, TooManyAddressesAreRefused) {
  all_available();
  for (const char* to : {"x@here", "y@here", "dora1@here", "y@here"}) {
    anna->presence(T::available, to);
  }
  EXPECT_EQ(anna->take(),
            (Lines{"presence error from=dora1@here to=anna0@here/a resource-constraint"}));
  EXPECT_TRUE(dora->in.empty());
  anna->presence(T::unavailable, "x@here");
  anna->presence(T::available, "dora1@here");
  EXPECT_EQ(dora->take().size(), 1u);
}

// What waits in a full mailbox may be replaced only by a newer broadcast with nothing in between.
TEST_F(Presence, BroadcastsShareAKeyUntilSomethingElseIsSent) {
  all_available();
  world.manual = true;
  auto& to_bob = world.mail[{0, 1}];
  anna->available(1);
  anna->available(2);
  ASSERT_EQ(to_bob.size(), 2u);
  EXPECT_EQ(to_bob[0]->overflow, engine::OverflowPolicy::coalesce);
  EXPECT_NE(to_bob[0]->key, 0u);
  EXPECT_EQ(to_bob[0]->key, to_bob[1]->key);
  anna->presence(T::available, "dora1@here");
  anna->available(3);
  ASSERT_EQ(to_bob.size(), 4u);
  EXPECT_NE(to_bob[3]->key, to_bob[1]->key);
  anna->unavailable();
  EXPECT_EQ(to_bob[4]->overflow, engine::OverflowPolicy::hold);
  anna->available(3);
  EXPECT_NE(to_bob[5]->key, to_bob[3]->key);
  world.manual = false;
  world.run();
}

}  // namespace
}  // namespace im_test
