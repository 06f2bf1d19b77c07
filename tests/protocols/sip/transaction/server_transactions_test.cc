#include "protocols/sip/transaction/server_transactions.h"

#include <gtest/gtest.h>

#include "engine/trace/counters.h"
#include "tests/protocols/sip/transaction/stage.h"

namespace sip {
namespace {

using Arrival = ServerTransactions::Arrival;

struct User : ServerUser {
  void on_server_timeout(const TransactionId&, bool accepted, engine::Turn&) override {
    told += accepted ? "accepted " : "no-ack ";
  }
  void send_elsewhere(const Flow& flow, engine::ShardId shard, base::Bytes bytes,
                      engine::Turn&) override {
    told += std::to_string(shard) + ":" + std::to_string(flow.connection.slot) + ":";
    told.append(bytes).append(" ");
  }
  std::string told;
};

struct Server : Stage {
  explicit Server(const ServerTransactions::Limits& limits = {}) : table(user, limits, random) {}

  Arrival receive(base::Bytes text, const Flow& flow = udp_flow()) {
    const Incoming in(text);
    engine::Turn here = turn();
    const Arrival arrival = table.receive(in.message, in.essentials, flow, here, id);
    collect();
    return arrival;
  }
  bool respond(uint16_t status, base::Bytes bytes) {
    engine::Turn here = turn();
    const bool sent_it = table.respond(id, status, bytes, here);
    collect();
    return sent_it;
  }

  User user;
  ServerTransactions table;
  TransactionId id;
};

TEST(ServerTransactions, RepeatedRequestGetsTheSameAnswerFor32Seconds) {
  Server server;
  const uint64_t before = trace::total(trace::Counter::sip_retransmissions_absorbed);
  ASSERT_EQ(server.receive(request_text("PUBLISH")), Arrival::fresh);
  EXPECT_EQ(server.receive(request_text("PUBLISH")), Arrival::absorbed);
  EXPECT_TRUE(server.sent.empty());  // §17.2.2: nothing yet to repeat
  ASSERT_TRUE(server.respond(200, "first"));
  server.advance(31'000);
  EXPECT_EQ(server.receive(request_text("PUBLISH")), Arrival::absorbed);
  ASSERT_EQ(server.sent.size(), 2u);
  EXPECT_EQ(server.sent[0].bytes, "first");
  EXPECT_EQ(server.sent[1].bytes, "first");
  EXPECT_EQ(trace::total(trace::Counter::sip_retransmissions_absorbed), before + 2);
  server.advance(2'000);
  EXPECT_EQ(server.table.size(), 0u);
  EXPECT_EQ(server.table.response_bytes(), 0u);
  EXPECT_EQ(server.receive(request_text("PUBLISH")), Arrival::fresh);
}

TEST(ServerTransactions, StreamKeepsNothingBehindTheAnswer) {
  Server server;
  ASSERT_EQ(server.receive(request_text("PUBLISH"), tcp_flow()), Arrival::fresh);
  ASSERT_TRUE(server.respond(200, "answer"));
  EXPECT_EQ(server.table.size(), 0u);
  EXPECT_FALSE(server.respond(200, "again"));
  EXPECT_EQ(server.sent.size(), 1u);
}

TEST(ServerTransactions, WhoSendsAgainByTheNextStreamIsAnsweredThere) {
  Server server;
  Flow next = tcp_flow();
  ++next.connection.slot;
  const auto receive = [&](const Flow& flow, engine::ShardId shard = 3) {
    const std::string text = request_text("PUBLISH");
    const Incoming in(text);
    engine::Turn here = server.turn();
    const Arrival arrival =
        server.table.receive(in.message, in.essentials, flow, here, server.id, shard);
    server.collect();
    return arrival;
  };
  ASSERT_EQ(receive(tcp_flow()), Arrival::fresh);
  EXPECT_EQ(receive(next), Arrival::absorbed);
  ASSERT_TRUE(server.respond(200, "answer"));
  EXPECT_EQ(receive(tcp_flow()), Arrival::absorbed);
  ASSERT_EQ(server.sent.size(), 2u);
  EXPECT_EQ(server.sent[0].connection, next.connection);
  EXPECT_EQ(server.sent[1].connection, tcp_flow().connection);
  EXPECT_EQ(server.sent[1].bytes, "answer");
  EXPECT_EQ(receive(next, 1), Arrival::absorbed);
  EXPECT_EQ(server.sent.size(), 2u);
  EXPECT_EQ(server.user.told, "1:" + std::to_string(next.connection.slot) + ":answer ");
  server.advance(33'000);
  EXPECT_EQ(server.table.size(), 0u);
}

TEST(ServerTransactions, ProvisionalAnswerIsRepeatedUntilTheFinalOne) {
  Server server;
  server.receive(request_text("SUBSCRIBE"));
  ASSERT_TRUE(server.respond(100, "trying"));
  server.receive(request_text("SUBSCRIBE"));
  ASSERT_TRUE(server.respond(200, "final"));
  EXPECT_FALSE(server.respond(404, "second final"));
  server.receive(request_text("SUBSCRIBE"));
  std::string all;
  for (const Stage::Sent& one : server.sent) all += one.bytes + " ";
  EXPECT_EQ(all, "trying trying final final ");
}

// §17.2.3: each of these makes another transaction.
TEST(ServerTransactions, MethodBranchAndSentByTellRequestsApart) {
  Server server;
  EXPECT_EQ(server.receive(request_text("PUBLISH")), Arrival::fresh);
  EXPECT_EQ(server.receive(request_text("MESSAGE")), Arrival::fresh);
  EXPECT_EQ(server.receive(request_text("PUBLISH", "z9hG4bKa2")), Arrival::fresh);
  std::string other = request_text("PUBLISH");
  other.replace(other.find(":5066"), 5, ":5067");
  EXPECT_EQ(server.receive(other), Arrival::fresh);
  other.replace(other.find("192.0.2.1"), 9, "192.0.2.2");
  EXPECT_EQ(server.receive(other), Arrival::fresh);
  EXPECT_EQ(server.table.size(), 5u);
  EXPECT_EQ(server.receive(request_text("PUBLISH")), Arrival::absorbed);
}

// The cookie alone, or none (RFC 4475 §3.2.1, §3.4.1): compared as RFC 2543 did.
TEST(ServerTransactions, OldBranchesAreComparedWithAllThatRepeats) {
  Server server;
  EXPECT_EQ(server.receive(request_text("OPTIONS", "")), Arrival::fresh);
  EXPECT_EQ(server.receive(request_text("OPTIONS", "")), Arrival::absorbed);
  EXPECT_EQ(server.receive(request_text("OPTIONS", "z9hG4bK")), Arrival::fresh);
  std::string other = request_text("OPTIONS", "");
  other.replace(other.find("Call-ID: c1"), 11, "Call-ID: c2");
  EXPECT_EQ(server.receive(other), Arrival::fresh);
}

TEST(ServerTransactions, InviteIsTriedAtOnceAndItsRefusalRepeatedUntilAcknowledged) {
  Server server;
  ASSERT_EQ(server.receive(request_text("INVITE")), Arrival::fresh);
  ASSERT_EQ(server.sent.size(), 1u);
  EXPECT_EQ(server.sent[0].bytes.substr(0, 19), "SIP/2.0 100 Trying\r");
  EXPECT_EQ(server.receive(request_text("INVITE")), Arrival::absorbed);
  EXPECT_EQ(server.times(), "0 0 ");
  ASSERT_TRUE(server.respond(486, "busy"));
  server.advance(10'000);
  EXPECT_EQ(server.times(), "0 500 1500 3500 7500 ");  // Timer G doubles up to T2
  EXPECT_EQ(server.receive(request_text("ACK", "z9hG4bKa1", "t")), Arrival::absorbed);
  EXPECT_EQ(server.receive(request_text("ACK", "z9hG4bKa1", "t")), Arrival::absorbed);
  EXPECT_EQ(server.receive(request_text("INVITE")), Arrival::absorbed);
  server.advance(4'000);
  EXPECT_EQ(server.times(), "");
  EXPECT_EQ(server.table.size(), 1u);
  server.advance(1'200);  // Timer I
  EXPECT_EQ(server.table.size(), 0u);
  EXPECT_EQ(server.user.told, "");
}

TEST(ServerTransactions, RefusalThatNobodyAcknowledgesIsToldOnce) {
  Server server;
  server.receive(request_text("INVITE"));
  server.respond(603, "no");
  server.advance(40'000);
  EXPECT_EQ(server.times(), "0 0 500 1500 3500 7500 11500 15500 19500 23500 27500 31500 ");
  EXPECT_EQ(server.user.told, "no-ack ");
  EXPECT_EQ(server.table.size(), 0u);
}

TEST(ServerTransactions, StreamRepeatsNoRefusal) {
  Server server;
  server.receive(request_text("INVITE"), tcp_flow());
  server.respond(486, "busy");
  server.advance(20'000);
  EXPECT_EQ(server.times(), "0 0 ");
  EXPECT_EQ(server.receive(request_text("ACK", "z9hG4bKa1", "t"), tcp_flow()), Arrival::absorbed);
  EXPECT_EQ(server.table.size(), 0u);
}

// RFC 6026 §7.1: an INVITE that comes again after 2xx is no new one.
TEST(ServerTransactions, AcceptedInviteAbsorbsRepetitionsAndLetsItsSenderRepeat2xx) {
  Server server;
  server.receive(request_text("INVITE"));
  ASSERT_TRUE(server.respond(200, "ok"));
  EXPECT_EQ(server.times(), "0 0 ");
  EXPECT_EQ(server.receive(request_text("INVITE")), Arrival::absorbed);
  EXPECT_EQ(server.times(), "");
  EXPECT_TRUE(server.respond(200, "ok"));
  EXPECT_FALSE(server.respond(486, "busy"));
  EXPECT_EQ(server.sent.size(), 1u);
  EXPECT_EQ(server.receive(request_text("ACK", "z9hG4bKother", "t")), Arrival::acknowledged);
  server.advance(33'000);
  EXPECT_EQ(server.user.told, "accepted ");
  EXPECT_EQ(server.table.size(), 0u);
}

TEST(ServerTransactions, CancelFindsItsInvite) {
  Server server;
  server.receive(request_text("INVITE"));
  const TransactionId invite = server.id;
  const Incoming cancel(request_text("CANCEL"));
  TransactionId found;
  EXPECT_TRUE(server.table.find_cancelled(cancel.message, cancel.essentials, found));
  EXPECT_EQ(found, invite);
  EXPECT_EQ(server.receive(request_text("CANCEL")), Arrival::fresh);  // answered in its own right
  const Incoming other(request_text("CANCEL", "z9hG4bKother"));
  EXPECT_FALSE(server.table.find_cancelled(other.message, other.essentials, found));
}

TEST(ServerTransactions, TableIsBoundedAndCountsWhatItRefuses) {
  ServerTransactions::Limits limits;
  limits.transactions = 2;
  Server server(limits);
  const uint64_t before = trace::total(trace::Counter::sip_server_transaction_limit_hit);
  const int64_t held = trace::total(trace::Gauge::sip_server_transactions);
  EXPECT_EQ(server.receive(request_text("PUBLISH", "z9hG4bK1")), Arrival::fresh);
  EXPECT_EQ(server.receive(request_text("PUBLISH", "z9hG4bK2")), Arrival::fresh);
  EXPECT_EQ(server.receive(request_text("PUBLISH", "z9hG4bK3")), Arrival::full);
  EXPECT_EQ(server.receive(request_text("PUBLISH", "z9hG4bK2")), Arrival::absorbed);
  EXPECT_EQ(trace::total(trace::Counter::sip_server_transaction_limit_hit), before + 1);
  EXPECT_EQ(trace::total(trace::Gauge::sip_server_transactions), held + 2);
  // What is never answered goes too.
  const uint64_t unanswered = trace::total(trace::Counter::sip_requests_unanswered);
  server.advance(193'000);
  EXPECT_EQ(server.table.size(), 0u);
  EXPECT_EQ(trace::total(trace::Counter::sip_requests_unanswered), unanswered + 2);
  EXPECT_EQ(trace::total(trace::Gauge::sip_server_transactions), held);
}

TEST(ServerTransactions, FullTableForgetsTheOldestAnswersThatNobodyAsksForAnyMore) {
  ServerTransactions::Limits limits;
  limits.transactions = 2;
  Server server(limits);
  const uint64_t before = trace::total(trace::Counter::sip_answers_forgotten);
  server.receive(request_text("PUBLISH", "z9hG4bK1"));
  server.respond(200, "first");
  server.advance(2'000);
  server.receive(request_text("PUBLISH", "z9hG4bK2"));
  server.respond(200, "second");
  server.advance(1'000);
  EXPECT_EQ(server.receive(request_text("PUBLISH", "z9hG4bK3")), Arrival::full) << "before T2";
  server.advance(1'000);
  EXPECT_EQ(server.receive(request_text("PUBLISH", "z9hG4bK3")), Arrival::fresh);
  EXPECT_EQ(server.receive(request_text("PUBLISH", "z9hG4bK2")), Arrival::absorbed);
  EXPECT_EQ(server.receive(request_text("PUBLISH", "z9hG4bK4")), Arrival::full);
  server.advance(2'000);
  EXPECT_EQ(server.receive(request_text("PUBLISH", "z9hG4bK4")), Arrival::fresh);
  EXPECT_EQ(trace::total(trace::Counter::sip_answers_forgotten), before + 2);
  EXPECT_EQ(server.receive(request_text("PUBLISH", "z9hG4bK5")), Arrival::full) << "unanswered";
}

TEST(ServerTransactions, AnswersThatAreKeptAreBounded) {
  ServerTransactions::Limits limits;
  limits.response_bytes = 1000;
  Server server(limits);
  server.receive(request_text("PUBLISH", "z9hG4bK1"));
  server.respond(200, std::string(1000, 'x'));
  EXPECT_EQ(server.receive(request_text("PUBLISH", "z9hG4bK2")), Arrival::full);
  server.advance(4'000);
  EXPECT_EQ(server.receive(request_text("PUBLISH", "z9hG4bK2")), Arrival::fresh);
}

}  // namespace
}  // namespace sip
