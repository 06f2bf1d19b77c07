#include "protocols/sip/outgoing.h"

#include "tests/protocols/sip/shards.h"

namespace sip {
namespace {

// Peer 0 is reached by UDP, peer 1 by TCP.
Options with_peers() {
  Options options;
  options.sent_by = "example.com";
  options.peers.resize(2);
  options.peers[0].address = base::parse_address("192.0.2.7", 5060);
  options.peers[0].datagrams = true;
  options.peers[1].address = base::parse_address("192.0.2.8", 5060);
  return options;
}

struct World : Shards, ClientUser {
  explicit World(const Options& wanted = with_peers()) : Shards(wanted) {}
  void on_response(uint64_t number, const Message& response, const Essentials&,
                   engine::Turn& turn) override {
    heard += std::to_string(number) + ":" + std::to_string(response.status()) + "@" +
             std::to_string(turn.shard) + " ";
  }
  void on_no_response(uint64_t number, engine::Turn&) override {
    heard += std::to_string(number) + ":none ";
  }
  bool send(size_t peer, uint64_t number, size_t body = 5) {
    Request how;
    how.method = "MESSAGE";
    how.uri = "sip:bob@phones.example";
    how.from = "<sip:alice@example.com>;tag=1";
    how.to = "<sip:bob@phones.example>";

    const std::string call_id = "c" + std::to_string(number);
    how.call_id = call_id;
    how.cseq = 1;
    const std::string rest =
        "Content-Length: " + std::to_string(body) + "\r\n\r\n" + std::string(body, 'x');
    engine::Turn here = turn(0);
    const bool good = shards[0]->service->outgoing().send(options->peers[peer], Method::message,
                                                          how, rest, *this, number, here);
    // Connections are asked for here, and made by hand.
    for (const engine::Effect& effect : shards[0]->out.effects()) {
      if (effect.kind != engine::EffectKind::connect) continue;
      asked.push_back(shards[0]->out.take_connect(effect));
    }
    carry_out(0);
    return good;
  }
  std::string answer_to(const std::string& request, int status) {
    std::string text = "SIP/2.0 " + std::to_string(status) + " So\r\n";
    for (base::Bytes name : {"Via: ", "From: ", "To: ", "Call-ID: ", "CSeq: "}) {
      const size_t at = request.find(name);
      text += request.substr(at, request.find("\r\n", at) + 2 - at);
    }
    return text + "Content-Length: 0\r\n\r\n";
  }
  std::string heard;
  std::vector<engine::OutgoingConnection> asked;
};

TEST(Outgoing, ByDatagramRepeatsUntilAnAnswerComesAtAnyShard) {
  World world;
  ASSERT_TRUE(world.send(0, 11));
  ASSERT_EQ(world.sent.size(), 1u);
  const std::string request = world.sent[0].bytes;
  EXPECT_EQ(world.sent[0].to, base::parse_address("192.0.2.7", 5060));
  EXPECT_TRUE(has(request, "Via: SIP/2.0/UDP example.com;rport;branch=z9hG4bK")) << request;
  world.advance(base::Duration::milliseconds(600));
  EXPECT_EQ(world.sent.size(), 2u) << "Timer E";
  world.datagram(world.answer_to(request, 200), 1);
  EXPECT_EQ(world.heard, "11:200@0 ") << "where it was sent";
  world.datagram(world.answer_to(request, 200), 0);
  EXPECT_EQ(world.heard, "11:200@0 ") << "once";
}

TEST(Outgoing, WithoutAnAnswerThatIsTold) {
  World world;
  ASSERT_TRUE(world.send(0, 11));
  world.advance(base::Duration::seconds(33));
  EXPECT_EQ(world.heard, "11:none ");
}

TEST(Outgoing, ByConnectionWaitsForItAndUsesItAgain) {
  World world;
  ASSERT_TRUE(world.send(1, 1));
  ASSERT_TRUE(world.send(1, 2));
  ASSERT_EQ(world.asked.size(), 1u) << "one connection";
  EXPECT_EQ(world.asked[0].how.remote, base::parse_address("192.0.2.8", 5060));
  EXPECT_TRUE(world.sent.empty());
  engine::Turn turn = world.turn(0);
  auto peer = world.shards[0]->service->on_connected(
      world.asked[0].token, {{5, 1}, engine::kNoListener, "192.0.2.8", 5060}, turn);
  ASSERT_NE(peer, nullptr);
  world.settle();
  ASSERT_EQ(world.sent.size(), 1u) << "both in one send";
  const std::string both = world.sent[0].bytes;
  EXPECT_TRUE(has(both, "Via: SIP/2.0/TCP example.com;rport;branch="));
  ASSERT_TRUE(world.send(1, 3));
  EXPECT_EQ(world.asked.size(), 1u);
  world.feed(*peer, world.answer_to(both, 200) +
                        world.answer_to(both.substr(both.find("xxxxx") + 5), 404));
  EXPECT_EQ(world.heard, "1:200@0 2:404@0 ");
  world.end(peer);
  ASSERT_TRUE(world.send(1, 4));
  EXPECT_EQ(world.asked.size(), 2u) << "a new one";
}

TEST(Outgoing, AConnectionThatCannotBeMadeEndsWhatWaitedForIt) {
  World world;
  ASSERT_TRUE(world.send(1, 1));
  ASSERT_TRUE(world.send(1, 2));
  engine::Turn turn = world.turn(0);
  world.shards[0]->service->on_connect_failed(world.asked[0].token, engine::ConnectFailure::refused,
                                              turn);
  EXPECT_EQ(world.heard, "1:none 2:none ");
  ASSERT_TRUE(world.send(1, 3));
  EXPECT_EQ(world.asked.size(), 2u) << "it is tried again";
}

TEST(Outgoing, AConnectionThatIsMadeWhenTheNodeStopsIsNotWanted) {
  World world;
  ASSERT_TRUE(world.send(1, 1));
  engine::Turn turn = world.turn(0);
  world.shards[0]->service->on_shutdown(turn);
  EXPECT_EQ(world.shards[0]->service->on_connected(
                world.asked[0].token, {{5, 1}, engine::kNoListener, "192.0.2.8", 5060}, turn),
            nullptr);
  EXPECT_EQ(world.heard, "1:none ");
}

TEST(Outgoing, WhatWaitsIsBounded) {
  World world;
  ASSERT_TRUE(world.send(1, 1, 600'000));
  EXPECT_FALSE(world.send(1, 2, 600'000));
  EXPECT_TRUE(world.send(1, 3, 100'000));
  EXPECT_EQ(world.heard, "");
}

TEST(Outgoing, RequestsUnderWayAreBounded) {
  Options options = with_peers();
  options.client.transactions = 1;
  World world(options);
  EXPECT_TRUE(world.send(0, 1));
  EXPECT_FALSE(world.send(0, 2));
  EXPECT_EQ(world.heard, "");
}

}  // namespace
}  // namespace sip
