// Connections that change shards: nothing is lost, doubled or reordered, whatever is under way.
#include <algorithm>
#include <atomic>
#include <thread>

#include "engine/net/shard_set.h"
#include "tests/engine/net/harness.h"
#include "tests/support/memory_log.h"

namespace engine {
namespace {

using test::Client;
using test::Harness;
using test::HarnessOptions;
using trace::Counter;

class MovingTest : public testing::TestWithParam<test::Backend> {
 protected:
  HarnessOptions options(ShardId shards) const {
    HarnessOptions made;
    made.backend = GetParam();
    made.shards = shards;
    return made;
  }
};

TEST_P(MovingTest, GoesAndTellsItsNewName) {
  Harness harness(options(2));
  Client client(harness.port());
  EXPECT_EQ(harness.exchange(client, "move 1\n", 5), "on 1\n");
  EXPECT_EQ(harness.shard(0).network.connections(), 0u);
  EXPECT_EQ(harness.shard(1).network.connections(), 1u);
  EXPECT_EQ(harness.exchange(client, "hello\n", 6), "hello\n");
  EXPECT_EQ(harness.exchange(client, "close\n", 0), "");
  EXPECT_TRUE(harness.until([&] { return harness.events.closed.size() == 1; }));
}

TEST_P(MovingTest, ToTheShardItIsOnAlreadyHappensAtOnce) {
  Harness harness(options(2));
  Client client(harness.port());
  EXPECT_EQ(harness.exchange(client, "move 0\n", 5), "on 0\n");
  EXPECT_EQ(harness.exchange(client, "hello\n", 6), "hello\n");
}

TEST_P(MovingTest, UnsentBytesGoAlong) {
  Harness harness(options(2));
  Client client(harness.port(), 4096);
  client.send("flood 900000\nmove 1\n");
  const std::string got = harness.read(client, 900005);
  EXPECT_EQ(got, std::string(900000, 'x') + "on 1\n");
  EXPECT_EQ(harness.shard(1).network.connections(), 1u);
}

TEST_P(MovingTest, AClientThatEndsOnTheWayIsNoticedOnTheOtherSide) {
  Harness harness(options(2));
  for (int i = 0; i < 20; ++i) {
    Client client(harness.port());
    client.send("move 1\nlast\n");
    if (i % 2 == 0) harness.turn();
    client.finish();
    std::string got;
    EXPECT_TRUE(harness.until([&] {
      got += client.take();
      return client.ended();
    }));
    EXPECT_EQ(got, "last\non 1\n");
    EXPECT_TRUE(harness.until([&] { return harness.connections() == 0; }));
  }
  EXPECT_EQ(harness.events.closed, std::vector<CloseReason>(20, CloseReason::by_peer));
}

TEST_P(MovingTest, AFullShardRefuses) {
  HarnessOptions with = options(2);
  with.net.connections_per_shard = 2;
  Harness harness(with);
  const uint64_t refused = total(Counter::handovers_refused);
  std::vector<Client> clients;
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back(harness.port());
    clients.back().send("move 1\n");
    harness.until([&] { return harness.connections() == static_cast<size_t>(i + 1); }, 300);
    for (int k = 0; k < 20; ++k) harness.turn();
  }
  EXPECT_TRUE(harness.until([&] { return total(Counter::handovers_refused) == refused + 1; }));
  EXPECT_TRUE(harness.until([&] { return harness.events.closed.size() == 1; }));
}

TEST_P(MovingTest, NumberedLinesSurviveConstantMoving) {
  HarnessOptions with = options(3);
  with.net.receive_bytes_per_turn = 512;  // so that carry-over happens too
  with.net.send_hard_bytes = 8 << 20;
  Harness harness(with);
  constexpr int kLines = 20'000;
  Client client(harness.port());
  base::Prng random(5);
  std::string sent;
  for (int i = 0; i < kLines; ++i) {
    sent += std::to_string(i) + "\n";
    if (random.below(20) == 0) sent += "move " + std::to_string(random.below(3)) + "\n";
  }
  const std::string last = "\n" + std::to_string(kLines - 1) + "\n";
  std::string got;
  size_t at = 0;
  const uint64_t moves = total(Counter::handovers_in);
  EXPECT_TRUE(harness.until([&] {
    // In chunks of random size, cut anywhere.
    const size_t chunk = std::min(sent.size() - at, 1 + random.below(700));
    if (chunk > 0 && client.send(sent.substr(at, chunk))) at += chunk;
    got += client.take();
    return got.find(last) != std::string::npos;
  }, 20'000)) << got.size() << " of " << sent.size();
  int expected = 0;
  for (size_t begin = 0; begin < got.size();) {
    const size_t end = got.find('\n', begin);
    const std::string line = got.substr(begin, end - begin);
    begin = end + 1;
    if (line.starts_with("on ")) continue;
    ASSERT_EQ(line, std::to_string(expected));
    ++expected;
  }
  EXPECT_EQ(expected, kLines);
  EXPECT_GT(total(Counter::handovers_in), moves + 50);
}

// With direct descriptors a socket takes a while to reach the other shard's ring.
class PassingTest : public testing::Test {
 protected:
  static HarnessOptions options() {
    HarnessOptions made;
    made.backend = test::Backend::uring_direct;
    made.shards = 2;
    return made;
  }
};

TEST_F(PassingTest, AConnectionThatEndsWhileItIsPassedLeavesNothingBehind) {
  HarnessOptions with = options();
  with.reactor.direct_descriptors = 4;
  Harness harness(with);
  for (int i = 0; i < 12; ++i) {
    SCOPED_TRACE(i);
    harness.shard(0).reactor.hold_passes = true;
    Client client(harness.port());
    ASSERT_TRUE(client.send("move 1\n"));
    ASSERT_TRUE(harness.until([&] { return harness.shard(0).reactor.held_passes() == 1; }));
    // Its peer gives up now, orderly or not.
    const bool orderly = i % 2 == 0;
    harness.on_shard(0, [&](Shard& shard) {
      if (orderly) shard.current().out.close(harness.events.last);
      if (!orderly) shard.current().out.abort(harness.events.last);
    });
    EXPECT_EQ(harness.events.closed.size(), static_cast<size_t>(i + 1));
    if (i % 4 == 0) client.finish();
    EXPECT_FALSE(harness.until([&] { return harness.connections() == 0; }, 20))
        << "it waits for the pass to end";
    harness.skip(base::Duration::seconds(20));  // and no deadline hurries it
    harness.shard(0).reactor.hold_passes = false;
    client.finish();
    EXPECT_TRUE(harness.until([&] {
      client.take();
      return client.ended() && harness.connections() == 0;
    })) << "the copy in the other table is closed, or there would be no end";
  }
}

TEST_F(PassingTest, AFullTableOverThereRefusesTheConnection) {
  HarnessOptions with = options();
  with.reactor.direct_descriptors = 4;
  Harness harness(with);
  const uint64_t refused = total(Counter::handovers_refused);
  std::vector<Client> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back(harness.port());
    EXPECT_EQ(harness.exchange(clients.back(), "move 1\n", 5), "on 1\n");
  }
  Client late(harness.port());
  late.send("move 1\n");
  EXPECT_TRUE(harness.until([&] { return total(Counter::handovers_refused) == refused + 1; }));
  EXPECT_EQ(harness.events.closed, (std::vector<CloseReason>{CloseReason::by_us}));
  EXPECT_EQ(harness.exchange(clients[0], "hello\n", 6), "hello\n");
  clients[0].close();
  EXPECT_TRUE(harness.until([&] { return harness.shard(1).network.connections() == 3; }));
  Client next(harness.port());
  EXPECT_EQ(harness.exchange(next, "move 1\n", 5), "on 1\n") << "there is room again";
}

// The same with threads: what the sanitizer for threads is to look at. These peers keep nothing
// that two shards could touch.
class QuietPeer final : public Peer {
 public:
  QuietPeer(ConnectionId connection, ShardId shards) : connection_(connection), shards_(shards) {}
  void on_bytes(base::Bytes in, Turn& turn) override {
    turn.out.send(connection_, in);
    if (++calls_ % 2 == 0) {
      turn.out.move(connection_, static_cast<ShardId>((turn.shard + 1) % shards_));
    }
  }
  void on_secured(const TlsFacts&, Turn&) override {}
  void on_moved(ConnectionId connection, Turn&) override { connection_ = connection; }
  void on_congestion(bool congested, Turn& turn) override {
    if (congested) turn.out.pause(connection_);
    if (!congested) turn.out.resume(connection_);
  }
  void on_sent(Turn&) override {}
  void on_closed(CloseReason, Turn&) override {}

 private:
  ConnectionId connection_;
  const ShardId shards_;
  int calls_ = 0;
};

// Also sends letters around all shards, so that mailboxes and doorbells are at work.
class QuietService final : public Service {
 public:
  QuietService(ShardId here, ShardId shards, std::atomic<int>& letters)
      : here_(here), shards_(shards), letters_(letters) {}
  std::unique_ptr<Peer> accept(const Accepted& how, Turn& turn) override {
    pass_on(turn, 200);
    return std::make_unique<QuietPeer>(how.connection, shards_);
  }
  void on_mail(const Envelope& mail, Turn& turn) override {
    ++letters_;
    if (mail.key > 0) pass_on(turn, mail.key - 1);
  }
  void on_refused(const Envelope&, Turn&) override {}
  void on_answer(QuestionPtr, Turn&) override {}
  void on_committed(Turn&) override {}
  void on_recovered(std::vector<JournalEntry>, Turn&) override {}
  void on_shutdown(Turn&) override {}

 private:
  void pass_on(Turn& turn, uint64_t hops) {
    EnvelopePtr envelope = make_envelope(8);
    envelope->to = static_cast<ShardId>((here_ + 1) % shards_);
    envelope->key = hops;
    turn.out.mail(std::move(envelope));
  }
  const ShardId here_;
  const ShardId shards_;
  std::atomic<int>& letters_;
};

class QuietMaker final : public ShardMaker {
 public:
  explicit QuietMaker(ShardId shards) : shards_(shards) {}
  std::unique_ptr<Service> make_service(ShardId shard) override {
    return std::make_unique<QuietService>(shard, shards_, letters);
  }
  std::unique_ptr<base::Random> make_random(ShardId shard) override {
    return std::make_unique<base::Prng>(shard);
  }
  std::unique_ptr<Log> make_log(ShardId, Reactor&, std::vector<JournalEntry>&) override {
    return std::make_unique<tests::MemoryLog>();
  }
  std::atomic<int> letters{0};

 private:
  const ShardId shards_;
};

TEST_P(MovingTest, ThreadsHandConnectionsAroundWithoutLosingAByte) {
  constexpr ShardId kShards = 3;
  constexpr int kClients = 6;
  constexpr int kLines = 4000;
  ShardSetOptions options;
  options.io = test::kind_of(GetParam());
  options.reactor.direct_descriptors = test::direct_descriptors(GetParam());
  options.net.listeners = {{"127.0.0.1", 0, false}};
  options.pin = false;
  Mesh mesh({.shards = kShards, .mailbox_capacity = 16});
  QuietMaker maker(kShards);
  test::NobodyAnswers nobody;
  ShardSet shards(options, mesh, maker, nobody, nullptr);
  const base::Status started = shards.start();
  ASSERT_TRUE(started) << started.error().what;
  EXPECT_STREQ(shards.io_name(), GetParam() == test::Backend::epoll ? "epoll" : "uring");
  const uint64_t moves = total(Counter::handovers_in);
  std::vector<std::thread> threads;
  std::atomic<int> correct{0};
  for (int i = 0; i < kClients; ++i) {
    threads.emplace_back([&, i] {
      Client client(shards.ports()[0]);
      std::string sent;
      for (int line = 0; line < kLines; ++line) {
        sent += std::to_string(i) + ":" + std::to_string(line) + "\n";
      }
      std::string got;
      size_t at = 0;
      while (got.size() < sent.size() && !client.ended()) {
        const size_t chunk = std::min<size_t>(sent.size() - at, 700);
        if (chunk > 0 && client.send(std::string_view(sent).substr(at, chunk))) at += chunk;
        // Waits for some of it, so that there are many receives.
        pollfd readable{client.socket(), POLLIN, 0};
        ::poll(&readable, 1, chunk == 0 ? 1000 : 1);
        got += client.take();
      }
      if (got == sent) ++correct;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(correct, kClients);
  EXPECT_GT(total(Counter::handovers_in), moves + 50);
  // Letters go round on their own account, and draining does not wait for them.
  for (int i = 0; i < 5000 && maker.letters.load() < kClients * 201; ++i) ::poll(nullptr, 0, 1);
  shards.drain(base::Duration::seconds(1));
  shards.join();
  EXPECT_EQ(shards.connections(), 0);
  EXPECT_EQ(maker.letters.load(), kClients * 201);
}

struct CountedTask final : Task {
  CountedTask(std::atomic<int>& how_many_ran, std::atomic<int>& how_many_gone)
      : ran(how_many_ran), gone(how_many_gone) {}
  ~CountedTask() override { ++gone; }
  void run(Shard&) override { ++ran; }
  std::atomic<int>& ran;
  std::atomic<int>& gone;
};

TEST_P(MovingTest, OthersMayPostAndRingUntilTheThreadsAreLongGone) {
  ShardSetOptions options;
  options.io = test::kind_of(GetParam());
  options.reactor.direct_descriptors = test::direct_descriptors(GetParam());
  options.pin = false;
  Mesh mesh({.shards = 2});
  QuietMaker maker(2);
  test::NobodyAnswers nobody;
  ShardSet shards(options, mesh, maker, nobody, nullptr);
  ASSERT_TRUE(shards.start());
  std::atomic<int> ran{0};
  std::atomic<int> gone{0};
  std::atomic<int> refused{0};
  std::atomic<bool> over{false};
  int made = 0;
  std::thread other([&] {
    for (ShardId shard = 0; !over.load(); shard ^= 1) {
      TaskPtr task = std::make_unique<CountedTask>(ran, gone);
      ++made;
      if (!shards.post(shard, task)) ++refused;
      mesh.wake(shard);
    }
  });
  const auto beyond = [](const std::atomic<int>& count, int bound) {
    for (int i = 0; i < 20'000 && count.load() <= bound; ++i) ::poll(nullptr, 0, 1);
    return count.load() > bound;
  };
  EXPECT_TRUE(beyond(ran, 100));
  shards.drain(base::Duration{});
  shards.join();
  const int at_the_end = ran.load();
  EXPECT_TRUE(beyond(refused, refused.load() + 100)) << "nobody is there to take them";
  over = true;
  other.join();
  EXPECT_EQ(ran.load(), at_the_end);
  EXPECT_EQ(gone.load(), made) << "whoever waits for a task must learn that it will never run";
}

// The shard that closes the last connection was about to sleep for good.
TEST_P(MovingTest, ADrainEndsAlthoughNoClientGoes) {
  constexpr ShardId kShards = 2;
  ShardSetOptions options;
  options.io = test::kind_of(GetParam());
  options.reactor.direct_descriptors = test::direct_descriptors(GetParam());
  options.net.listeners = {{"127.0.0.1", 0, false}};
  options.pin = false;
  Mesh mesh({.shards = kShards});
  QuietMaker maker(kShards);
  test::NobodyAnswers nobody;
  ShardSet shards(options, mesh, maker, nobody, nullptr);
  ASSERT_TRUE(shards.start());
  std::vector<Client> clients;
  for (int i = 0; i < 5; ++i) clients.emplace_back(shards.ports()[0]);
  for (int i = 0; i < 5000 && shards.connections() < 5; ++i) ::poll(nullptr, 0, 1);
  EXPECT_EQ(shards.connections(), 5);
  shards.drain(base::Duration::milliseconds(200));
  shards.join();
  EXPECT_EQ(shards.connections(), 0);
}

TEST_P(MovingTest, ShardsThatCannotListenSayWhy) {
  ShardSetOptions options;
  options.io = test::kind_of(GetParam());
  options.reactor.direct_descriptors = test::direct_descriptors(GetParam());
  options.net.listeners = {{"192.0.2.1", 5222, false}};
  Mesh mesh({.shards = 2});
  QuietMaker maker(2);
  test::NobodyAnswers nobody;
  ShardSet shards(options, mesh, maker, nobody, nullptr);
  const base::Status started = shards.start();
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().what.find("192.0.2.1 port 5222"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Backends, MovingTest,
                         test::all_backends(), test::backend_name);

}  // namespace
}  // namespace engine
