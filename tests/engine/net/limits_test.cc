// Every limit of the network layer: reached, counted, and the others feel nothing.
#include <algorithm>

#include "engine/net/network.h"
#include "tests/engine/net/harness.h"

namespace engine {
namespace {

using test::Client;
using test::Harness;
using test::HarnessOptions;
using trace::Counter;

class LimitsTest : public testing::TestWithParam<test::Backend> {
 protected:
  HarnessOptions options() const {
    HarnessOptions made;
    made.backend = GetParam();
    return made;
  }
};

TEST_P(LimitsTest, AReaderThatStopsIsClosedAtTheHardLimit) {
  Harness harness(options());
  Client slow(harness.port(), 4096);
  Client other(harness.port());
  harness.exchange(other, "hello\n", 6);
  harness.exchange(slow, "hello\n", 6);
  const uint64_t closes = total(Counter::send_limit_closes);
  uint64_t most = 0;
  EXPECT_TRUE(harness.until([&] {
    slow.send("flood 65536\n");
    most = std::max(most, harness.shard().network.queued_bytes());
    return !harness.events.closed.empty();
  }));
  EXPECT_EQ(harness.events.closed, (std::vector<CloseReason>{CloseReason::send_limit}));
  EXPECT_EQ(total(Counter::send_limit_closes), closes + 1);
  EXPECT_LE(most, harness.options.net.send_hard_bytes + 65536u) << "memory stays bounded";
  ASSERT_FALSE(harness.events.congestion.empty());
  EXPECT_TRUE(harness.events.congestion[0]) << "the protocol was warned before";
  EXPECT_EQ(harness.exchange(other, "and I?\n", 7), "and I?\n");
  EXPECT_TRUE(harness.until([&] { return harness.connections() == 1; }))
      << "the send that waited was cancelled";
}

TEST_P(LimitsTest, CongestionEndsWhenTheReaderCatchesUp) {
  Harness harness(options());
  Client client(harness.port(), 4096);
  client.send("flood 900000\n");
  EXPECT_TRUE(harness.until([&] { return !harness.events.congestion.empty(); }));
  EXPECT_EQ(harness.read(client, 900000).size(), 900000u);
  EXPECT_EQ(harness.events.congestion, (std::vector<bool>{true, false}));
}

TEST_P(LimitsTest, APeerIsToldWhenTheSocketHasTakenWhatItSentSoFar) {
  Harness harness(options());
  Client client(harness.port(), 4096);
  client.send("sent\n");
  EXPECT_TRUE(harness.until([&] { return harness.events.sent == 1; })) << "nothing was queued";
  client.send("flood 900000\nsent\nflood 50000\n");
  EXPECT_TRUE(harness.until([&] { return !harness.events.congestion.empty(); }));
  for (int i = 0; i < 200; ++i) harness.turn();
  EXPECT_EQ(harness.events.sent, 1) << "the client has not read";
  EXPECT_EQ(harness.read(client, 950000).size(), 950000u);
  EXPECT_EQ(harness.events.sent, 2);
  client.send("flood 900000\nsent\n");
  for (int i = 0; i < 200; ++i) harness.turn();
  client.close();
  EXPECT_TRUE(harness.until([&] { return harness.connections() == 0; }));
  EXPECT_EQ(harness.events.sent, 2) << "it never left";
}

TEST_P(LimitsTest, NoProgressForTooLongCloses) {
  Harness harness(options());
  Client slow(harness.port(), 4096);
  slow.send("flood 900000\n");
  for (int i = 0; i < 200; ++i) harness.turn();
  EXPECT_TRUE(harness.events.closed.empty());
  const uint64_t stalls = total(Counter::send_stall_closes);
  harness.skip(base::Duration::seconds(29));
  EXPECT_TRUE(harness.events.closed.empty());
  harness.skip(base::Duration::seconds(3));
  ASSERT_EQ(harness.events.closed.size(), 1u);
  EXPECT_EQ(harness.events.closed[0], CloseReason::send_limit);
  EXPECT_EQ(total(Counter::send_stall_closes), stalls + 1);
}

TEST_P(LimitsTest, TheLongestQueueGoesWhenTheShardsAreFull) {
  HarnessOptions with = options();
  with.net.send_bytes_per_shard = 1'200'000;
  Harness harness(with);
  Client longest(harness.port(), 4096);
  Client shorter(harness.port(), 4096);
  Client fine(harness.port());
  const uint64_t sheds = total(Counter::send_shard_limit_closes);
  longest.send("flood 1000000\n");
  EXPECT_TRUE(harness.until([&] { return !harness.events.congestion.empty(); }));
  shorter.send("flood 600000\n");
  EXPECT_TRUE(harness.until([&] { return !harness.events.closed.empty(); }));
  EXPECT_EQ(total(Counter::send_shard_limit_closes), sheds + 1);
  EXPECT_EQ(harness.read(shorter, 600000).size(), 600000u);
  EXPECT_EQ(harness.exchange(fine, "hello\n", 6), "hello\n");
  EXPECT_EQ(harness.events.closed, (std::vector<CloseReason>{CloseReason::send_limit}));
}

TEST_P(LimitsTest, AShardTakesNoMoreThanItsConnections) {
  HarnessOptions with = options();
  with.net.connections_per_shard = 3;
  Harness harness(with);
  const uint64_t refused = total(Counter::connections_refused_shard);
  std::vector<Client> clients;
  for (int i = 0; i < 5; ++i) clients.emplace_back(harness.port());
  EXPECT_TRUE(harness.until(
      [&] { return total(Counter::connections_refused_shard) == refused + 2; }));
  EXPECT_EQ(harness.connections(), 3u);
  EXPECT_EQ(harness.exchange(clients[0], "hello\n", 6), "hello\n");
  clients[0].close();
  EXPECT_TRUE(harness.until([&] { return harness.connections() == 2; }));
  Client next(harness.port());
  EXPECT_EQ(harness.exchange(next, "hello\n", 6), "hello\n") << "there is room again";
}

TEST_P(LimitsTest, ASourceHasItsMaximum) {
  HarnessOptions with = options();
  with.net.connections_per_source = 2;
  Harness harness(with);
  const uint64_t refused = total(Counter::connections_refused_source);
  std::vector<Client> clients;
  for (int i = 0; i < 4; ++i) clients.emplace_back(harness.port());
  EXPECT_TRUE(harness.until(
      [&] { return total(Counter::connections_refused_source) == refused + 2; }));
  EXPECT_EQ(harness.connections(), 2u);
}

TEST_P(LimitsTest, AConnectionTheServiceRefusesIsClosed) {
  Harness harness(options());
  harness.shard().service.refuses = true;
  Client client(harness.port());
  EXPECT_TRUE(harness.until([&] {
    client.take();
    return client.ended();
  }));
  EXPECT_EQ(harness.connections(), 0u);
}

TEST_P(LimitsTest, WithoutDescriptorsAcceptingPausesAndThenGoesOn) {
  if (GetParam() == test::Backend::uring_direct) {
    GTEST_SKIP() << "needs none: see DirectDescriptors";
  }
  HarnessOptions with = options();
  with.out_of_descriptors = true;
  const uint64_t pauses = total(Counter::accept_pauses);
  Harness harness(with);
  Client client(harness.port());
  client.send("hello\n");
  EXPECT_TRUE(harness.until([&] { return total(Counter::accept_pauses) > pauses; }));
  for (int i = 0; i < 100; ++i) harness.turn();
  EXPECT_EQ(total(Counter::accept_pauses), pauses + 1) << "it does not try at every turn";
  harness.shard().reactor.out_of_descriptors = false;
  EXPECT_EQ(harness.events.accepted, 0);
  harness.skip(base::Duration::seconds(1));
  EXPECT_EQ(harness.read(client, 6), "hello\n") << "it waited in the backlog";
}

TEST(DirectDescriptors, AFullTablePausesAcceptingWhichThenGoesOn) {
  HarnessOptions with;
  with.backend = test::Backend::uring_direct;
  with.reactor.direct_descriptors = 4;
  Harness harness(with);
  const uint64_t pauses = total(Counter::accept_pauses);
  std::vector<Client> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back(harness.port());
    EXPECT_EQ(harness.exchange(clients.back(), "hello\n", 6), "hello\n");
  }
  EXPECT_EQ(total(Counter::accept_pauses), pauses);
  Client lost(harness.port());
  EXPECT_TRUE(harness.until([&] { return total(Counter::accept_pauses) == pauses + 1; }));
  Client waits(harness.port());
  waits.send("hello\n");
  for (int i = 0; i < 100; ++i) harness.turn();
  EXPECT_EQ(total(Counter::accept_pauses), pauses + 1) << "it does not try at every turn";
  EXPECT_EQ(harness.connections(), 4u);
  EXPECT_EQ(harness.exchange(clients[3], "still\n", 6), "still\n") << "the others feel nothing";
  clients[0].close();
  EXPECT_TRUE(harness.until([&] { return harness.connections() == 3; }));
  harness.skip(base::Duration::seconds(1));
  EXPECT_EQ(harness.read(waits, 6), "hello\n") << "it waited in the backlog";
  EXPECT_EQ(harness.events.accepted, 5);
}

TEST(DirectDescriptors, AClientHasItsAddress) {
  HarnessOptions with;
  with.backend = test::Backend::uring_direct;
  with.net.connections_per_source = 2;
  Harness harness(with);
  const uint64_t refused = total(Counter::connections_refused_source);
  std::vector<Client> clients;
  for (int i = 0; i < 3; ++i) clients.emplace_back(harness.port());
  EXPECT_TRUE(harness.until(
      [&] { return total(Counter::connections_refused_source) == refused + 1; }));
  EXPECT_EQ(harness.connections(), 2u);
}

INSTANTIATE_TEST_SUITE_P(Backends, LimitsTest,
                         test::all_backends(), test::backend_name);

}  // namespace
}  // namespace engine
