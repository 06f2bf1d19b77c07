#include "protocols/sip/connection.h"

#include "engine/trace/counters.h"
#include "tests/protocols/sip/shards.h"

namespace sip {
namespace {

constexpr engine::ConnectionId kHere{7, 1};

struct Connected : Shards {
  explicit Connected(Options wanted = {}) : Shards(wanted), peer(connect(kHere)) {}
  ~Connected() {
    if (peer != nullptr) end(peer);
  }
  std::unique_ptr<engine::Peer> peer;
};

TEST(Connection, SeveralMessagesInOneSegmentAndOneInManyAreAllAnsweredThere) {
  Connected world;
  const std::string two = wire("OPTIONS", "1") + wire("OPTIONS", "2");
  world.feed(*world.peer, two);
  for (const Shards::Sent& one : world.sent) EXPECT_EQ(one.connection, kHere);
  EXPECT_EQ(world.statuses(), "200 200 ");
  for (const char c : two) world.feed(*world.peer, base::Bytes(&c, 1));
  EXPECT_EQ(world.statuses(), "200 200 ");
  EXPECT_TRUE(world.closed.empty());
}

TEST(Connection, AKeepAliveIsAnswered) {
  Connected world;
  world.feed(*world.peer, "\r\n\r");
  EXPECT_TRUE(world.sent.empty());
  world.feed(*world.peer, "\n");
  ASSERT_EQ(world.sent.size(), 1u);
  EXPECT_EQ(world.sent[0].bytes, "\r\n");
}

TEST(Connection, WhatIsMalformedIsAnsweredAndOnlyLostFramingEndsTheConnection) {
  Connected world;
  std::string bad = wire("OPTIONS", "1");
  bad.replace(bad.find("CSeq: 1"), 7, "CSeq: x");
  world.feed(*world.peer, bad + wire("OPTIONS", "2"));
  EXPECT_EQ(world.statuses(), "400 200 ");
  EXPECT_TRUE(world.closed.empty());
  std::string endless = wire("OPTIONS", "3");
  endless.replace(endless.find("Content-Length: 0"), 17, "Content-Length: x");
  world.feed(*world.peer, endless + wire("OPTIONS", "4"));
  EXPECT_EQ(world.statuses(), "400 ");
  EXPECT_EQ(world.closed, std::vector<engine::ConnectionId>{kHere});
  world.feed(*world.peer, wire("OPTIONS", "5"));
  EXPECT_EQ(world.statuses(), "") << "it is closing";
}

TEST(Connection, EndsWhenTheFirstMessageOrTheRestOfOneDoesNotCome) {
  {
    Connected world;
    world.feed(*world.peer, "OPTI");
    world.advance(base::Duration::seconds(31));
    EXPECT_TRUE(world.closed.empty());
    world.advance(base::Duration::seconds(2));
    EXPECT_EQ(world.closed.size(), 1u);
  }
  Connected world;
  world.feed(*world.peer, wire("OPTIONS", "1"));
  world.advance(base::Duration::seconds(100));
  EXPECT_TRUE(world.closed.empty()) << "silence is allowed";
  world.feed(*world.peer, wire("OPTIONS", "2") + "OPTI");
  for (int i = 0; i < 4; ++i) {
    world.advance(base::Duration::seconds(10));
    if (world.closed.empty()) world.feed(*world.peer, "x");
  }
  EXPECT_EQ(world.closed.size(), 1u) << "a byte now and then is no progress";
}

TEST(Connection, EndsAfterLongSilence) {
  Options options;
  options.idle_timeout = base::Duration::seconds(100);
  Connected world(options);
  world.feed(*world.peer, wire("OPTIONS", "1"));
  world.advance(base::Duration::seconds(90));
  world.feed(*world.peer, "\r\n\r\n");
  world.advance(base::Duration::seconds(90));
  EXPECT_TRUE(world.closed.empty());
  world.advance(base::Duration::seconds(11));
  EXPECT_EQ(world.closed.size(), 1u);
}

TEST(Connection, UnfinishedMessagesOfAllTogetherAreBounded) {
  Options options;
  options.unfinished_bytes_max = 1000;
  Connected world(options);
  auto other = world.connect({8, 1});
  world.feed(*world.peer, "OPTIONS sip:" + std::string(600, 'a'));
  EXPECT_TRUE(world.closed.empty());
  world.feed(*other, "OPTIONS sip:" + std::string(600, 'b'));
  EXPECT_EQ(world.closed, (std::vector<engine::ConnectionId>{{8, 1}}));
  world.end(other);
}

TEST(Connection, ThoseWhoTakeNoAnswersAreNotRead) {
  Connected world;
  engine::Turn turn = world.turn(0);
  world.peer->on_congestion(true, turn);
  world.peer->on_congestion(false, turn);
  const auto& effects = world.shards[0]->out.effects();
  ASSERT_EQ(effects.size(), 2u);
  EXPECT_EQ(effects[0].kind, engine::EffectKind::pause);
  EXPECT_EQ(effects[1].kind, engine::EffectKind::resume);
}

TEST(Connection, AllEndWhenTheNodeDoes) {
  Connected world;
  engine::Turn turn = world.turn(0);
  world.shards[0]->service->on_shutdown(turn);
  world.settle();
  EXPECT_EQ(world.closed.size(), 1u);
  EXPECT_EQ(world.connect({9, 1}), nullptr);
}

// Two peers at one address, one of which has a certificate.
Options with_certificates() {
  Options options;
  options.peers.resize(2);
  options.peers[0].id = 11;
  options.peers[0].address = base::parse_address("192.0.2.1", 5060);
  options.peers[0].domains = {"plain.example"};
  options.peers[1].id = 12;
  options.peers[1].address = base::parse_address("192.0.2.1", 5062);
  options.peers[1].domains = {"secure.example"};
  options.peers[1].subjects = {"gate.example"};
  return options;
}

// Notes for whom the sender may speak.
struct Trust final : Handler {
  explicit Trust(Shards& of) : world(of) {
    world.shards[0]->service->handle(Method::message, *this);
  }
  engine::Owner owner_of(const Received&, engine::Turn&) override { return {}; }
  void on_request(const Received& request, engine::Turn& turn) override {
    for (const TrunkPeer& peer : world.options->peers) {
      const base::Bytes domain = peer.domains.front();
      if (!trusted_for(world.options->peers, request.source, domain)) continue;
      heard.append(domain).append(" ");
    }
    world.shards[0]->service->answer(request, 202, turn);
  }
  Shards& world;
  std::string heard;
};

TEST(Connection, WithACertificateIsThatPeersAlone) {
  Shards world(with_certificates());
  Trust trust(world);
  auto peer = world.connect(kHere, 5);
  world.secure(*peer, "Gate.Example");
  EXPECT_TRUE(world.closed.empty());
  world.feed(*peer, wire("MESSAGE", "1"));
  EXPECT_EQ(world.statuses(), "202 ");
  EXPECT_EQ(trust.heard, "secure.example ") << "not for its neighbour";
  world.end(peer);
  auto plain = world.connect(kHere);
  world.feed(*plain, wire("MESSAGE", "2"));
  EXPECT_EQ(world.statuses(), "202 ");
  EXPECT_EQ(trust.heard, "secure.example plain.example ") << "the address is not enough for it";
  world.end(plain);
}

TEST(Connection, WithACertificateOfNobodyWeKnowIsClosed) {
  Shards world(with_certificates());
  const uint64_t refused = trace::total(trace::Counter::sip_strangers_refused);
  auto peer = world.connect(kHere, 5);
  world.secure(*peer, "other.example");
  EXPECT_EQ(world.closed, std::vector<engine::ConnectionId>{kHere});
  EXPECT_EQ(trace::total(trace::Counter::sip_strangers_refused), refused + 1);
  world.feed(*peer, wire("OPTIONS", "1"));
  EXPECT_EQ(world.statuses(), "");
  world.end(peer);
}

TEST(Connection, AHandshakeThatFailsIsARefusalWhereCertificatesAreAskedFor) {
  Shards world(with_certificates());
  const uint64_t refused = trace::total(trace::Counter::sip_strangers_refused);
  for (const uint16_t listener : {4, 5}) {
    auto peer = world.connect(kHere, listener);
    engine::Turn turn = world.turn(0);
    peer->on_handshake_failed({"no certificate", ""}, turn);
    world.end(peer);
  }
  EXPECT_EQ(trace::total(trace::Counter::sip_strangers_refused), refused + 1);
}

TEST(Connection, OfAPeerThatIsGoneIsClosedAndOfStrangersIsNot) {
  Shards world(with_certificates());
  auto certain = world.connect({7, 1}, 5);
  world.secure(*certain, "gate.example");
  auto plain = world.connect({7, 2});
  Options fewer = *world.options;
  fewer.peers.pop_back();
  engine::Turn turn = world.turn(0);
  world.shards[0]->service->set_options(std::make_shared<const Options>(fewer), turn);
  world.settle();
  EXPECT_EQ(world.closed, std::vector<engine::ConnectionId>(1, {7, 1}));
  fewer.peers.clear();
  world.shards[0]->service->set_options(std::make_shared<const Options>(fewer), turn);
  world.settle();
  EXPECT_EQ(world.closed, (std::vector<engine::ConnectionId>{{7, 1}, {7, 2}}));
  auto stranger = world.connect({7, 3});
  world.shards[0]->service->set_options(std::make_shared<const Options>(fewer), turn);
  world.settle();
  EXPECT_EQ(world.closed.size(), 2u);
  world.end(certain);
  world.end(plain);
  world.end(stranger);
}

}  // namespace
}  // namespace sip
