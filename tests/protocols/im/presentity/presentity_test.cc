// Watchers of both kinds, what they are told and when.
#include "protocols/im/presentity/presentity.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/trace/counters.h"
#include "tests/protocols/im/presentity/stage.h"

namespace im_test {
namespace {

using L = im::LineState;
using V = im::Availability;
using W = im::WatchState;
using Lines = std::vector<std::string>;
using Seen = std::vector<V>;
using trace::Counter;

constexpr const char* kOnThePhone =
    "<presence from='alice@here/phone'><show>dnd</show><status>On the phone</status>"
    "<priority>127</priority></presence>";
constexpr const char* kPhoneGone = "<presence from='alice@here/phone' type='unavailable'/>";

TEST(Presentity, AUserOfNobodyIsOffline) {
  Stage stage;
  EXPECT_EQ(stage.composed().availability, V::offline);
  EXPECT_TRUE(stage.presentity->unused());
  im::Stanza stanza;
  EXPECT_FALSE(stage.presentity->shown(stanza));
}

TEST(Presentity, OneChangeIsToldOnceToWatchersOfBothKinds) {
  Stage stage;
  FakeClient desk(stage.user, "desk");
  desk.say("");
  FakeWatcher bob("bob@here", W::active);
  ASSERT_TRUE(stage.presentity->watch(bob));
  stage.tell_of_clients();
  EXPECT_EQ(bob.seen, (Seen{V::available}));
  EXPECT_EQ(stage.shown, Lines{});  // her client says so itself

  stage.put(line(L::busy));
  EXPECT_EQ(bob.seen, (Seen{V::available, V::busy}));
  EXPECT_EQ(stage.shown, Lines{kOnThePhone});
  im::Stanza stanza;
  EXPECT_TRUE(stage.presentity->shown(stanza));
  EXPECT_EQ(stanza.status, "On the phone");

  stage.put(line(L::idle));
  EXPECT_EQ(bob.seen, (Seen{V::available, V::busy, V::available}));
  EXPECT_EQ(stage.shown, (Lines{kOnThePhone, kPhoneGone}));
  EXPECT_FALSE(stage.presentity->shown(stanza));
  EXPECT_LT(bob.versions[0], bob.versions[1]);
  EXPECT_LT(bob.versions[1], bob.versions[2]);
}

TEST(Presentity, XmppContactsAreToldOnlyWhatIsNewToThem) {
  Stage stage;
  stage.put(line(L::busy, "SEP1"));
  stage.put(line(L::busy, "SEP2"));
  FakeClient desk(stage.user, "desk");
  desk.say("<show>away</show>");
  stage.tell_of_clients();
  EXPECT_EQ(stage.shown, Lines{kOnThePhone});
  desk.say("<show>dnd</show>", "");  // outdoes the phone: she says it herself now
  stage.tell_of_clients();
  EXPECT_EQ(stage.shown, (Lines{kOnThePhone, kPhoneGone}));
}

TEST(Presentity, WhatIsSaidAgainInTheSameWordsIsNotToldAgain) {
  Stage stage;
  FakeWatcher bob("bob@here", W::active);
  ASSERT_TRUE(stage.presentity->watch(bob));
  stage.put(line(L::busy));
  const uint64_t version = stage.composed().version;
  stage.put(line(L::busy));
  EXPECT_EQ(stage.composed().version, version);
  EXPECT_EQ(bob.seen.size(), 1u);
}

TEST(Watchers, SeeOnlyWhatTheirStateAllows) {
  Stage stage;
  FakeWatcher pending("p@here", W::pending);
  FakeWatcher blocked("b@here", W::blocked);
  FakeWatcher rejected("r@here", W::rejected);
  for (FakeWatcher* one : {&pending, &blocked, &rejected}) {
    ASSERT_TRUE(stage.presentity->watch(*one));
  }
  stage.publish(published(im::Basic::open, {}, "secret"));
  for (FakeWatcher* one : {&pending, &blocked, &rejected}) {
    EXPECT_EQ(one->seen, Seen{});
    const im::Composed& seen = stage.presentity->seen_by(*one);
    EXPECT_EQ(seen.availability, V::offline);
    EXPECT_EQ(seen.version, 0u);
    EXPECT_TRUE(seen.note.empty() && seen.activities.empty());
  }
}

TEST(Watchers, AreToldWhenTheUserHasDecided) {
  Stage stage;
  stage.publish(published(im::Basic::open));
  FakeWatcher desk("bob@here", W::pending);
  FakeWatcher mobile("bob@here", W::pending);
  FakeWatcher carl("carl@here", W::pending);
  for (FakeWatcher* one : {&desk, &mobile, &carl}) ASSERT_TRUE(stage.presentity->watch(*one));
  engine::Turn turn = stage.turn();
  stage.presentity->decide("bob@here", W::active, turn);
  EXPECT_EQ(desk.seen, (Seen{V::available}));
  EXPECT_EQ(mobile.seen, (Seen{V::available}));
  EXPECT_EQ(carl.seen, Seen{});
  stage.presentity->decide("bob@here", W::active, turn);
  EXPECT_EQ(desk.seen.size(), 1u);
  stage.presentity->decide("bob@here", W::blocked, turn);
  EXPECT_EQ(desk.seen, (Seen{V::available, V::offline}));
}

TEST(Watchers, BeyondTheLimitAreRefusedAndCounted) {
  Stage stage;
  stage.options.watchers_max = 2;
  FakeWatcher a("a@here", W::active);
  FakeWatcher b("b@here", W::active);
  FakeWatcher c("c@here", W::active);
  const uint64_t before = trace::total(Counter::im_presentity_watchers_full);
  EXPECT_TRUE(stage.presentity->watch(a));
  EXPECT_TRUE(stage.presentity->watch(b));
  EXPECT_FALSE(stage.presentity->watch(c));
  EXPECT_EQ(trace::total(Counter::im_presentity_watchers_full), before + 1);
  stage.presentity->unwatch(a);
  EXPECT_TRUE(stage.presentity->watch(c));
  EXPECT_EQ(stage.presentity->watcher_count(), 2u);
}

TEST(Watchers, AreEndedWithTheirUser) {
  Stage stage;
  FakeWatcher a("a@here", W::active);
  FakeWatcher b("b@here", W::blocked);
  ASSERT_TRUE(stage.presentity->watch(a) && stage.presentity->watch(b));
  EXPECT_FALSE(stage.presentity->unused());
  engine::Turn turn = stage.turn();
  stage.presentity->end_watchers(im::WatchEnd::account_deleted, turn);
  EXPECT_EQ(a.ends, std::vector{im::WatchEnd::account_deleted});
  EXPECT_EQ(b.ends, std::vector{im::WatchEnd::account_deleted});
  EXPECT_EQ(a.presentity, nullptr);
  EXPECT_TRUE(stage.presentity->unused());
}

// RFC 3856 §6.10: not more often than the interval, and then the last state.
TEST(Interval, ChangesWithinItAreToldAtItsEndAndOnlyTheLast) {
  Stage stage;
  stage.options.interval_ms = 5000;
  FakeWatcher bob("bob@here", W::active);
  ASSERT_TRUE(stage.presentity->watch(bob));
  stage.put(line(L::busy));
  EXPECT_EQ(bob.seen, (Seen{V::busy}));
  const uint64_t before = trace::total(Counter::im_presentity_coalesced);
  stage.pass(1000);
  stage.put(line(L::idle));
  stage.put(line(L::busy));
  stage.put(line(L::idle));
  EXPECT_EQ(bob.seen.size(), 1u);
  EXPECT_EQ(stage.composed().availability, V::offline);  // whoever asks is told the truth
  stage.pass(3800);
  EXPECT_EQ(bob.seen.size(), 1u);
  stage.pass(400);
  EXPECT_EQ(bob.seen, (Seen{V::busy, V::offline}));
  EXPECT_EQ(stage.shown, (Lines{kOnThePhone, kPhoneGone}));
  EXPECT_EQ(trace::total(Counter::im_presentity_coalesced), before + 2);
  stage.pass(60'000);
  EXPECT_EQ(bob.seen.size(), 2u);
  stage.put(line(L::busy));  // long after: at once
  EXPECT_EQ(bob.seen.size(), 3u);
}

TEST(Interval, ChangeThatIsTakenBackWithinItIsNotShownToXmppContacts) {
  Stage stage;
  stage.options.interval_ms = 1000;
  stage.put(line(L::idle));
  stage.put(line(L::busy));
  stage.put(line(L::idle));
  stage.pass(2000);
  EXPECT_EQ(stage.shown, Lines{});
}

TEST(Bodies, AreSharedUntilTheVersionChanges) {
  Stage stage;
  stage.put(line(L::busy));
  im::Presentity& presentity = *stage.presentity;
  EXPECT_EQ(presentity.body(1), nullptr);
  presentity.keep_body(1, std::make_shared<const std::string>("full"));
  presentity.keep_body(2, std::make_shared<const std::string>("filtered"));
  EXPECT_EQ(*presentity.body(1), "full");
  EXPECT_EQ(*presentity.body(2), "filtered");
  EXPECT_EQ(presentity.body(1).get(), presentity.body(1).get());
  stage.put(line(L::busy));  // no change
  EXPECT_NE(presentity.body(1), nullptr);
  stage.put(line(L::idle));
  EXPECT_EQ(presentity.body(1), nullptr);
  EXPECT_EQ(presentity.body(2), nullptr);
}

}  // namespace
}  // namespace im_test
