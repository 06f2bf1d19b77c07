#include "protocols/sip/transaction/client_transactions.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "engine/trace/counters.h"
#include "tests/protocols/sip/transaction/stage.h"

namespace sip {
namespace {

constexpr base::HashKey kKey{1, 2};

struct User : ClientUser {
  void on_response(uint64_t request, const Message& response, const Essentials&,
                   engine::Turn&) override {
    told += std::to_string(request) + ":" + std::to_string(response.status()) + " ";
  }
  void on_no_response(uint64_t request, engine::Turn&) override {
    told += std::to_string(request) + ":none ";
  }
  std::string told;
};

struct Client : Stage {
  explicit Client(const ClientTransactions::Limits& limits = {}) : table(user, limits, kKey) {}

  // The branch; empty: refused.
  std::string send(base::Bytes method, const Flow& flow = udp_flow()) {
    engine::Turn here = turn();
    Place place;
    std::string branch;
    if (!table.reserve(here, place, branch)) return "";
    table.send(place, find_method(method), flow, request_text(method, branch), 42, here);
    collect();
    return branch;
  }
  bool receive(uint16_t status, base::Bytes method, base::Bytes branch) {
    std::string text = request_text(method, branch, "t");
    text.replace(0, text.find("\r\n"), "SIP/2.0 " + std::to_string(status) + " x");
    const Incoming in(text);
    engine::Turn here = turn();
    const bool taken = table.receive(in.message, in.essentials, here);
    collect();
    return taken;
  }
  std::string told() { return std::exchange(user.told, ""); }

  User user;
  ClientTransactions table;
};

TEST(ClientTransactions, RequestIsRepeatedUntilNothingIsToBeHopedFor) {
  Client client;
  const uint64_t before = trace::total(trace::Counter::sip_transactions_timed_out);
  ASSERT_NE(client.send("NOTIFY"), "");
  client.advance(40'000);
  // Timer E doubles up to T2; Timer F is 32 s.
  EXPECT_EQ(client.times(), "0 500 1500 3500 7500 11500 15500 19500 23500 27500 31500 ");
  EXPECT_EQ(client.told(), "42:none ");
  EXPECT_EQ(client.table.size(), 0u);
  EXPECT_EQ(client.table.request_bytes(), 0u);
  EXPECT_EQ(trace::total(trace::Counter::sip_transactions_timed_out), before + 1);
}

TEST(ClientTransactions, AnswerEndsTheTransactionAndItsRepetitionsAreNobodys) {
  Client client;
  const std::string branch = client.send("NOTIFY");
  client.advance(600);
  EXPECT_TRUE(client.receive(200, "NOTIFY", branch));
  EXPECT_EQ(client.told(), "42:200 ");
  EXPECT_FALSE(client.receive(200, "NOTIFY", branch));
  EXPECT_FALSE(client.receive(481, "NOTIFY", branch));
  EXPECT_EQ(client.told(), "");
  EXPECT_EQ(client.table.request_bytes(), 0u);
  EXPECT_EQ(client.table.size(), 0u);
  client.advance(5'200);
  EXPECT_EQ(client.times(), "0 500 ");
}

TEST(ClientTransactions, ProvisionalAnswerSlowsRepetitionDown) {
  Client client;
  const std::string branch = client.send("SUBSCRIBE");
  EXPECT_TRUE(client.receive(100, "SUBSCRIBE", branch));
  client.advance(33'000);
  EXPECT_EQ(client.times(), "0 500 4500 8500 12500 16500 20500 24500 28500 ");
  EXPECT_EQ(client.told(), "42:100 42:none ");
}

// §9.1.
TEST(ClientTransactions, AnInviteThatRingsIsTakenBack) {
  Client client;
  const std::string branch = client.send("INVITE");
  const auto cancel = [&] {
    engine::Turn here = client.turn();
    const bool done = client.table.cancel(42, here);
    client.collect();
    return done;
  };
  EXPECT_FALSE(cancel()) << "nothing has come back yet";
  EXPECT_TRUE(client.receive(180, "INVITE", branch));
  EXPECT_TRUE(cancel());
  EXPECT_FALSE(cancel());
  EXPECT_TRUE(client.sent.back().bytes.starts_with("CANCEL "));
  client.advance(600);
  EXPECT_EQ(client.times(), "0 0 500 ") << "until it has been heard";
  EXPECT_TRUE(client.receive(200, "CANCEL", branch));
  EXPECT_TRUE(client.receive(180, "INVITE", branch));
  client.advance(4'000);
  EXPECT_TRUE(client.receive(487, "INVITE", branch));
  EXPECT_EQ(client.told(), "42:180 42:180 42:487 ");
  EXPECT_TRUE(client.sent.back().bytes.starts_with("ACK "));
  client.advance(33'000);
  EXPECT_EQ(client.table.size(), 0u);
  const std::string silent = client.send("INVITE");
  EXPECT_TRUE(client.receive(180, "INVITE", silent));
  EXPECT_TRUE(cancel());
  client.advance(33'000);
  EXPECT_EQ(client.told(), "42:180 42:none ");
}

TEST(ClientTransactions, StreamRepeatsNothingAndKeepsItUntilItIsAnswered) {
  Client client;
  const std::string branch = client.send("NOTIFY", tcp_flow());
  EXPECT_GT(client.table.request_bytes(), 0u);
  client.advance(31'000);
  EXPECT_EQ(client.times(), "0 ");
  EXPECT_TRUE(client.receive(200, "NOTIFY", branch));
  EXPECT_EQ(client.table.size(), 0u);
  client.send("NOTIFY", tcp_flow());
  client.advance(33'000);
  EXPECT_EQ(client.told(), "42:200 42:none ");
}

// §17.1.1.
TEST(ClientTransactions, WhatALostConnectionHasNotAnsweredIsSentAgainByAnotherOnce) {
  Client client;
  const std::string answered = client.send("NOTIFY", tcp_flow());
  const std::string branch = client.send("NOTIFY", tcp_flow());
  EXPECT_TRUE(client.receive(200, "NOTIFY", answered));
  client.told();
  const Flow first = tcp_flow();
  Flow second = first;
  second.connection.generation += 1;
  engine::Turn turn = client.turn();
  EXPECT_TRUE(client.table.lose(first.connection, turn));
  EXPECT_FALSE(client.table.lose(second.connection, turn)) << "nothing went there";
  client.advance(1'000);
  client.times();
  client.table.move(first.connection, second, turn);
  client.advance(1'000);
  EXPECT_EQ(client.times().size(), 5u) << "one";
  EXPECT_FALSE(client.table.lose(second.connection, turn));
  EXPECT_EQ(client.told(), "42:none ");
  EXPECT_EQ(client.table.size(), 0u);
}

TEST(ClientTransactions, WhatALostConnectionHasNotAnsweredMayBeGivenUp) {
  Client client;
  client.send("NOTIFY", tcp_flow());
  client.send("NOTIFY", tcp_flow());
  engine::Turn turn = client.turn();
  EXPECT_TRUE(client.table.lose(tcp_flow().connection, turn));
  client.table.give_up(tcp_flow().connection, turn);
  EXPECT_EQ(client.told(), "42:none 42:none ");
  EXPECT_EQ(client.table.request_bytes(), 0u);
}

TEST(ClientTransactions, InviteDoublesWithoutBoundAndRingsQuietly) {
  Client client;
  client.send("INVITE");
  client.advance(40'000);
  EXPECT_EQ(client.times(), "0 500 1500 3500 7500 15500 31500 ");
  EXPECT_EQ(client.told(), "42:none ");
  const std::string branch = client.send("INVITE");
  EXPECT_TRUE(client.receive(180, "INVITE", branch));
  client.sent.clear();
  client.advance(60'000);
  EXPECT_EQ(client.times(), "");
  EXPECT_EQ(client.told(), "42:180 ");
  client.advance(140'000);
  EXPECT_EQ(client.told(), "42:none ");
}

TEST(ClientTransactions, RefusedInviteIsAcknowledgedEachTimeAndToldOnce) {
  Client client;
  const std::string branch = client.send("INVITE");
  EXPECT_TRUE(client.receive(486, "INVITE", branch));
  EXPECT_TRUE(client.receive(486, "INVITE", branch));
  EXPECT_EQ(client.told(), "42:486 ");
  ASSERT_EQ(client.sent.size(), 3u);
  const Incoming ack(client.sent[1].bytes);
  EXPECT_EQ(ack.message.method(), Method::ack);
  EXPECT_EQ(ack.essentials.via.branch, branch);
  EXPECT_EQ(ack.essentials.to.tag, "t");
  EXPECT_EQ(client.sent[2].bytes, client.sent[1].bytes);
  client.advance(33'000);  // Timer D
  EXPECT_EQ(client.table.size(), 0u);
}

// RFC 6026 §7.2: another 2xx may come from a fork, and every one is told.
TEST(ClientTransactions, AcceptedInviteTellsEvery2xxAndAcknowledgesNone) {
  Client client;
  const std::string branch = client.send("INVITE");
  EXPECT_TRUE(client.receive(200, "INVITE", branch));
  EXPECT_TRUE(client.receive(200, "INVITE", branch));
  EXPECT_TRUE(client.receive(486, "INVITE", branch));
  EXPECT_EQ(client.told(), "42:200 42:200 ");
  EXPECT_EQ(client.times(), "0 ");
  client.advance(33'000);
  EXPECT_EQ(client.table.size(), 0u);
  EXPECT_EQ(client.told(), "");
}

TEST(ClientTransactions, ResponsesToNothingOfOursAreDroppedAndCounted) {
  Client client;
  const uint64_t before = trace::total(trace::Counter::sip_responses_unmatched);
  const std::string branch = client.send("NOTIFY");
  EXPECT_FALSE(client.receive(200, "PUBLISH", branch));  // another method
  EXPECT_FALSE(client.receive(200, "NOTIFY", "z9hG4bKforeign"));
  EXPECT_FALSE(client.receive(200, "NOTIFY", ""));
  std::string other(kBranchCookie);
  append_token(kKey, TokenUse::branch, {3, 0, 1}, other);  // a generation that is not there
  EXPECT_FALSE(client.receive(200, "NOTIFY", other));
  other = std::string(kBranchCookie);
  append_token(kKey, TokenUse::branch, {3, 99, 0}, other);  // a slot that is not there
  EXPECT_FALSE(client.receive(200, "NOTIFY", other));
  other = std::string(kBranchCookie);
  append_token(kKey, TokenUse::branch, {4, 0, 0}, other);  // another shard's
  EXPECT_FALSE(client.receive(200, "NOTIFY", other));
  other = std::string(kBranchCookie);
  append_token({9, 9}, TokenUse::branch, {3, 0, 0}, other);  // another node's
  EXPECT_FALSE(client.receive(200, "NOTIFY", other));
  EXPECT_EQ(trace::total(trace::Counter::sip_responses_unmatched), before + 7);
  EXPECT_EQ(client.told(), "");
}

TEST(ClientTransactions, TableIsBoundedAndItsPlacesAreUsedAgain) {
  ClientTransactions::Limits limits;
  limits.transactions = 2;
  Client client(limits);
  const uint64_t before = trace::total(trace::Counter::sip_client_transaction_limit_hit);
  const int64_t held = trace::total(trace::Gauge::sip_client_transactions);
  const std::string first = client.send("NOTIFY");
  client.send("NOTIFY");
  EXPECT_EQ(client.send("NOTIFY"), "");
  EXPECT_EQ(trace::total(trace::Counter::sip_client_transaction_limit_hit), before + 1);
  EXPECT_EQ(trace::total(trace::Gauge::sip_client_transactions), held + 2);
  client.advance(33'000);
  const std::string third = client.send("NOTIFY");
  EXPECT_NE(third, "");
  EXPECT_NE(third, first);
  client.told();
  EXPECT_FALSE(client.receive(200, "NOTIFY", first));
  EXPECT_TRUE(client.receive(200, "NOTIFY", third));
  EXPECT_EQ(client.told(), "42:200 ");
}

}  // namespace
}  // namespace sip
