// Datagrams from the socket to the service and back, on both backends, with their limits.
#include "engine/net/network.h"
#include "tests/engine/io/datagram_client.h"
#include "tests/engine/net/harness.h"

namespace engine {
namespace {

using test::Backend;
using test::DatagramClient;
using test::Harness;
using test::HarnessOptions;
using trace::Counter;

class DatagramsTest : public testing::TestWithParam<Backend> {
 protected:
  HarnessOptions options() {
    HarnessOptions made{.backend = GetParam()};
    made.net.listeners = {{.address = "127.0.0.1"},
                          {.address = "127.0.0.1", .transport = ListenerTransport::datagram},
                          {.address = "127.0.0.1", .transport = ListenerTransport::datagram}};
    made.net.datagrams_per_turn = 32;
    return made;
  }
  std::string answer(Harness& harness, DatagramClient& client) {
    std::string got;
    harness.until([&] { return !(got = client.take()).empty(); });
    return got;
  }
};

TEST_P(DatagramsTest, EachListenerHearsItsOwnAndAnswersFromItsPort) {
  Harness harness(options());
  DatagramClient client;
  client.send(harness.port(1), "one ");
  EXPECT_EQ("one one ", answer(harness, client));
  EXPECT_EQ(harness.port(1), client.last_from().port);
  client.send(harness.port(2), "two ");
  EXPECT_EQ("two two ", answer(harness, client));
  EXPECT_EQ(harness.port(2), client.last_from().port);
  EXPECT_EQ((std::vector<std::string>{"1 127.0.0.1 one ", "2 127.0.0.1 two "}),
            harness.events.datagrams);
}

TEST_P(DatagramsTest, AFloodIsTakenInSharesAndNothingOfWhatTheKernelKeptIsLost) {
  Harness harness(options());
  DatagramClient client;
  constexpr size_t kMany = 300;
  for (size_t i = 0; i < kMany; ++i) client.send(harness.port(1), std::to_string(i));
  size_t most = 0;
  for (int i = 0; i < 200 && harness.events.datagrams.size() < kMany; ++i) {
    const size_t before = harness.events.datagrams.size();
    harness.turn();
    most = std::max(most, harness.events.datagrams.size() - before);
  }
  ASSERT_EQ(kMany, harness.events.datagrams.size());
  EXPECT_LE(most, harness.options.net.datagrams_per_turn);
  size_t answers = 0;
  harness.until([&] {
    while (!client.take().empty()) ++answers;
    return answers == kMany;
  });
  EXPECT_EQ(kMany, answers);
}

TEST_P(DatagramsTest, TheNewestIsDroppedAndCountedWhenTheQueueIsFull) {
  HarnessOptions limited = options();
  limited.net.datagrams_queued = 10;
  Harness harness(limited);
  DatagramClient client;
  const uint64_t dropped = trace::total(Counter::datagrams_dropped);
  harness.on_shard(0, [&](Shard& shard) {
    for (int i = 0; i < 15; ++i) {
      shard.current().out.send_datagram(1, client.address(), std::to_string(i));
    }
  });
  harness.turn();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(std::to_string(i), answer(harness, client));
  for (int i = 0; i < 5; ++i) harness.turn();
  EXPECT_EQ("", client.take());
  EXPECT_EQ(dropped + 5, trace::total(Counter::datagrams_dropped));
  client.send(harness.port(1), "room ");
  EXPECT_EQ("room room ", answer(harness, client));
}

TEST_P(DatagramsTest, BytesQueuedAreLimitedToo) {
  HarnessOptions limited = options();
  limited.net.datagram_bytes_queued = 1000;
  Harness harness(limited);
  DatagramClient client;
  const uint64_t dropped = trace::total(Counter::datagrams_dropped);
  harness.on_shard(0, [&](Shard& shard) {
    for (int i = 0; i < 3; ++i) {
      shard.current().out.send_datagram(1, client.address(), std::string(400, 'x'));
    }
  });
  EXPECT_EQ(std::string(400, 'x'), answer(harness, client));
  EXPECT_EQ(dropped + 1, trace::total(Counter::datagrams_dropped));
}

TEST_P(DatagramsTest, WhatTheKernelRefusesIsCountedAndEndsNothing) {
  Harness harness(options());
  DatagramClient client;
  const uint64_t errors = trace::total(Counter::datagram_send_errors);
  harness.on_shard(0, [&](Shard& shard) {
    shard.current().out.send_datagram(1, base::parse_address("::1", 9), "from an IPv4 socket");
    shard.current().out.send_datagram(1, client.address(), "good");
  });
  EXPECT_EQ("good", answer(harness, client));
  EXPECT_TRUE(harness.until(
      [&] { return trace::total(Counter::datagram_send_errors) == errors + 1; }));
}

TEST_P(DatagramsTest, HeldReadingLeavesThemInTheKernel) {
  Harness harness(options());
  DatagramClient client;
  harness.shard().log.lags = true;
  for (int i = 0; i < 3; ++i) harness.turn();
  client.send(harness.port(1), "waits ");
  for (int i = 0; i < 10; ++i) harness.turn();
  EXPECT_TRUE(harness.events.datagrams.empty());
  harness.shard().log.lags = false;
  EXPECT_EQ("waits waits ", answer(harness, client));
}

TEST_P(DatagramsTest, ADrainingShardHearsNoMoreButStillSends) {
  Harness harness(options());
  DatagramClient client;
  harness.on_shard(0, [&](Shard& shard) {
    shard.drain(base::Duration::seconds(10));
    shard.current().out.send_datagram(1, client.address(), "goodbye");
  });
  EXPECT_EQ("goodbye", answer(harness, client));
  client.send(harness.port(1), "too late");
  for (int i = 0; i < 10; ++i) harness.turn();
  EXPECT_TRUE(harness.events.datagrams.empty());
}

INSTANTIATE_TEST_SUITE_P(Backends, DatagramsTest, test::all_backends(), test::backend_name);

}  // namespace
}  // namespace engine
