// Messages in the journal: from acceptance until somebody else answers for them.
#include <gtest/gtest.h>

#include <algorithm>

#include "protocols/im/archive/record.h"
#include "tests/protocols/im/world.h"

namespace im_test {
namespace {

using Lines = std::vector<std::string>;
using T = im::StanzaType;

struct Custody : testing::Test {
  Custody() {
    world.account("anna0@here");
    world.account("bob1@here");
    anna = &world.join("anna0@here/a");
  }
  size_t held(engine::ShardId shard) const { return world.logs[shard].entries.size(); }
  void commit(engine::ShardId shard) {
    world.logs[shard].commit();
    world.on(shard, [&](engine::Turn& turn) { world.realm(shard).on_committed(turn); });
  }
  im::MessageId id_of(const std::string& packed) {
    im::Stanza stanza;
    EXPECT_TRUE(im::unpack(packed, stanza));
    return stanza.message_id;
  }

  World world{2};
  Client* anna = nullptr;
};

TEST_F(Custody, AMessageStaysUntilTheClientHasIt) {
  Client& bob = world.join("bob1@here/b");
  bob.available();
  bob.silent = true;
  anna->message("bob1@here", "hello");
  ASSERT_EQ(bob.unconfirmed.size(), 1u);
  EXPECT_EQ(held(0), 0u) << "the other shard has it";
  EXPECT_EQ(held(1), 1u);
  bob.confirm();
  EXPECT_EQ(held(1), 0u);
}

TEST_F(Custody, TheSendersShardKeepsItUntilTheRecipientsHasCommitted) {
  world.logs[1].hold();
  anna->message("bob1@here", "hello");
  EXPECT_EQ(held(0), 1u);
  EXPECT_EQ(held(1), 0u) << "it is in the store already";
  commit(1);
  EXPECT_EQ(held(0), 0u);
}

TEST_F(Custody, WhatIsStoredOrRefusedIsNoLongerOurs) {
  anna->message("bob1@here", "kept");
  EXPECT_EQ(world.store.accounts["bob1@here"].offline.size(), 1u);
  anna->message("nobody1@here", "hello");
  anna->message("bob1@here", "typing", T::chat, {.chat_state_only = true});
  anna->message("bob1@here/gone", "no", T::normal);
  anna->message("bob1@here", "no", T::groupchat);
  anna->message("x@elsewhere", "no");
  EXPECT_EQ(held(0), 0u);
  EXPECT_EQ(held(1), 0u);
}

TEST_F(Custody, WhileTheStoreIsAskedItIsOurs) {
  world.store_asleep = true;
  anna->message("bob1@here", "kept");
  EXPECT_EQ(held(1), 1u) << "not even the account is known";
  world.store_asleep = false;
  world.run();
  EXPECT_EQ(held(1), 0u);
}

TEST_F(Custody, AnErrorThatTellsOfOneIsKeptLikeIt) {
  anna->silent = true;
  anna->message("nobody1@here", "hello");
  ASSERT_EQ(anna->in.size(), 1u);
  EXPECT_EQ(held(0), 1u);
  EXPECT_EQ(held(1), 0u);
  anna->confirm();
  EXPECT_EQ(held(0), 0u);
}

TEST_F(Custody, WhatASessionHandsBackGoesOn) {
  Client& bob = world.join("bob1@here/b");
  bob.available();
  bob.silent = true;
  anna->message("bob1@here", "hello");
  const im::MessageId before = id_of(bob.held.at(0));
  bob.leave();
  const auto& stored = world.store.accounts["bob1@here"].offline;
  ASSERT_EQ(stored.size(), 1u);
  EXPECT_EQ(id_of(stored.begin()->second.stanza), before);
  EXPECT_EQ(held(1), 0u);
}

TEST_F(Custody, StoredMessagesStayInTheStoreUntilTheClientHasThem) {
  for (const char* text : {"one", "two"}) anna->message("bob1@here", text);
  const auto& stored = world.store.accounts["bob1@here"].offline;
  Client& first = world.join("bob1@here/b");
  first.silent = true;
  first.available();
  EXPECT_EQ(first.unconfirmed.size(), 2u);
  EXPECT_EQ(stored.size(), 2u);
  Client& second = world.join("bob1@here/c");
  second.available();
  EXPECT_TRUE(second.held.empty()) << "they are in another's hands";
  first.leave();
  EXPECT_EQ(std::count_if(second.in.begin(), second.in.end(),
                          [](const std::string& line) { return line.starts_with("message"); }),
            2);
  EXPECT_TRUE(stored.empty());
}

TEST_F(Custody, AFullJournalRefusesNewMessages) {
  world.logs[0].accepts = false;
  anna->message("bob1@here", "hello");
  ASSERT_EQ(anna->in.size(), 1u);
  EXPECT_NE(anna->in[0].find("resource-constraint"), std::string::npos) << anna->in[0];
  EXPECT_TRUE(world.store.accounts["bob1@here"].offline.empty());
  world.logs[0].accepts = true;
  world.logs[1].accepts = false;
  anna->take();
  anna->message("bob1@here", "hello");
  ASSERT_EQ(anna->in.size(), 1u);
  EXPECT_NE(anna->in[0].find("resource-constraint"), std::string::npos) << anna->in[0];
  EXPECT_EQ(held(0), 0u);
}

TEST_F(Custody, WhatWasUnderWayGoesOnAfterARestartWithItsIdAndADelay) {
  Client& bob = world.join("bob1@here/b");
  bob.available();
  bob.silent = true;
  anna->message("bob1@here", "hello");
  const im::MessageId before = id_of(bob.held.at(0));
  const auto entries = world.logs[1].recovered();
  ASSERT_EQ(entries.size(), 1u);

  World next(2);
  next.account("anna0@here");
  next.account("bob1@here");
  for (const engine::JournalEntry& entry : entries) next.logs[1].put(entry.key, entry.bytes);
  next.on(1, [&](engine::Turn& turn) {
    next.realm(1).begin_recovery(entries);
    next.realm(1).recover(entries, turn);
  });
  const auto& stored = next.store.accounts["bob1@here"].offline;
  ASSERT_EQ(stored.size(), 1u);
  EXPECT_EQ(id_of(stored.begin()->second.stanza), before);
  EXPECT_NE(stored.begin()->second.stanza.find("<delay "), std::string::npos);
  EXPECT_TRUE(next.logs[1].entries.empty());
}

TEST_F(Custody, NewMessagesWaitBehindWhatIsRecovered) {
  Client& bob = world.join("bob1@here/b");
  bob.available();
  bob.silent = true;
  anna->message("bob1@here", "first");
  const auto entries = world.logs[1].recovered();
  ASSERT_EQ(entries.size(), 1u);

  World next(2);
  next.account("anna0@here");
  next.account("bob1@here");
  for (const engine::JournalEntry& entry : entries) next.logs[1].put(entry.key, entry.bytes);
  next.advance(1);
  next.on(1, [&](engine::Turn&) { next.realm(1).begin_recovery(entries); });
  Client& again = next.join("bob1@here/b");
  again.available();
  again.take();
  Client& other = next.join("anna0@here/a");
  other.available();
  other.message("bob1@here", "second");
  EXPECT_TRUE(again.in.empty());
  EXPECT_EQ(next.logs[1].entries.size(), 2u);
  next.on(1, [&](engine::Turn& turn) { next.realm(1).recover(entries, turn); });
  ASSERT_EQ(again.in.size(), 2u);
  EXPECT_NE(again.in[0].find("first"), std::string::npos) << again.in[0];
  EXPECT_NE(again.in[1].find("second"), std::string::npos) << again.in[1];
  // The line is closed.
  other.message("bob1@here", "third");
  EXPECT_EQ(again.in.size(), 3u);
}

TEST_F(Custody, BothSidesArchivesAreToldOnce) {
  Client& bob = world.join("bob1@here/b");
  bob.available();
  anna->message("bob1@here", "hello");
  anna->message("bob1@here", "typing", T::chat, {.chat_state_only = true});
  ASSERT_EQ(world.logs[0].fed.size(), 1u);
  ASSERT_EQ(world.logs[1].fed.size(), 1u);
  im::ArchiveRecord hers;
  im::ArchiveRecord his;
  ASSERT_TRUE(im::unpack(world.logs[0].fed[0].second, hers));
  ASSERT_TRUE(im::unpack(world.logs[1].fed[0].second, his));
  EXPECT_EQ(hers.owner, "anna0@here");
  EXPECT_EQ(his.owner, "bob1@here");
  EXPECT_TRUE(hers.outgoing && !his.outgoing);
  EXPECT_EQ(hers.id, his.id);
  bob.silent = true;
  anna->message("bob1@here", "again");
  bob.leave();
  EXPECT_EQ(world.logs[1].fed.size(), 2u) << "handed back, it is in there already";
}

}  // namespace
}  // namespace im_test
