// Connections over loopback, on both backends: what a peer sees, and what leaves when.
#include "engine/net/network.h"

#include "tests/engine/net/harness.h"

namespace engine {
namespace {

using test::Client;
using test::Harness;
using test::HarnessOptions;
using trace::Counter;

class NetworkTest : public testing::TestWithParam<test::Backend> {
 protected:
  HarnessOptions options() const {
    HarnessOptions made;
    made.backend = GetParam();
    return made;
  }
};

TEST_P(NetworkTest, EchoesLines) {
  Harness harness(options());
  Client client(harness.port());
  EXPECT_EQ(harness.exchange(client, "hello\n", 6), "hello\n");
  EXPECT_EQ(harness.exchange(client, "again\n", 6), "again\n");
}

TEST_P(NetworkTest, EverythingQueuedInATurnLeavesInOneSend) {
  Harness harness(options());
  Client client(harness.port());
  harness.exchange(client, "hello\n", 6);
  const int before = harness.shard().reactor.sends;
  // Ten callbacks, ten send effects, one turn.
  EXPECT_EQ(harness.exchange(client, "mail 10\n", 70).size(), 70u);
  EXPECT_EQ(harness.shard().reactor.sends, before + 1);
}

TEST_P(NetworkTest, WhatIsSentBeforeCloseArrivesAndThenTheEnd) {
  Harness harness(options());
  Client client(harness.port());
  client.send("flood 200000\nclose\nignored\n");
  std::string got;
  EXPECT_TRUE(harness.until([&] {
    got += client.take();
    return client.ended();
  }));
  EXPECT_EQ(client.error(), 0) << "FIN, no reset, although the client's last line was not read";
  EXPECT_EQ(got, std::string(200000, 'x'));
  ASSERT_EQ(harness.events.closed.size(), 1u);
  EXPECT_EQ(harness.events.closed[0], CloseReason::by_us);
  client.close();
  EXPECT_TRUE(harness.until([&] { return harness.connections() == 0; }));
}

TEST_P(NetworkTest, AClientThatNeverFinishesIsNotWaitedForLong) {
  Harness harness(options());
  Client client(harness.port());
  client.send("close\n");
  EXPECT_TRUE(harness.until([&] { return harness.events.closed.size() == 1; }));
  harness.until([&] {
    client.take();
    return client.ended();
  });
  EXPECT_EQ(harness.connections(), 1u) << "lingers for the other FIN";
  harness.skip(base::Duration::seconds(3));
  EXPECT_TRUE(harness.until([&] { return harness.connections() == 0; }));
}

TEST_P(NetworkTest, AbortDropsWhatIsQueued) {
  Harness harness(options());
  Client client(harness.port(), 4096);
  client.send("flood 900000\nabort\n");
  EXPECT_TRUE(harness.until([&] { return harness.events.closed.size() == 1; }));
  EXPECT_TRUE(harness.until([&] { return harness.connections() == 0; }));
  ASSERT_EQ(harness.events.closed.size(), 1u);
  EXPECT_EQ(harness.events.closed[0], CloseReason::by_us);
}

TEST_P(NetworkTest, HalfClosingClientGetsItsAnswerFirst) {
  Harness harness(options());
  Client client(harness.port());
  client.send("question\n");
  client.finish();
  std::string got;
  EXPECT_TRUE(harness.until([&] {
    got += client.take();
    return client.ended();
  }));
  EXPECT_EQ(got, "question\n");
  ASSERT_EQ(harness.events.closed.size(), 1u);
  EXPECT_EQ(harness.events.closed[0], CloseReason::by_peer);
}

TEST_P(NetworkTest, ResetIsTheNetworksFault) {
  Harness harness(options());
  Client client(harness.port());
  harness.exchange(client, "hello\n", 6);
  client.reset();
  EXPECT_TRUE(harness.until([&] { return harness.connections() == 0; }));
  ASSERT_EQ(harness.events.closed.size(), 1u);
  EXPECT_EQ(harness.events.closed[0], CloseReason::network);
}

TEST_P(NetworkTest, APausedPeerGetsNothingUntilResumedAndThenEverything) {
  Harness harness(options());
  Client client(harness.port());
  harness.exchange(client, "hello\n", 6);
  client.send("pause\n");
  EXPECT_TRUE(harness.until([&] { return harness.events.received.ends_with("pause\n"); }));
  for (int i = 0; i < 50; ++i) harness.turn();
  client.send("one\n");
  client.send("two\n");
  client.finish();
  for (int i = 0; i < 50; ++i) harness.turn();
  EXPECT_EQ(harness.events.received, "hello\npause\n");
  EXPECT_TRUE(harness.events.closed.empty());
  const ConnectionId id = harness.events.last;
  harness.on_shard(0, [id](Shard& shard) { shard.current().out.resume(id); });
  EXPECT_EQ(harness.read(client, 8), "one\ntwo\n");
  EXPECT_TRUE(harness.until([&] { return harness.events.closed.size() == 1; }));
}

TEST_P(NetworkTest, AFloodGetsItsShareAndOthersAreServedMeanwhile) {
  HarnessOptions with = options();
  with.net.receive_bytes_per_turn = 4096;
  with.net.send_hard_bytes = 64 << 20;
  Harness harness(with);
  Client flood(harness.port());
  Client other(harness.port());
  harness.exchange(other, "hello\n", 6);
  const std::string line = std::string(999, 'f') + "\n";
  std::string much;
  for (int i = 0; i < 300; ++i) much += line;
  flood.send(much);
  const uint64_t deferred = total(Counter::receives_deferred);
  std::string got;
  size_t turn_of_answer = 0;
  size_t turns = 0;
  other.send("me too\n");
  std::string answer;
  EXPECT_TRUE(harness.until([&] {
    ++turns;
    got += flood.take();
    answer += other.take();
    if (turn_of_answer == 0 && answer == "me too\n") turn_of_answer = turns;
    return got.size() == much.size() && turn_of_answer > 0;
  }, 20000));
  EXPECT_EQ(got, much) << "nothing lost or reordered";
  EXPECT_GT(total(Counter::receives_deferred), deferred + 50);
  EXPECT_LT(turn_of_answer, turns / 2);
}

TEST_P(NetworkTest, StarvedReceivesAreArmedAgain) {
  HarnessOptions with = options();
  with.reactor.receive_buffers = 4;
  with.reactor.receive_buffer_bytes = 64;
  with.net.rearms_per_turn = 2;
  Harness harness(with);
  std::vector<Client> clients;
  for (int i = 0; i < 20; ++i) clients.emplace_back(harness.port());
  EXPECT_TRUE(harness.until([&] { return harness.events.accepted == 20; }));
  const uint64_t starved = total(Counter::receive_buffers_exhausted);
  std::string line = std::string(500, 'z') + "\n";
  for (Client& client : clients) client.send(line);
  for (Client& client : clients) EXPECT_EQ(harness.read(client, line.size()), line);
  EXPECT_GT(total(Counter::receive_buffers_exhausted), starved);
}

TEST_P(NetworkTest, DrainSaysGoodbyeAndClosesWhatIsLeft) {
  Harness harness(options());
  Client client(harness.port());
  harness.exchange(client, "hello\n", 6);
  harness.on_shard(0, [](Shard& shard) { shard.drain(base::Duration::seconds(5)); });
  EXPECT_EQ(harness.events.shutdowns, 1);
  harness.skip(base::Duration::seconds(1));
  EXPECT_EQ(harness.exchange(client, "still here\n", 11), "still here\n");
  EXPECT_FALSE(Client(harness.port()).connected()) << "nobody listens any more";
  harness.skip(base::Duration::seconds(5));
  EXPECT_TRUE(harness.until([&] { return harness.connections() == 0; }));
  ASSERT_EQ(harness.events.closed.size(), 1u);
  EXPECT_EQ(harness.events.closed[0], CloseReason::shutdown);
}

INSTANTIATE_TEST_SUITE_P(Backends, NetworkTest,
                         test::all_backends(), test::backend_name);

}  // namespace
}  // namespace engine
