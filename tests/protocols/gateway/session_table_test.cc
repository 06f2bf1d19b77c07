#include "protocols/gateway/session_table.h"

#include <gtest/gtest.h>

namespace gateway {
namespace {

struct NoTime final : SessionUser {
  void on_time(Session&, engine::Turn&) override {}
};

struct Table {
  explicit Table(uint32_t max) : table({1, 2}, max) {}
  SessionTable::Made make(base::Bytes ours, base::Bytes theirs, uint64_t peer = 1) {
    return table.make(user, 3, ours, theirs, peer, session);
  }
  NoTime user;
  SessionTable table;
  Session* session = nullptr;
};

TEST(SessionTable, FindsSessionsByTagAndDialogAndByPair) {
  Table t(10);
  ASSERT_EQ(t.make("bob@xmpp.example", "carol@sip.example"), SessionTable::Made::ok);
  Session& session = *t.session;
  session.dialog.local_tag = session.tag;
  session.dialog.remote_tag = "r";
  session.dialog.call_id = "c";
  sip::Essentials request;
  request.to.tag = session.tag;
  request.from.tag = "r";
  request.call_id = "c";
  EXPECT_EQ(t.table.find(request, 3), &session);
  EXPECT_EQ(t.table.find(request, 2), nullptr);
  request.from.tag = "other";
  EXPECT_EQ(t.table.find(request, 3), nullptr);
  engine::ShardId shard = 0;
  EXPECT_TRUE(t.table.shard_of(session.tag, shard));
  EXPECT_EQ(shard, 3u);
  EXPECT_FALSE(t.table.shard_of("of somebody else", shard));
  EXPECT_EQ(t.table.find("bob@xmpp.example", "carol@sip.example"), &session);
  const sip::Place place = session.place;
  t.table.erase(session);
  EXPECT_EQ(t.table.find(place), nullptr);
  EXPECT_EQ(t.table.find("bob@xmpp.example", "carol@sip.example"), nullptr);
  EXPECT_EQ(t.table.size(), 0u);
}

TEST(SessionTable, ThePairIsWithTheSessionThatBeganLast) {
  Table t(10);
  ASSERT_EQ(t.make("b@x", "c@s"), SessionTable::Made::ok);
  Session* const first = t.session;
  ASSERT_EQ(t.make("b@x", "c@s"), SessionTable::Made::ok);
  EXPECT_EQ(t.table.find("b@x", "c@s"), t.session);
  t.table.erase(*first);
  EXPECT_EQ(t.table.find("b@x", "c@s"), t.session);
  t.table.erase(*t.session);
  ASSERT_EQ(t.make("b@x", "c@s", 0), SessionTable::Made::ok);
  EXPECT_EQ(t.table.find("b@x", "c@s"), nullptr) << "a client is reached as it has registered";
}

TEST(SessionTable, AUserAPeerAndTheShardHaveTheirLimits) {
  Table t(200);
  for (uint32_t i = 0; i < SessionTable::kOfUserMax; ++i) {
    ASSERT_EQ(t.make("bob@x", std::to_string(i) + "@s"), SessionTable::Made::ok);
  }
  EXPECT_EQ(t.make("bob@x", "more@s"), SessionTable::Made::user_limit);
  while (t.table.size() < 150) {
    ASSERT_EQ(t.make(std::to_string(t.table.size()) + "@x", "c@s"), SessionTable::Made::ok);
  }
  EXPECT_EQ(t.make("alice@x", "c@s"), SessionTable::Made::limit) << "the rest is for others";
  while (t.table.size() < 200) {
    ASSERT_EQ(t.make(std::to_string(t.table.size()) + "@x", "c@t", 2), SessionTable::Made::ok);
  }
  EXPECT_EQ(t.make("alice@x", "c@u", 3), SessionTable::Made::limit);
  t.table.erase(*t.session);
  EXPECT_EQ(t.make("alice@x", "c@u", 3), SessionTable::Made::ok);
}

}  // namespace
}  // namespace gateway
