// The life of what is published: tags, expiry, limits, journal, restart.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "engine/trace/counters.h"
#include "protocols/im/presentity/presentity.h"
#include "tests/protocols/im/presentity/stage.h"

namespace im_test {
namespace {

using A = im::Activity;
using L = im::LineState;
using R = im::PublishResult;
using V = im::Availability;
using trace::Counter;
constexpr auto kOpen = im::Basic::open;

TEST(Publications, LifeFromTheFirstToTheWithdrawal) {
  Stage stage;
  const im::Published first = stage.publish(published(kOpen));
  ASSERT_EQ(first.result, R::accepted);
  EXPECT_NE(first.tag.id, 0u);
  EXPECT_EQ(stage.composed().availability, V::available);

  const im::Published refreshed = stage.refresh(first.tag);
  EXPECT_EQ(refreshed.result, R::accepted);
  EXPECT_NE(refreshed.tag, first.tag);  // RFC 3903 §4.1: another with every 2xx

  const im::Published changed = stage.publish(published(kOpen, {A::away}), 60, refreshed.tag);
  EXPECT_EQ(changed.result, R::accepted);
  EXPECT_NE(changed.tag, refreshed.tag);
  EXPECT_EQ(stage.composed().availability, V::away);
  EXPECT_EQ(stage.presentity->publications().size(), 1u);

  const im::Published removed = stage.refresh(changed.tag, 0);
  EXPECT_EQ(removed.result, R::accepted);
  EXPECT_NE(removed.tag, changed.tag);
  EXPECT_EQ(stage.composed().availability, V::offline);
  EXPECT_TRUE(stage.presentity->unused());
  EXPECT_TRUE(stage.journal.entries.empty());
}

TEST(Publications, TagsThatAreNotThePresentOneAreStale) {
  Stage stage;
  const im::Published first = stage.publish(published(kOpen));
  const im::Published second = stage.refresh(first.tag);
  const uint64_t before = trace::total(Counter::im_presentity_stale);
  EXPECT_EQ(stage.refresh(first.tag).result, R::stale);
  EXPECT_EQ(stage.refresh(first.tag, 0).result, R::stale);
  EXPECT_EQ(stage.publish(published(kOpen, {A::busy}), 60, first.tag).result, R::stale);
  EXPECT_EQ(stage.refresh({12345, 1}).result, R::stale);
  EXPECT_EQ(trace::total(Counter::im_presentity_stale), before + 4);
  EXPECT_EQ(stage.composed().availability, V::available);
  EXPECT_EQ(stage.refresh(second.tag, 0).result, R::accepted);
  EXPECT_EQ(stage.refresh(second.tag, 0).result, R::stale);
}

TEST(Publications, OneForNoTimeAtAllIsAnsweredAndGone) {
  Stage stage;
  const im::Published answer = stage.publish(published(kOpen), 0);
  EXPECT_EQ(answer.result, R::accepted);
  EXPECT_NE(answer.tag.id, 0u);
  EXPECT_TRUE(stage.presentity->unused());
  EXPECT_EQ(stage.refresh(answer.tag).result, R::stale);
}

TEST(Publications, ExpireByTheClockUnlessRefreshed) {
  Stage stage;
  FakeWatcher bob("bob@here", im::WatchState::active);
  ASSERT_TRUE(stage.presentity->watch(bob));
  const im::Published first = stage.publish(published(kOpen), 60);
  const im::Published other = stage.publish(published(kOpen, {A::away}), 30);
  stage.pass(29'900);
  EXPECT_EQ(stage.presentity->publications().size(), 2u);
  const uint64_t before = trace::total(Counter::im_presentity_expired);
  stage.pass(300);
  EXPECT_EQ(stage.presentity->publications().size(), 1u);
  EXPECT_EQ(trace::total(Counter::im_presentity_expired), before + 1);
  EXPECT_EQ(stage.refresh(other.tag).result, R::stale);
  const im::Published again = stage.refresh(first.tag, 60);
  stage.pass(59'000);
  EXPECT_EQ(stage.composed().availability, V::available);
  stage.pass(1'300);
  EXPECT_EQ(stage.composed().availability, V::offline);
  EXPECT_EQ(bob.seen.back(), V::offline);
  EXPECT_EQ(stage.refresh(again.tag).result, R::stale);
  EXPECT_TRUE(stage.journal.entries.empty());
}

TEST(Publications, OfTheSameMomentExpireWithOneNotification) {
  Stage stage;
  FakeWatcher bob("bob@here", im::WatchState::active);
  ASSERT_TRUE(stage.presentity->watch(bob));
  for (const base::Bytes name : {"SEP1", "SEP2", "SEP3"}) stage.put(line(L::busy, name), 10);
  const size_t told = bob.seen.size();
  stage.pass(11'000);
  EXPECT_EQ(bob.seen.size(), told + 1);
  EXPECT_TRUE(stage.presentity->publications().empty());
}

TEST(Lines, AreKeptByKindAndName) {
  Stage stage;
  stage.put(line(L::busy, "SEP1"));
  stage.put(line(L::idle, "SEP2"));
  stage.put(line(L::idle, "SEP1"));
  EXPECT_EQ(stage.presentity->publications().size(), 2u);
  EXPECT_EQ(stage.composed().availability, V::offline);
  engine::Turn turn = stage.turn();
  EXPECT_FALSE(stage.presentity->withdraw(im::SourceKind::calendar, "SEP1", turn));
  EXPECT_FALSE(stage.presentity->withdraw(im::SourceKind::line, "SEP3", turn));
  EXPECT_TRUE(stage.presentity->withdraw(im::SourceKind::line, "SEP1", turn));
  stage.presentity->withdraw_all(turn);
  EXPECT_TRUE(stage.presentity->unused());
  EXPECT_EQ(stage.presentity->bytes(), 0u);
  EXPECT_TRUE(stage.journal.entries.empty());
}

TEST(SourceLimits, RefuseAndCountAndLeaveWhatIsThere) {
  Stage stage;
  stage.options.sources_max = 2;
  stage.options.source_bytes_max = 400;
  stage.options.bytes_max = 500;
  stage.options.tuples_max = 2;
  const std::string note(200, 'x');
  const im::Published first = stage.publish(published(kOpen, {}, note));
  ASSERT_EQ(first.result, R::accepted);
  const uint64_t large = trace::total(Counter::im_presentity_too_large);
  EXPECT_EQ(stage.publish(published(kOpen, {}, std::string(400, 'x'))).result, R::too_large);
  EXPECT_EQ(stage.publish(published(kOpen, {}, note)).result, R::too_large);  // of all together
  im::Report many = published(kOpen);
  many.tuples.resize(3);
  EXPECT_EQ(stage.publish(many).result, R::too_large);
  EXPECT_EQ(stage.publish(many, 60, first.tag).result, R::too_large);
  EXPECT_EQ(trace::total(Counter::im_presentity_too_large), large + 4);
  EXPECT_EQ(stage.composed().note.view(), note);
  // What is replaced makes room.
  const std::string longer(250, 'y');
  EXPECT_EQ(stage.publish(published(kOpen, {}, longer), 60, first.tag).result, R::accepted);
  EXPECT_EQ(stage.put(line(L::idle, "SEP1")).result, R::accepted);
  const uint64_t full = trace::total(Counter::im_presentity_sources_full);
  EXPECT_EQ(stage.put(line(L::idle, "SEP2")).result, R::too_many_sources);
  EXPECT_EQ(trace::total(Counter::im_presentity_sources_full), full + 1);
  EXPECT_EQ(stage.put(line(L::busy, "SEP1")).result, R::accepted);
}

TEST(SourceLimits, AFullJournalTakesRefreshesOnly) {
  Stage stage;
  const im::Published first = stage.publish(published(kOpen));
  stage.journal.accepts = false;
  const uint64_t before = trace::total(Counter::im_presentity_journal_full);
  EXPECT_EQ(stage.publish(published(kOpen)).result, R::journal_full);
  EXPECT_EQ(stage.publish(published(kOpen, {A::busy}), 60, first.tag).result, R::journal_full);
  EXPECT_EQ(trace::total(Counter::im_presentity_journal_full), before + 2);
  const im::Published refreshed = stage.refresh(first.tag);
  EXPECT_EQ(refreshed.result, R::accepted);
  EXPECT_EQ(stage.refresh(refreshed.tag, 0).result, R::accepted);
}

// The node stops for so long and comes back with what is in the journal.
void restart(Stage& stage, int64_t seconds) {
  const std::vector<engine::JournalEntry> entries = stage.journal.recovered();
  stage.presentity.reset();
  stage.shown.clear();
  stage.wall.us += seconds * 1'000'000;
  stage.now.ns = 5;  // another monotonic clock
  stage.wheel.emplace(stage.now);
  stage.begin();
  engine::Turn turn = stage.turn();
  for (const engine::JournalEntry& entry : entries) {
    base::Bytes account;
    base::Bytes report;
    ASSERT_TRUE(im::unpack_entry(entry.bytes, account, report));
    EXPECT_EQ(account, "alice@here");
    EXPECT_TRUE(stage.presentity->restore(entry, report, turn));
  }
}

TEST(Restart, WhatWasPublishedIsThereWithItsTagAndItsTime) {
  Stage stage;
  const im::Published first = stage.publish(published(kOpen, {}, "here"), 3600);
  stage.put(line(L::busy), 3600);
  const im::Published tag = stage.refresh(first.tag, 100);
  const size_t bytes = stage.presentity->bytes();
  restart(stage, 60);
  EXPECT_EQ(stage.composed().availability, V::busy);
  EXPECT_EQ(stage.presentity->bytes(), bytes);
  EXPECT_EQ(stage.shown, std::vector<std::string>{});  // contacts were told before
  im::Stanza stanza;
  EXPECT_TRUE(stage.presentity->shown(stanza));
  stage.pass(39'000);
  EXPECT_EQ(stage.presentity->publications().size(), 2u);
  const im::Published again = stage.refresh(tag.tag, 1);
  EXPECT_EQ(again.result, R::accepted);
  EXPECT_NE(again.tag, tag.tag);
  stage.pass(1'300);
  EXPECT_EQ(stage.presentity->publications().size(), 1u);
}

TEST(Restart, WhatExpiredMeanwhileIsToldToHaveGone) {
  Stage stage;
  stage.put(line(L::busy), 30);
  ASSERT_EQ(stage.shown.size(), 1u);
  restart(stage, 31);
  stage.pass(200);
  EXPECT_TRUE(stage.presentity->unused());
  EXPECT_EQ(stage.shown,
            std::vector<std::string>{"<presence from='alice@here/phone' type='unavailable'/>"});
  EXPECT_TRUE(stage.journal.entries.empty());
}

TEST(Restart, ADamagedEntryIsDroppedAndCounted) {
  Stage stage;
  stage.put(line(L::busy));
  engine::JournalEntry entry = stage.journal.recovered()[0];
  stage.presentity.reset();
  stage.begin();
  const uint64_t before = trace::total(Counter::im_presentity_unreadable);
  engine::Turn turn = stage.turn();
  EXPECT_FALSE(stage.presentity->restore(entry, "damaged", turn));
  EXPECT_EQ(trace::total(Counter::im_presentity_unreadable), before + 1);
  EXPECT_TRUE(stage.presentity->unused());
  EXPECT_TRUE(stage.journal.entries.empty());
}

// A clock that was set far back would keep what is published for years.
TEST(Restart, NothingStaysForLongerThanAWeek) {
  Stage stage;
  stage.put(line(L::busy), 60);
  restart(stage, -100'000'000);
  const im::Publication& one = stage.presentity->publications()[0];
  EXPECT_EQ((one.expires - stage.now).whole_seconds(), 7 * 24 * 3600);
}

// Sources that come in any order, with changes on the way, come to the same.
TEST(Property, OrderOfArrivalMakesNoDifferenceToWhatIsComposedAndShown) {
  static const std::string kNames[] = {"A", "B", "C", "D", "E"};
  base::Prng random(99);
  for (int round = 0; round < 100; ++round) {
    std::vector<im::Report> last;
    for (const std::string& name : kNames) {
      const bool is_line = random.below(2) == 0;
      im::Report report = is_line ? line(static_cast<L>(random.below(5)))
                                  : published(static_cast<im::Basic>(random.below(3)),
                                              {static_cast<A>(random.below(im::kActivities))});
      report.name = name;
      last.push_back(report);
    }
    std::string expected;
    for (int order = 0; order < 4; ++order) {
      Stage stage;
      FakeClient desk(stage.user, "desk");
      if (round % 2 == 0) desk.say("<show>away</show>");
      for (size_t i = last.size() - 1; i > 0; --i) std::swap(last[i], last[random.below(i + 1)]);
      im::Report wrong = line(L::busy, last[0].name);
      wrong.kind = last[0].kind;
      stage.put(wrong);
      for (const im::Report& report : last) stage.put(report);
      const im::Composed& composed = stage.composed();
      std::string text = std::to_string(static_cast<int>(composed.claim)) + "/" +
                         std::to_string(composed.activities.bits) + "/";
      im::Stanza stanza;
      if (stage.presentity->shown(stanza)) text.append(stanza.payload);
      if (order == 0) expected = text;
      ASSERT_EQ(text, expected) << round;
    }
  }
}

// Whatever happens: bytes, journal and gauges agree with what is there, tags are never used twice,
// the last that a watcher saw is the truth.
TEST(Property, BooksBalanceThroughALongRandomLife) {
  base::Prng random(3903);
  Stage stage;
  stage.options.sources_max = 6;
  stage.options.bytes_max = 900;
  FakeWatcher bob("bob@here", im::WatchState::active);
  ASSERT_TRUE(stage.presentity->watch(bob));
  std::vector<im::PublicationTag> tags;
  std::set<std::pair<uint64_t, uint32_t>> used;
  for (int step = 0; step < 4000; ++step) {
    const std::string note(random.below(200), 'n');
    const im::Report report =
        published(kOpen, {static_cast<A>(random.below(im::kActivities))}, note);
    const im::PublicationTag tag =
        tags.empty() ? im::PublicationTag{} : tags[random.below(tags.size())];
    im::Published done{R::stale, {}};
    switch (random.below(6)) {
      case 0:
        done = stage.publish(report, 1 + random.below(100));
        break;
      case 1:
        done = stage.put(line(static_cast<L>(random.below(5))), 1 + random.below(100));
        break;
      case 2:
        stage.pass(static_cast<int64_t>(random.below(20'000)));
        break;
      case 3:
        if (tag.id != 0) done = stage.publish(report, 60, tag);
        break;
      case 4:
        if (tag.id != 0) done = stage.refresh(tag, 60);
        break;
      default:
        if (tag.id != 0) done = stage.refresh(tag, 0);
        break;
    }
    if (done.result == R::accepted) {
      ASSERT_TRUE(used.insert({done.tag.id, done.tag.version}).second);
      tags.push_back(done.tag);
      if (tags.size() > 10) tags.erase(tags.begin());
    }
    size_t bytes = 0;
    for (const im::Publication& one : stage.presentity->publications()) {
      bytes += one.report.view().size();
      ASSERT_TRUE(stage.journal.holds(im::publication_key(one.id)));
      ASSERT_GT(one.expires + base::Duration::milliseconds(201), stage.now);
    }
    ASSERT_EQ(stage.presentity->bytes(), bytes);
    ASSERT_LE(bytes, 900u);
    ASSERT_LE(stage.presentity->publications().size(), 6u);
    ASSERT_EQ(stage.journal.entries.size(), stage.presentity->publications().size());
    if (bob.seen.empty()) continue;
    ASSERT_EQ(bob.versions.back(), stage.composed().version);
  }
}

}  // namespace
}  // namespace im_test
