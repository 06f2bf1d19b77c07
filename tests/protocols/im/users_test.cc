// Sessions and users coming and going: binding, reading from the store, forgetting, deleting.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/protocols/im/world.h"

namespace im_test {
namespace {

using Lines = std::vector<std::string>;
using T = im::StanzaType;
using R = im::BindResult;

im::Options with(im::ConflictPolicy conflict) {
  im::Options options;
  options.conflict = conflict;
  return options;
}

TEST(Binding, NeedsAnAccount) {
  World world(1);
  world.account("anna0@here");
  EXPECT_EQ(world.join("anna0@here/a").binds, (std::vector<R>{R::bound}));
  Client& ghost = world.join("ghost@here/a");
  EXPECT_EQ(ghost.binds, (std::vector<R>{R::no_such_account}));
  EXPECT_EQ(ghost.user, nullptr);
  world.store.broken = {im::StoreKind::load_account};
  world.account("carl@here");
  EXPECT_EQ(world.join("carl@here/a").binds, (std::vector<R>{R::failed}));
}

TEST(Binding, ResourceIsMadeUpWhereNoneIsWished) {
  World world(1);
  world.account("anna0@here");
  Client& one = world.join("anna0@here");
  Client& two = world.join("anna0@here");
  EXPECT_EQ(one.jid().resource().size(), 16u);
  EXPECT_NE(one.full_jid, two.full_jid);
}

TEST(Binding, ConflictEndsTheOldSession) {
  World world(1, with(im::ConflictPolicy::replace));
  world.account("anna0@here");
  Client& other = world.join("anna0@here/other");
  other.available();
  Client& old = world.join("anna0@here/a");
  old.available();
  other.take();
  Client& fresh = world.join("anna0@here/a");
  EXPECT_EQ(old.farewells, (std::vector<im::Farewell>{im::Farewell::replaced}));
  EXPECT_EQ(old.user, nullptr);
  EXPECT_EQ(fresh.binds, (std::vector<R>{R::bound}));
  EXPECT_EQ(other.take(), (Lines{"presence unavailable from=anna0@here/a to=anna0@here"}));
}

TEST(Binding, ConflictRefusesOrRenames) {
  World refusing(1, with(im::ConflictPolicy::refuse));
  refusing.account("anna0@here");
  refusing.join("anna0@here/a");
  EXPECT_EQ(refusing.join("anna0@here/a").binds, (std::vector<R>{R::conflict}));
  World renaming(1, with(im::ConflictPolicy::rename));
  renaming.account("anna0@here");
  renaming.join("anna0@here/a");
  Client& second = renaming.join("anna0@here/a");
  EXPECT_EQ(second.binds, (std::vector<R>{R::bound}));
  EXPECT_EQ(second.jid().resource().size(), 16u);
}

TEST(Binding, SessionsOfAUserAreLimited) {
  im::Options options;
  options.sessions_per_user_max = 2;
  World world(1, options);
  world.account("anna0@here");
  world.manual = true;
  Client& a = world.join("anna0@here/a");
  Client& b = world.join("anna0@here/b");
  Client& c = world.join("anna0@here/c");  // while she is being read
  EXPECT_EQ(c.binds, (std::vector<R>{R::too_many_sessions}));
  world.manual = false;
  world.run();
  EXPECT_EQ(a.binds, (std::vector<R>{R::bound}));
  EXPECT_EQ(b.binds, (std::vector<R>{R::bound}));
  EXPECT_EQ(world.join("anna0@here/d").binds, (std::vector<R>{R::too_many_sessions}));
  a.leave();
  EXPECT_EQ(world.join("anna0@here/d").binds, (std::vector<R>{R::bound}));
}

TEST(Binding, ConnectionThatWentMeanwhileIsNotCalledBack) {
  World world(1);
  world.account("anna0@here");
  world.manual = true;
  Client& gone = world.join("anna0@here/a");
  Client& stays = world.join("anna0@here/b");
  world.realm(0).cancel_bind(gone);
  world.manual = false;
  world.run();
  EXPECT_TRUE(gone.binds.empty());
  EXPECT_EQ(stays.binds.size(), 1u);
  world.realm(0).cancel_bind(stays);  // too late, and harmless
}

TEST(Loading, MailWaitsInOrder) {
  World world(2);
  for (const char* name : {"anna0@here", "bob1@here"}) world.account(name);
  Client& anna = world.join("anna0@here/a");
  Client& bob = world.join("bob1@here/b");
  bob.leave();
  World fresh(2);
  for (const char* name : {"anna0@here", "bob1@here"}) fresh.account(name);
  Client& sender = fresh.join("anna0@here/a");
  fresh.store_asleep = true;
  sender.message("bob1@here", "one");
  sender.presence(T::subscribe, "bob1@here");
  sender.message("bob1@here", "two");
  EXPECT_EQ(fresh.store.asked[im::StoreKind::append_offline], 0);
  fresh.store_asleep = false;
  fresh.run();
  Client& reader = fresh.join("bob1@here/b");
  reader.available();
  ASSERT_EQ(reader.in.size(), 4u);
  EXPECT_EQ(reader.in[1], "presence subscribe from=anna0@here to=bob1@here");
  EXPECT_NE(reader.in[2].find("one"), std::string::npos);
  EXPECT_NE(reader.in[3].find("two"), std::string::npos);
  EXPECT_TRUE(anna.in.empty());
}

TEST(Loading, NoMoreWaitsThanIsAllowed) {
  im::Options options;
  options.user_inbox_max = 3;
  World world(1, options);
  for (const char* name : {"anna0@here", "bob@here"}) world.account(name);
  Client& anna = world.join("anna0@here/a");
  world.store_asleep = true;
  for (int i = 0; i < 4; ++i) anna.message("bob@here", "x");
  anna.iq(T::get, "bob@here");
  anna.presence(T::probe, "bob@here");
  EXPECT_EQ(anna.take(),
            (Lines{"message error from=bob@here to=anna0@here/a resource-constraint",
                   "iq error from=bob@here to=anna0@here/a id=q resource-constraint"}));
  world.store_asleep = false;
  world.run();
  EXPECT_EQ(world.store.accounts["bob@here"].offline.size(), 3u);
}

TEST(Loading, NoMoreBytesWaitThanAreAllowed) {
  im::Options options;
  options.user_inbox_bytes_max = 3000;
  World world(1, options);
  for (const char* name : {"anna0@here", "bob@here"}) world.account(name);
  Client& anna = world.join("anna0@here/a");
  world.store_asleep = true;
  anna.message("bob@here", std::string(5000, 'x'));  // alone, any size finds room
  anna.message("bob@here", "x");
  EXPECT_EQ(anna.take(),
            (Lines{"message error from=bob@here to=anna0@here/a resource-constraint"}));
  world.store_asleep = false;
  world.run();
  EXPECT_EQ(world.store.accounts["bob@here"].offline.size(), 1u);
}

TEST(Loading, AnEndOfASubscriptionFindsRoomInAFullInbox) {
  im::Options options;
  options.user_inbox_max = 3;
  World world(1, options);
  for (const char* name : {"anna0@here", "bob@here"}) world.account(name);
  world.befriend("anna0@here", "bob@here");
  Client& anna = world.join("anna0@here/a");
  world.store_asleep = true;
  for (int i = 0; i < 4; ++i) anna.message("bob@here", "x");
  anna.presence(T::unsubscribe, "bob@here");
  EXPECT_EQ(anna.take(),
            (Lines{"message error from=bob@here to=anna0@here/a resource-constraint"}));
  world.store_asleep = false;
  world.run();
  constexpr uint8_t kToAndListed = 1 | 32;
  EXPECT_EQ(world.store.accounts["bob@here"].contacts["anna0@here"].flags, kToAndListed);
}

TEST(Loading, NoMoreAreReadAtATimeThanIsAllowed) {
  im::Options options;
  options.users_loading_max = 2;
  World world(1, options);
  world.account("anna0@here");
  Client& anna = world.join("anna0@here/a");
  world.store_asleep = true;
  for (const char* to : {"b@here", "c@here", "d@here"}) anna.message(to, "x");
  EXPECT_EQ(anna.take(), (Lines{"message error from=d@here to=anna0@here/a resource-constraint"}));
  world.clients.push_back(std::make_unique<Client>(world));
  EXPECT_EQ(world.join("e@here/r").binds, (std::vector<R>{R::failed}));
  world.store_asleep = false;
  world.run();
  EXPECT_EQ(anna.take().size(), 2u);  // neither exists
}

TEST(Loading, StoreThatFailsIsSaidToHave) {
  World world(1);
  for (const char* name : {"anna0@here", "bob@here"}) world.account(name);
  Client& anna = world.join("anna0@here/a");
  world.store.broken = {im::StoreKind::load_account};
  world.store.asked.clear();
  anna.message("bob@here", "x");
  EXPECT_EQ(world.store.asked[im::StoreKind::load_account], 3);
  anna.presence(T::probe, "bob@here");  // no answer, or a subscription would be lost
  EXPECT_EQ(anna.take(),
            (Lines{"message error from=bob@here to=anna0@here/a internal-server-error"}));
  world.store.broken.clear();
  anna.message("bob@here", "x");
  EXPECT_TRUE(anna.in.empty());
}

struct Counting final : im::Realm::Visitor {
  void visit(const im::User& user) override { names.emplace_back(user.bare_jid.view()); }
  Lines names;
};

Lines users_of(World& world) {
  Counting counting;
  world.realm(0).visit_users(counting);
  std::sort(counting.names.begin(), counting.names.end());
  return counting.names;
}

TEST(Eviction, ForgetsWhoWasIdleLongestAndNobodyWithASession) {
  im::Options options;
  options.users_cached_max = 2;
  World world(1, options);
  world.account("anna0@here");
  Client& anna = world.join("anna0@here/a");
  for (const char* name : {"b@here", "c@here", "d@here"}) world.account(name);
  for (const char* to : {"b@here", "c@here", "b@here", "d@here"}) anna.message(to, "x");
  anna.message("anna0@here", "x");  // the next stanza makes room
  EXPECT_EQ(users_of(world), (Lines{"anna0@here", "b@here", "d@here"}));
  // What was kept in memory alone is nothing: Carl's message is still there.
  Client& carl = world.join("c@here/c");
  carl.available();
  EXPECT_EQ(carl.in.size(), 2u);
}

TEST(Eviction, WaitsForTheStore) {
  im::Options options;
  options.users_cached_max = 0;
  World world(1, options);
  for (const char* name : {"anna0@here", "b@here"}) world.account(name);
  Client& anna = world.join("anna0@here/a");
  world.manual = true;
  anna.message("b@here", "x");
  ASSERT_TRUE(world.step());        // read
  anna.message("anna0@here", "x");  // her message is on its way to disk: she stays
  EXPECT_EQ(users_of(world), (Lines{"anna0@here", "b@here"}));
  world.manual = false;
  world.run();
  anna.message("anna0@here", "x");
  EXPECT_EQ(users_of(world), (Lines{"anna0@here"}));
}

TEST(Operator, EndsASession) {
  World world(1);
  world.account("anna0@here");
  Client& anna = world.join("anna0@here/a");
  anna.available();
  bool ended = false;
  world.on(0, [&](engine::Turn& turn) {
    EXPECT_FALSE(world.realm(0).end("anna0@here/b", im::Farewell::kicked, turn));
    EXPECT_FALSE(world.realm(0).end("nobody@here/b", im::Farewell::kicked, turn));
    ended = world.realm(0).end("anna0@here/a", im::Farewell::kicked, turn);
  });
  EXPECT_TRUE(ended);
  EXPECT_EQ(anna.farewells, (std::vector<im::Farewell>{im::Farewell::kicked}));
}

struct Then final : im::StoreRequest::Context {
  explicit Then(std::vector<im::StoreStatus>& out) : statuses(out) {}
  void answered(im::StoreRequest& request, im::Realm&, engine::Turn&) override {
    statuses.push_back(request.status);
  }
  std::vector<im::StoreStatus>& statuses;
};

TEST(Deletion, EndsSessionsAndSubscriptions) {
  for (const bool in_memory : {false, true}) {
    World world(2);
    for (const char* name : {"anna0@here", "bob1@here"}) world.account(name);
    world.befriend("anna0@here", "bob1@here");
    Client& bob = world.join("bob1@here/b");
    bob.available();
    Client* anna = nullptr;
    if (in_memory) {
      anna = &world.join("anna0@here/a");
      anna->available();
    }
    bob.take();
    std::vector<im::StoreStatus> statuses;
    world.on(0, [&](engine::Turn& turn) {
      world.realm(0).delete_account("anna0@here", std::make_unique<Then>(statuses), turn);
    });
    EXPECT_EQ(statuses, (std::vector<im::StoreStatus>{im::StoreStatus::ok}));
    EXPECT_EQ(world.store.accounts.count("anna0@here"), 0u);
    EXPECT_EQ(world.store.accounts["bob1@here"].contacts["anna0@here"].flags, 32);
    EXPECT_TRUE(bob.seen.find("anna0@here/a") == bob.seen.end());
    if (anna != nullptr) {
      EXPECT_EQ(anna->farewells, (std::vector<im::Farewell>{im::Farewell::account_deleted}));
    }
    EXPECT_EQ(world.join("anna0@here/a").binds, (std::vector<R>{R::no_such_account}));
    world.on(0, [&](engine::Turn& turn) {
      world.realm(0).delete_account("anna0@here", std::make_unique<Then>(statuses), turn);
    });
    EXPECT_EQ(statuses.back(), im::StoreStatus::not_found);
  }
}

TEST(Deletion, AnswersForADeletedUserAreForNobody) {
  World world(1);
  world.account("anna0@here");
  Client& anna = world.join("anna0@here/a");
  world.store_asleep = true;
  anna.roster_set("x@here");
  std::vector<im::StoreStatus> statuses;
  world.on(0, [&](engine::Turn& turn) {
    world.realm(0).delete_account("anna0@here", std::make_unique<Then>(statuses), turn);
  });
  world.store_asleep = false;
  world.run();
  EXPECT_EQ(statuses.size(), 1u);
  EXPECT_TRUE(anna.in.empty());
}

}  // namespace
}  // namespace im_test
