#include "protocols/gateway/shard_service.h"

#include <gtest/gtest.h>

#include "engine/shard/hash_partition.h"
#include "engine/shard/wheel.h"
#include "tests/support/memory_log.h"

namespace gateway {
namespace {

// One shard: listener 0 is XMPP's, 1 SIP's by datagram, 2 SIP's by connection.
struct World {
  World() {
    auto im = std::make_shared<im::Options>();
    im->domains = {"localhost"};
    auto xmpp_options = std::make_shared<xmpp::Options>();
    xmpp_options->im = im;
    xmpp_options->listeners.resize(1);
    auto sip_options = std::make_shared<sip::Options>();
    sip_options->first_listener = 1;
    sip_options->listeners = {sip::ListenerKind::udp, sip::ListenerKind::tcp};
    service = std::make_unique<ShardService>(
        std::make_unique<xmpp::Service>(0, partition, xmpp_options, xmpp_node),
        std::make_unique<sip::Service>(0, sip_options, sip_node, random), random);
  }

  engine::Turn turn() { return {now, {}, 0, out, wheel, log, random}; }
  std::string sent() {
    std::string text;
    for (const engine::Effect& effect : out.effects()) {
      if (effect.kind == engine::EffectKind::send) text += out.bytes(effect);
      if (effect.kind == engine::EffectKind::datagram) text += out.bytes(out.datagram(effect));
    }
    out.clear();
    return text;
  }

  base::Instant now{base::Duration::seconds(1000).ns};
  engine::Wheel wheel{now};
  engine::Outbox out;
  tests::MemoryLog log;
  base::Prng random{1};
  engine::HashPartition partition{1};
  xmpp::Node xmpp_node{1, std::string(32, 's')};
  sip::Node sip_node;
  std::unique_ptr<ShardService> service;
};

constexpr base::Bytes kOptions =
    "OPTIONS sip:localhost SIP/2.0\r\nVia: SIP/2.0/TCP pc;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1"
    "\r\nTo: <sip:localhost>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";

TEST(ShardService, ListenersSayWhichWireItIs) {
  World world;
  engine::Turn turn = world.turn();
  auto stream = world.service->accept({{1, 1}, 0, "192.0.2.1", 1000}, turn);
  auto connection = world.service->accept({{2, 1}, 1, "192.0.2.1", 1001}, turn);
  ASSERT_TRUE(stream != nullptr && connection != nullptr);
  stream->on_bytes(
      "<stream:stream xmlns='jabber:client' to='localhost' version='1.0' "
      "xmlns:stream='http://etherx.jabber.org/streams'>",
      turn);
  EXPECT_NE(world.sent().find("<stream:features>"), std::string::npos);
  connection->on_bytes(kOptions, turn);
  EXPECT_TRUE(world.sent().starts_with("SIP/2.0 200 OK"));
  world.service->on_datagram({1, base::parse_address("192.0.2.1", 5060), kOptions}, turn);
  EXPECT_TRUE(world.sent().starts_with("SIP/2.0 200 OK"));
  stream->on_closed(engine::CloseReason::by_peer, turn);
  connection->on_closed(engine::CloseReason::by_peer, turn);
}

TEST(ShardService, BothAreToldThatTheNodeStops) {
  World world;
  engine::Turn turn = world.turn();
  auto connection = world.service->accept({{2, 1}, 2, "192.0.2.1", 1001}, turn);
  world.service->on_shutdown(turn);
  ASSERT_EQ(world.out.effects().size(), 1u);
  EXPECT_EQ(world.out.effects()[0].kind, engine::EffectKind::close);
  EXPECT_EQ(world.service->accept({{3, 1}, 0, "192.0.2.1", 1000}, turn), nullptr);
  EXPECT_EQ(world.service->accept({{4, 1}, 2, "192.0.2.1", 1000}, turn), nullptr);
  connection->on_closed(engine::CloseReason::by_us, turn);
}

}  // namespace
}  // namespace gateway
