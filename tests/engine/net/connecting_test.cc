// Connections that a shard makes, plain ones: to a listener of its own, and to nobody.
#include "engine/net/connecting.h"

#include "engine/net/network.h"
#include "tests/engine/net/harness.h"

namespace engine {
namespace {

using test::Backend;
using test::Client;
using test::Harness;
using test::HarnessOptions;
using trace::Counter;

base::SocketAddress here(uint16_t port) { return base::parse_address("127.0.0.1", port); }

// Of the documentation's network: nobody answers, and nobody says so.
base::SocketAddress silent_host(std::vector<std::unique_ptr<Client>>& clients, int listener,
                                uint16_t port) {
  ::listen(listener, 0);
  clients.push_back(std::make_unique<Client>(port));  // fills the backlog
  return here(port);
}

// A listener that nobody accepts from.
struct Silent {
  Silent() {
    socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in own{};
    own.sin_family = AF_INET;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(socket, reinterpret_cast<sockaddr*>(&own), sizeof own);
    socklen_t length = sizeof own;
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&own), &length);
    address = silent_host(clients, socket, ntohs(own.sin_port));
  }
  ~Silent() { ::close(socket); }
  int socket = -1;
  base::SocketAddress address;
  std::vector<std::unique_ptr<Client>> clients;
};

class ConnectingTest : public testing::TestWithParam<Backend> {
 protected:
  HarnessOptions options() { return {.backend = GetParam()}; }
  void connect(Harness& harness, const base::SocketAddress& to, uint64_t token = 1) {
    harness.on_shard(0, [&](Shard& shard) { shard.current().out.connect(token, {.remote = to}); });
  }
};

TEST_P(ConnectingTest, WhatIsConnectedIsAPeerLikeAnyOther) {
  Harness harness(options());
  connect(harness, here(harness.port()), 77);
  ASSERT_TRUE(harness.until([&] { return harness.events.accepted == 2; }));  // both ends
  EXPECT_EQ(std::vector<uint64_t>{77}, harness.events.connected);
  EXPECT_EQ(2u, harness.connections());
  // Its own words are sent back by the other end, for ever: both obey lines.
  const ConnectionId ours = harness.events.last;
  harness.on_shard(0, [&](Shard& shard) { shard.current().out.send(ours, "close\n"); });
  ASSERT_TRUE(harness.until([&] { return harness.connections() == 0; }));
  EXPECT_EQ(2u, harness.events.closed.size());
}

TEST_P(ConnectingTest, NobodyListeningIsToldToWhoeverAsked) {
  uint16_t port = 0;
  {
    Harness gone(options());
    port = gone.port();
  }
  Harness harness(options());
  const uint64_t failed = trace::total(Counter::connects_failed);
  connect(harness, here(port));
  ASSERT_TRUE(harness.until([&] { return !harness.events.connect_failures.empty(); }));
  EXPECT_EQ(std::vector<ConnectFailure>{ConnectFailure::refused}, harness.events.connect_failures);
  EXPECT_EQ(failed + 1, trace::total(Counter::connects_failed));
}

TEST_P(ConnectingTest, SilenceEndsWithItsDeadline) {
  Silent silent;
  Harness harness(options());
  connect(harness, silent.address);
  for (int i = 0; i < 5; ++i) harness.turn();
  harness.skip(base::Duration::seconds(4));
  EXPECT_TRUE(harness.events.connect_failures.empty());
  harness.skip(base::Duration::seconds(2));
  ASSERT_TRUE(harness.until([&] { return !harness.events.connect_failures.empty(); }));
  EXPECT_EQ(std::vector<ConnectFailure>{ConnectFailure::timeout}, harness.events.connect_failures);
}

TEST_P(ConnectingTest, MoreThanTheLimitFailAtOnce) {
  HarnessOptions limited = options();
  limited.net.connects_per_shard = 2;
  Silent silent;
  Harness harness(limited);
  for (uint64_t i = 0; i < 3; ++i) connect(harness, silent.address, i);
  harness.turn();
  EXPECT_EQ(std::vector<ConnectFailure>{ConnectFailure::limit}, harness.events.connect_failures);
  harness.skip(base::Duration::seconds(6));
  ASSERT_TRUE(harness.until([&] { return harness.events.connect_failures.size() == 3; }));
  connect(harness, here(harness.port()), 9);
  ASSERT_TRUE(harness.until([&] { return !harness.events.connected.empty(); }));
}

TEST_P(ConnectingTest, AServiceThatHasChangedItsMindGetsNoConnection) {
  Harness harness(options());
  harness.shard().service.refuses = true;
  connect(harness, here(harness.port()));
  ASSERT_TRUE(harness.until([&] { return !harness.events.connected.empty(); }));
  ASSERT_TRUE(harness.until([&] { return harness.connections() == 0; }));
  EXPECT_EQ(0, harness.events.accepted);
}

TEST_P(ConnectingTest, ADrainingShardGivesUpWhatIsUnderWayAndBeginsNothing) {
  Silent silent;
  Harness harness(options());
  connect(harness, silent.address);
  harness.turn();
  harness.on_shard(0, [](Shard& shard) { shard.drain(base::Duration::seconds(10)); });
  ASSERT_TRUE(harness.until([&] { return !harness.events.connect_failures.empty(); }));
  connect(harness, here(harness.port()));
  ASSERT_TRUE(harness.until([&] { return harness.events.connect_failures.size() == 2; }));
  for (const ConnectFailure why : harness.events.connect_failures) {
    EXPECT_EQ(ConnectFailure::shutdown, why);
  }
  EXPECT_TRUE(harness.shard().shard.drained());
}

TEST_P(ConnectingTest, StartTlsOnOneOfOursClosesIt) {
  Harness harness(options());
  connect(harness, here(harness.port()));
  ASSERT_TRUE(harness.until([&] { return !harness.events.connected.empty(); }));
  ASSERT_TRUE(harness.until([&] { return harness.events.accepted == 2; }));
  harness.on_shard(0, [&](Shard& shard) { shard.current().out.start_tls(harness.events.last); });
  ASSERT_TRUE(harness.until([&] { return harness.connections() == 0; }));
  EXPECT_EQ(CloseReason::tls_handshake, harness.events.closed.front());
}

INSTANTIATE_TEST_SUITE_P(Backends, ConnectingTest, test::all_backends(), test::backend_name);

}  // namespace
}  // namespace engine
