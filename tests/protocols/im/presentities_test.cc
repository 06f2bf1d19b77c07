// A presentity where it meets the roster, the block list and the presence of XMPP resources: bob is
// subscribed to anna, on another shard; her phone speaks through the realm.
#include <gtest/gtest.h>

#include "tests/protocols/im/world.h"

namespace im_test {
namespace {

using Lines = std::vector<std::string>;
using T = im::StanzaType;

struct Elsewhere final : im::Elsewhere {
  bool serves(base::Bytes domain) const override { return domain == "sip"; }
  bool take(const im::Stanza& stanza, engine::Turn&) override {
    taken.push_back(std::string(im::type_name(stanza.type)) + " " + std::string(stanza.to.full()));
    return true;
  }
  std::vector<std::string> taken;
};

struct Watcher final : im::Watcher {
  void changed(const im::Presentity&, engine::Turn&) override { states.push_back(watch_state); }
  void ended(im::WatchEnd, engine::Turn&) override { ++ends; }
  base::Bytes identity() const override { return name; }
  std::string name;
  std::vector<im::WatchState> states;
  int ends = 0;
};

struct Presentities : testing::Test {
  Presentities() : world(2) {
    for (const char* name : {"anna0@here", "bob1@here"}) world.account(name);
    world.befriend("anna0@here", "bob1@here");
    anna = &world.join("anna0@here/a");
    bob = &world.join("bob1@here/b");
    anna->available();
    bob->available();
    anna->take();
    bob->take();
  }
  ~Presentities() override { unwatch(); }

  im::Presentity& of_anna() { return world.realm(0).presentity(*anna_user()); }
  im::User* anna_user() { return world.realm(0).find_user("anna0@here"); }
  void line(im::LineState state) {
    world.on(0, [&](engine::Turn& turn) {
      im::Report report;
      report.kind = im::SourceKind::line;
      report.line = state;
      of_anna().put(report, base::Duration::seconds(600), turn);
    });
  }
  void watch(const char* who, im::WatchState state) {
    watcher.name = who;
    watcher.watch_state = state;
    ASSERT_TRUE(of_anna().watch(watcher));
  }
  void unwatch() {
    if (watcher.presentity != nullptr) watcher.presentity->unwatch(watcher);
  }

  Elsewhere elsewhere;
  Watcher watcher;  // outlived by the world's users
  World world;
  Client *anna, *bob;
};

const char* const kShown =
    "presence from=anna0@here/phone to=%s <show>dnd</show><status>On the phone</status>"
    "<priority>127</priority>";

std::string shown(const char* to) {
  char text[300];
  std::snprintf(text, sizeof text, kShown, to);
  return text;
}

TEST_F(Presentities, APhoneIsSeenByContactsAndByHerself) {
  line(im::LineState::busy);
  EXPECT_EQ(bob->take(), (Lines{shown("bob1@here")}));
  EXPECT_EQ(anna->take(), (Lines{shown("anna0@here")}));
  Client& late = world.join("bob1@here/late");
  late.available();
  const Lines heard = late.take();
  EXPECT_NE(std::find(heard.begin(), heard.end(), shown("bob1@here/late")), heard.end());
  line(im::LineState::idle);
  EXPECT_EQ(anna->take(), (Lines{"presence from=bob1@here/late to=anna0@here",
                                 "presence unavailable from=anna0@here/phone to=anna0@here"}));
}

TEST_F(Presentities, WhoHasOnlyAPhoneAnswersProbes) {
  anna->leave();
  line(im::LineState::busy);
  bob->take();
  bob->presence(T::probe, "anna0@here");
  EXPECT_EQ(bob->take(), (Lines{shown("bob1@here/b")}));
}

TEST_F(Presentities, TheNameOfThePhoneIsNobodyElses) {
  world.realm(0).set_elsewhere(elsewhere);
  Client& phone = world.join("anna0@here/phone");
  EXPECT_NE(phone.full_jid, "anna0@here/phone");
}

TEST_F(Presentities, WatchersHearOfResourcesAndLists) {
  watch("dave@sip", im::WatchState::pending);
  anna->available(0, "<show>away</show>");
  EXPECT_TRUE(watcher.states.empty());
  anna->block({"dave@sip"});
  anna->unblock({"dave@sip"});
  using S = im::WatchState;
  EXPECT_EQ(watcher.states, (std::vector<S>{S::blocked, S::pending}));
}

TEST_F(Presentities, ARosterGrantsAndTakesBack) {
  world.realm(0).set_elsewhere(elsewhere);
  watch("dave@sip", im::WatchState::pending);
  world.on(0, [&](engine::Turn& turn) {
    im::Stanza asks;
    asks.kind = im::StanzaKind::presence;
    asks.type = T::subscribe;
    asks.from = jid::JidView::trusted("dave@sip");
    asks.to = jid::JidView::trusted("anna0@here");
    world.realm(0).route(asks, turn);
  });
  EXPECT_EQ(anna->take().size(), 1u);
  anna->presence(T::subscribed, "dave@sip");
  using S = im::WatchState;
  EXPECT_EQ(watcher.states, std::vector<S>{S::active});
  anna->available(0, "<show>dnd</show>");
  EXPECT_EQ(watcher.states.size(), 2u);
  anna->presence(T::unsubscribed, "dave@sip");
  EXPECT_EQ(watcher.states.back(), S::rejected);
  EXPECT_EQ(elsewhere.taken, (Lines{"subscribed dave@sip", "unsubscribed dave@sip"}));
}

TEST_F(Presentities, WhoIsGrantedByTheOperatorIsNotRejected) {
  watcher.granted = true;
  watch("desk@sip", im::WatchState::active);
  anna->block({"desk@sip"});
  anna->unblock({"desk@sip"});
  using S = im::WatchState;
  EXPECT_EQ(watcher.states, (std::vector<S>{S::blocked, S::active}));
}

TEST_F(Presentities, ContactsElsewhereAreProbed) {
  world.realm(0).set_elsewhere(elsewhere);
  anna->presence(T::subscribe, "dave@sip");
  EXPECT_EQ(elsewhere.taken, (Lines{"subscribe dave@sip"}));
  world.on(0, [&](engine::Turn& turn) {
    im::Stanza grants;
    grants.kind = im::StanzaKind::presence;
    grants.type = T::subscribed;
    grants.from = jid::JidView::trusted("dave@sip");
    grants.to = jid::JidView::trusted("anna0@here");
    world.realm(0).route(grants, turn);
  });
  elsewhere.taken.clear();
  Client& second = world.join("anna0@here/second");
  second.available();
  EXPECT_EQ(elsewhere.taken, (Lines{"probe dave@sip"}));
}

TEST_F(Presentities, WhoIsUsedStaysInMemory) {
  anna->leave();
  line(im::LineState::busy);
  auto options = std::make_shared<im::Options>(world.options);
  options->users_cached_max = 0;
  world.realm(0).set_options(options);
  const int& reads = world.store.asked[im::StoreKind::load_account];
  const int before = reads;
  bob->presence(T::probe, "anna0@here");
  bob->presence(T::probe, "anna0@here");
  EXPECT_EQ(reads, before);
  world.on(0, [&](engine::Turn& turn) { of_anna().withdraw_all(turn); });
  bob->presence(T::probe, "anna0@here");
  EXPECT_EQ(reads, before + 1);
}

TEST_F(Presentities, ADeletedAccountWatchesAndShowsNothing) {
  line(im::LineState::busy);
  watch("desk@sip", im::WatchState::active);
  bob->take();
  world.on(0,
           [&](engine::Turn& turn) { world.realm(0).delete_account("anna0@here", nullptr, turn); });
  EXPECT_EQ(watcher.ends, 1);
  EXPECT_EQ(watcher.presentity, nullptr);
  EXPECT_TRUE(world.logs[0].entries.empty());
}

TEST_F(Presentities, WhatIsKeptComesBackToItsUser) {
  line(im::LineState::busy);
  std::vector<engine::JournalEntry> entries = world.logs[0].recovered();
  World again(2);
  for (const char* name : {"anna0@here", "bob1@here"}) again.account(name);
  again.befriend("anna0@here", "bob1@here");
  engine::JournalEntry nobodys = entries.at(0);
  base::Bytes account;
  base::Bytes rest;
  ASSERT_TRUE(im::unpack_entry(entries[0].bytes, account, rest));
  std::string bytes;
  im::pack_entry("ghost0@here", rest, bytes);
  nobodys.bytes = bytes;
  ++nobodys.key.id;
  entries.push_back(nobodys);
  for (const auto& entry : entries) {
    again.logs[0].put(entry.key, entry.bytes);
    again.logs[0].note(entry.key, entry.note);
  }
  again.on(0, [&](engine::Turn& turn) { again.realm(0).recover_publications(entries, turn); });
  im::User* const user = again.realm(0).find_user("anna0@here");
  ASSERT_NE(user, nullptr);
  EXPECT_EQ(again.realm(0).presentity(*user).composed().claim, im::Claim::on_the_phone);
  EXPECT_EQ(again.logs[0].entries.size(), 1u);  // the ghost's is gone
}

}  // namespace
}  // namespace im_test
