// Stored messages (XEP-0160).
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/protocols/im/world.h"

namespace im_test {
namespace {

using Lines = std::vector<std::string>;
using T = im::StanzaType;

struct Offline : testing::Test {
  explicit Offline(im::Options options = {}) : world(2, std::move(options)) {
    world.account("anna0@here");
    world.account("bob1@here");
    anna = &world.join("anna0@here/a");
  }
  auto& stored() { return world.store.accounts["bob1@here"].offline; }
  static Lines texts(const Lines& lines) {  // of messages, without the delay
    Lines out;
    for (const std::string& line : lines) {
      if (line.rfind("message", 0) != 0) continue;
      const size_t from = line.rfind(' ', line.find('<')) + 1;
      out.push_back(line.substr(from, line.find('<') - from));
    }
    return out;
  }
  World world;
  Client* anna = nullptr;
};

TEST_F(Offline, MessagesAreHandedOverInOrderWithADelayAndThenDeleted) {
  for (const char* text : {"one", "two", "three"}) anna->message("bob1@here", text);
  EXPECT_EQ(stored().size(), 3u);
  world.advance(3600);
  Client& bob = world.join("bob1@here/b");
  EXPECT_TRUE(bob.in.empty());
  bob.available();
  EXPECT_EQ(texts(bob.in), (Lines{"one", "two", "three"}));
  EXPECT_NE(bob.in.back().find("<delay xmlns='urn:xmpp:delay' from='here' "
                               "stamp='2023-11-14T22:13:20.000Z'/>"),
            std::string::npos)
      << bob.in.back();
  EXPECT_TRUE(stored().empty());
  bob.take();
  bob.unavailable();
  bob.available();
  EXPECT_TRUE(texts(bob.in).empty());
}

TEST_F(Offline, NegativePriorityGetsThemOnlyWhenItIsRaised) {
  anna->message("bob1@here", "one");
  Client& bob = world.join("bob1@here/b");
  bob.available(-1);
  EXPECT_TRUE(texts(bob.in).empty());
  bob.available(0);
  EXPECT_EQ(texts(bob.in), (Lines{"one"}));
}

TEST_F(Offline, OnlyConversationIsKept) {
  struct Row {
    const char* what;
    im::Facts facts;
    bool kept;
    bool error;
  };
  const Row rows[] = {
      {"body", {.body = true}, true, false},
      {"store", {.store = true}, true, false},
      {"nothing", {}, false, false},
      {"chat state", {.chat_state_only = true}, false, false},
      {"no-store", {.no_store = true}, false, false},
      {"body no-store", {.body = true, .no_store = true}, false, true},
      {"store no-store", {.no_store = true, .store = true}, false, false},
  };
  for (const Row& row : rows) {
    for (const T type : {T::chat, T::normal}) {
      stored().clear();
      anna->take();
      anna->message("bob1@here", "text", type, row.facts);
      EXPECT_EQ(stored().size(), row.kept ? 1u : 0u) << row.what;
      EXPECT_EQ(anna->in.size(), row.error ? 1u : 0u) << row.what;
    }
  }
}

TEST_F(Offline, MessageThatComesDuringTheHandOverDoesNotOvertake) {
  anna->message("bob1@here", "old");
  Client& bob = world.join("bob1@here/b");
  world.manual = true;
  bob.available();
  anna->message("bob1@here", "new");
  anna->message("bob1@here/b", "newer");
  anna->message("bob1@here", "typing", T::chat, {.chat_state_only = true});
  while (!world.mail[{0, 1}].empty()) world.step();
  EXPECT_EQ(texts(bob.in), (Lines{"typing"}));  // a notice that is not kept need not wait
  world.manual = false;
  world.run();
  EXPECT_EQ(texts(bob.in), (Lines{"typing", "old", "new", "newer"}));
  EXPECT_TRUE(stored().empty());
  bob.take();
  anna->message("bob1@here", "live");
  EXPECT_EQ(bob.take(), (Lines{"message chat from=anna0@here/a to=bob1@here live"}));
}

TEST_F(Offline, SlowReaderIsFedAPageAtATime) {
  for (int i = 0; i < 120; ++i) anna->message("bob1@here", std::to_string(i));
  Client& bob = world.join("bob1@here/b");
  bob.stuck = true;
  bob.available();
  EXPECT_EQ(texts(bob.in).size(), 0u);
  bob.stuck = false;
  world.manual = true;
  world.on(1, [&](engine::Turn& turn) { world.realm(1).uncongested(bob, turn); });
  bob.stuck = true;
  world.run();
  EXPECT_EQ(texts(bob.in).size(), 50u);
  EXPECT_EQ(stored().size(), 70u);
  bob.stuck = false;
  world.on(1, [&](engine::Turn& turn) { world.realm(1).uncongested(bob, turn); });
  world.run();
  const Lines all = texts(bob.in);
  ASSERT_EQ(all.size(), 120u);
  for (int i = 0; i < 120; ++i) EXPECT_EQ(all[static_cast<size_t>(i)], std::to_string(i));
}

TEST_F(Offline, SessionThatDiesBeforeThePageArrivesLosesNothing) {
  for (const char* text : {"one", "two"}) anna->message("bob1@here", text);
  Client& bob = world.join("bob1@here/b");
  world.manual = true;
  bob.available();
  bob.leave();
  world.manual = false;
  world.run();
  EXPECT_TRUE(texts(bob.in).empty());
  EXPECT_EQ(stored().size(), 2u);
  Client& again = world.join("bob1@here/b");
  again.available();
  EXPECT_EQ(texts(again.in), (Lines{"one", "two"}));
}

TEST_F(Offline, PageOnItsWayGoesToTheNextResource) {
  anna->message("bob1@here", "one");
  Client& first = world.join("bob1@here/b");
  Client& second = world.join("bob1@here/c");
  second.available(-1);
  world.manual = true;
  first.available();
  second.available(3);
  first.unavailable();
  world.manual = false;
  world.run();
  EXPECT_TRUE(texts(first.in).empty());
  EXPECT_EQ(texts(second.in), (Lines{"one"}));
}

TEST_F(Offline, StoreThatFailsIsAskedAgainAtTheNextPresence) {
  anna->message("bob1@here", "one");
  world.store.broken = {im::StoreKind::load_offline};
  Client& bob = world.join("bob1@here/b");
  bob.available();
  EXPECT_TRUE(texts(bob.in).empty());
  EXPECT_EQ(world.store.asked[im::StoreKind::load_offline], 3);
  bob.available(2);
  EXPECT_EQ(world.store.asked[im::StoreKind::load_offline], 6);
  world.store.broken.clear();
  bob.available(1);
  EXPECT_EQ(texts(bob.in), (Lines{"one"}));
  world.store.broken = {im::StoreKind::append_offline};
  bob.unavailable();
  anna->message("bob1@here", "two");
  EXPECT_EQ(anna->in.back(), "message error from=bob1@here to=anna0@here/a internal-server-error");
}

// A message of which the store said that it had not kept it is in the page all the same.
TEST_F(Offline, PageThatHoldsMoreThanWasCountedLeavesRoomForThoseThatFailLater) {
  anna->message("bob1@here", "one");
  im::StoredMessage uncounted = stored().begin()->second;
  uncounted.id = 100;
  stored()[uncounted.id] = uncounted;
  Client& bob = world.join("bob1@here/b");
  world.manual = true;
  bob.available();
  anna->message("bob1@here", "two");
  anna->message("bob1@here", "three");
  while (!world.mail[{0, 1}].empty()) world.step();
  world.store.broken = {im::StoreKind::append_offline};
  world.manual = false;
  world.run();
  EXPECT_EQ(texts(bob.in), (Lines{"one", "one"}));
  EXPECT_EQ(anna->take(),
            Lines(2, "message error from=bob1@here to=anna0@here/a internal-server-error"));
  world.store.broken.clear();
  bob.take();
  anna->message("bob1@here", "four");
  EXPECT_EQ(texts(bob.in), (Lines{"four"}));
}

TEST_F(Offline, WhatIsNoMessageIsNotHandedOver) {
  im::Stanza iq;
  iq.kind = im::StanzaKind::iq;
  iq.type = T::set;
  std::string packed;
  im::pack(iq, packed);
  stored()[1] = {1, world.wall, packed};
  Client& bob = world.join("bob1@here/b");
  bob.available();
  EXPECT_EQ(bob.take(), (Lines{"presence from=bob1@here/b to=bob1@here"}));
  EXPECT_TRUE(stored().empty());
}

struct SmallOffline : Offline {
  static im::Options small() {
    im::Options options;
    options.offline_messages_max = 2;
    return options;
  }
  SmallOffline() : Offline(small()) {}
};

TEST_F(SmallOffline, BeyondTheLimitTheSenderIsTold) {
  for (const char* text : {"one", "two", "three"}) anna->message("bob1@here", text);
  EXPECT_EQ(stored().size(), 2u);
  EXPECT_EQ(anna->take(),
            (Lines{"message error from=bob1@here to=anna0@here/a service-unavailable"}));
  Client& bob = world.join("bob1@here/b");
  bob.available();
  EXPECT_EQ(texts(bob.in), (Lines{"one", "two"}));
}

TEST_F(SmallOffline, WhatFindsNoRoomForSureDoesNotGoToTheStore) {
  world.manual = true;
  for (const char* text : {"one", "two", "three", "four", "five"}) {
    anna->message("bob1@here", text);
    while (!world.mail[{0, 1}].empty()) world.step();
  }
  world.manual = false;
  world.run();
  EXPECT_EQ(stored().size(), 2u);
  EXPECT_EQ(anna->take().size(), 3u);
  Client& bob = world.join("bob1@here/b");
  bob.available();
  EXPECT_EQ(texts(bob.in), (Lines{"one", "two"}));
  bob.unavailable();
  anna->message("bob1@here", "six");  // there is room again
  EXPECT_EQ(stored().size(), 1u);
}

struct NarrowOffline : Offline {
  static im::Options narrow() {
    im::Options options;
    options.offline_waiting_bytes_max = 600;
    return options;
  }
  NarrowOffline() : Offline(narrow()) {}
};

TEST_F(NarrowOffline, WhileTooMuchIsOnItsWayIntoTheStoreTheSenderIsToldToTryAgain) {
  world.account("bob1@here");
  anna->message("bob1@here", "first");  // now she is in memory
  const std::string large(500, 'x');
  world.manual = true;
  anna->message("bob1@here", large);
  anna->message("bob1@here", large);
  world.manual = false;
  world.run();
  EXPECT_EQ(anna->take(),
            (Lines{"message error from=bob1@here to=anna0@here/a resource-constraint"}));
  anna->message("bob1@here", large);
  EXPECT_EQ(anna->take(), Lines{});
  EXPECT_EQ(stored().size(), 3u);
}

}  // namespace
}  // namespace im_test
