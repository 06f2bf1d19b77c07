// One suite for both Linux backends, and for the ring with direct descriptors: what holds for one
// must hold for the others.
#include "engine/io/reactor.h"

#include <sys/resource.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/check.h"
#include "engine/io/make_reactor.h"
#include "engine/io/uring_reactor.h"
#include "engine/trace/counters.h"
#include "tests/engine/io/backends.h"
#include "tests/engine/io/loopback.h"

namespace engine {
namespace {

using test::Backend;
using test::Client;

constexpr uint64_t kListener = 7;
constexpr uint64_t kFirst = 100;

class ReactorTest : public testing::TestWithParam<Backend> {
 protected:
  void SetUp() override { make({}); }

  bool direct() const { return GetParam() == Backend::uring_direct; }

  void make(ReactorLimits limits) {
    reactor_.reset();
    if (limits.direct_descriptors == 0) {
      limits.direct_descriptors = test::direct_descriptors(GetParam());
    }
    auto made = make_reactor(test::kind_of(GetParam()), limits);
    ASSERT_TRUE(made) << made.error().what;
    reactor_ = std::move(made->reactor);
    auto listener = reactor_->listen({"127.0.0.1", 0});
    ASSERT_TRUE(listener) << listener.error().what;
    listener_ = *listener;
    port_ = reactor_->local_port(listener_);
    reactor_->arm_accept(listener_, kListener);
    turn(base::Duration{});
  }

  // Waits at most `patience` and appends what came, with the bytes copied.
  void turn(base::Duration patience = base::Duration::milliseconds(100)) {
    reactor_->submit_and_wait(reactor_->now() + patience);
    for (const Completion& done : reactor_->reap()) {
      seen_.push_back(done);
      text_.emplace_back(done.data);
    }
  }

  // Turns until a completion of that kind and user data has come; takes the first such.
  Completion await(Operation operation, uint64_t user_data, std::string* data = nullptr) {
    for (int i = 0; i < 100; ++i) {
      for (size_t k = 0; k < seen_.size(); ++k) {
        if (seen_[k].operation != operation || seen_[k].user_data != user_data) continue;
        const Completion found = seen_[k];
        if (data != nullptr) *data = text_[k];
        seen_.erase(seen_.begin() + static_cast<ptrdiff_t>(k));
        text_.erase(text_.begin() + static_cast<ptrdiff_t>(k));
        return found;
      }
      turn();
    }
    ADD_FAILURE() << "no completion";
    return {};
  }

  int accept_one() {
    const Completion done = await(Operation::accept, kListener);
    EXPECT_GE(done.result, 0);
    return done.result;
  }

  void send(int socket, std::string_view text, uint64_t user_data) {
    const iovec piece{const_cast<char*>(text.data()), text.size()};
    reactor_->send(socket, {&piece, 1}, user_data);
  }

  std::string from(Client& client, size_t length) {
    std::string got;
    for (int i = 0; i < 100 && got.size() < length && !client.ended(); ++i) {
      turn(base::Duration::milliseconds(5));
      got += client.take();
    }
    return got;
  }

  std::unique_ptr<Reactor> reactor_;
  int listener_ = -1;
  uint16_t port_ = 0;
  std::vector<Completion> seen_;
  std::vector<std::string> text_;
};

TEST_P(ReactorTest, AcceptsManyWithOneArming) {
  std::vector<Client> clients;
  for (int i = 0; i < 20; ++i) clients.emplace_back(port_);
  for (int i = 0; i < 20; ++i) {
    const Completion done = await(Operation::accept, kListener);
    EXPECT_GE(done.result, 0);
    EXPECT_TRUE(done.more);
    int value = 0;
    socklen_t length = sizeof value;
    const bool descriptor =
        getsockopt(done.result, IPPROTO_TCP, TCP_NODELAY, &value, &length) == 0;
    EXPECT_EQ(descriptor, !direct());
    EXPECT_EQ(value, descriptor ? 1 : 0) << "accepted sockets inherit the listener's options";
    std::string address;
    uint16_t port = 0;
    reactor_->remote_address(done.result, address, port);
    EXPECT_EQ(address, "127.0.0.1");
    EXPECT_NE(port, 0);
    reactor_->close(done.result);
  }
}

TEST_P(ReactorTest, ReceivesAndSendsBack) {
  Client client(port_);
  const int socket = accept_one();
  reactor_->arm_receive(socket, kFirst);
  turn(base::Duration{});
  for (const std::string word : {"one", "two", "three"}) {
    client.send(word);
    std::string got;
    const Completion done = await(Operation::receive, kFirst, &got);
    EXPECT_TRUE(done.more);
    EXPECT_EQ(got, word);
    send(socket, got, kFirst);
    EXPECT_EQ(await(Operation::send, kFirst).result, static_cast<int>(word.size()));
    EXPECT_EQ(from(client, word.size()), word);
  }
}

TEST_P(ReactorTest, GathersThePiecesOfASend) {
  Client client(port_);
  const int socket = accept_one();
  std::vector<std::string> texts;
  std::vector<iovec> pieces;
  std::string whole;
  for (int i = 0; i < 64; ++i) texts.push_back(std::to_string(i) + ";");
  for (std::string& text : texts) {
    pieces.push_back({text.data(), text.size()});
    whole += text;
  }
  reactor_->send(socket, pieces, kFirst);
  pieces.clear();  // they were copied
  EXPECT_EQ(await(Operation::send, kFirst).result, static_cast<int>(whole.size()));
  EXPECT_EQ(from(client, whole.size()), whole);
}

TEST_P(ReactorTest, HalfCloseEndsTheReceiveButNotSending) {
  Client client(port_);
  const int socket = accept_one();
  reactor_->arm_receive(socket, kFirst);
  client.send("last words");
  client.finish();
  std::string got;
  EXPECT_TRUE(await(Operation::receive, kFirst, &got).more);
  EXPECT_EQ(got, "last words");
  const Completion end = await(Operation::receive, kFirst);
  EXPECT_EQ(end.result, 0);
  EXPECT_FALSE(end.more);
  send(socket, "answer", kFirst);
  EXPECT_EQ(await(Operation::send, kFirst).result, 6);
  reactor_->shut_down_writes(socket);
  EXPECT_EQ(from(client, 6), "answer");
  reactor_->close(socket);
}

TEST_P(ReactorTest, ResetEndsTheReceiveWithAnError) {
  Client client(port_);
  const int socket = accept_one();
  reactor_->arm_receive(socket, kFirst);
  turn(base::Duration{});
  client.reset();
  const Completion done = await(Operation::receive, kFirst);
  EXPECT_EQ(done.result, -ECONNRESET);
  EXPECT_FALSE(done.more);
  send(socket, "x", kFirst);
  EXPECT_LT(await(Operation::send, kFirst).result, 0);
}

TEST_P(ReactorTest, CancelledReceiveLosesNoBytes) {
  Client client(port_);
  const int socket = accept_one();
  std::string all;
  for (int i = 0; i < 200; ++i) {
    // The bytes race with the cancel; whoever wins, each arrives once and in order.
    reactor_->arm_receive(socket, kFirst);
    turn(base::Duration{});
    client.send(std::to_string(i) + ",");
    if (i % 2 == 0) turn(base::Duration{});
    reactor_->cancel(Operation::receive, kFirst);
    for (bool more = true; more;) {
      std::string got;
      const Completion done = await(Operation::receive, kFirst, &got);
      more = done.more;
      all += got;
      if (!more) {
        EXPECT_TRUE(done.result == -ECANCELED || done.result > 0) << done.result;
      }
    }
  }
  reactor_->arm_receive(socket, kFirst);
  client.finish();
  std::string got;
  while (await(Operation::receive, kFirst, &got).result > 0) all += got;
  std::string expected;
  for (int i = 0; i < 200; ++i) expected += std::to_string(i) + ",";
  EXPECT_EQ(all, expected);
}

TEST_P(ReactorTest, CancelOfWhatHasEndedSaysNothing) {
  Client client(port_);
  const int socket = accept_one();
  reactor_->arm_receive(socket, kFirst);
  client.finish();
  EXPECT_EQ(await(Operation::receive, kFirst).result, 0);
  reactor_->cancel(Operation::receive, kFirst);
  turn(base::Duration{});
  turn(base::Duration::milliseconds(5));
  EXPECT_TRUE(seen_.empty());
  reactor_->close(socket);
}

TEST_P(ReactorTest, ASendThatWaitsForRoomCanBeCancelled) {
  Client client(port_, 4096);
  const int socket = accept_one();
  const std::string much(8 << 20, 'x');
  std::string_view left = much;
  int32_t result = 1;
  // Short sends until the kernel takes no more, then one that waits.
  for (int i = 0; i < 1000; ++i) {
    send(socket, left, kFirst);
    turn(base::Duration::milliseconds(20));
    if (seen_.empty()) break;
    result = await(Operation::send, kFirst).result;
    ASSERT_GT(result, 0);
    ASSERT_LT(static_cast<size_t>(result), left.size()) << "the send was short";
    left.remove_prefix(static_cast<size_t>(result));
  }
  reactor_->cancel(Operation::send, kFirst);
  EXPECT_EQ(await(Operation::send, kFirst).result, -ECANCELED);
  reactor_->close(socket);
}

TEST_P(ReactorTest, ASendGoesOnWhenTheReaderDoes) {
  Client client(port_, 4096);
  const int socket = accept_one();
  const std::string much(4 << 20, 'y');
  std::string_view left = much;
  std::string got;
  while (!left.empty()) {
    send(socket, left, kFirst);
    bool done = false;
    for (int i = 0; i < 1000 && !done; ++i) {
      turn(base::Duration::milliseconds(1));
      got += client.take();
      done = !seen_.empty();
    }
    const int32_t result = await(Operation::send, kFirst).result;
    ASSERT_GT(result, 0);
    left.remove_prefix(static_cast<size_t>(result));
  }
  got += from(client, much.size() - got.size());
  EXPECT_EQ(got, much);
}

TEST_P(ReactorTest, StarvedReceiveEndsWithEnobufsAndLosesNothing) {
  ReactorLimits tiny;
  tiny.receive_buffers = 4;
  tiny.receive_buffer_bytes = 64;
  make(tiny);
  constexpr int kClients = 8;
  std::vector<Client> clients;
  std::vector<int> sockets;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back(port_);
    sockets.push_back(accept_one());
  }
  std::vector<std::string> sent(kClients);
  for (int i = 0; i < kClients; ++i) {
    for (int k = 0; k < 100; ++k) sent[i] += std::to_string(k) + (i % 2 == 0 ? "a" : "b");
    clients[i].send(sent[i]);
    reactor_->arm_receive(sockets[i], kFirst + i);
  }
  std::vector<std::string> got(kClients);
  int starved = 0;
  const auto complete = [&] {
    for (int i = 0; i < kClients; ++i) {
      if (got[i].size() < sent[i].size()) return false;
    }
    return true;
  };
  for (int i = 0; i < 10'000 && !complete(); ++i) {
    turn(base::Duration::milliseconds(1));
    for (size_t k = 0; k < seen_.size(); ++k) {
      const auto which = static_cast<int>(seen_[k].user_data - kFirst);
      if (seen_[k].result == -ENOBUFS) {
        ++starved;
        EXPECT_FALSE(seen_[k].more);
      }
      got[which] += text_[k];
      if (!seen_[k].more) reactor_->arm_receive(sockets[which], kFirst + which);
    }
    seen_.clear();
    text_.clear();
  }
  EXPECT_GT(starved, 0);
  EXPECT_EQ(got, sent);
}

TEST_P(ReactorTest, IdleReceivesHoldNoBuffers) {
  ReactorLimits tiny;
  tiny.receive_buffers = 2;
  make(tiny);
  std::vector<Client> clients;
  for (int i = 0; i < 50; ++i) {
    clients.emplace_back(port_);
    reactor_->arm_receive(accept_one(), kFirst + i);
  }
  turn(base::Duration::milliseconds(10));
  EXPECT_TRUE(seen_.empty()) << "armed receives on idle sockets stay armed";
  clients[49].send("hello");
  std::string got;
  EXPECT_TRUE(await(Operation::receive, kFirst + 49, &got).more);
  EXPECT_EQ(got, "hello");
}

TEST_P(ReactorTest, MoreSubmissionsThanTheQueueHoldsAllHappen) {
  ReactorLimits tiny;
  tiny.submission_entries = 4;
  tiny.completion_entries = 8;
  make(tiny);
  constexpr int kClients = 40;
  std::vector<Client> clients;
  std::vector<int> sockets;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back(port_);
    sockets.push_back(accept_one());
  }
  for (int i = 0; i < kClients; ++i) send(sockets[i], "hi", kFirst + i);
  for (int i = 0; i < kClients; ++i) EXPECT_EQ(await(Operation::send, kFirst + i).result, 2);
  for (Client& client : clients) EXPECT_EQ(from(client, 2), "hi");
}

TEST_P(ReactorTest, WakeFromAnotherThreadEndsTheWait) {
  std::thread other([this] { reactor_->wake(); });
  const Completion done = await(Operation::wake, 0);
  EXPECT_EQ(done.operation, Operation::wake);
  other.join();
}

TEST_P(ReactorTest, NoWakeIsLostBetweenLookingAndSleeping) {
  // The other thread leaves work and rings; we look and sleep for ever. A lost wake hangs us.
  constexpr int kRounds = 20'000;
  std::atomic<int> work{0};
  std::atomic<int> taken{0};
  std::thread other([&] {
    for (int i = 1; i <= kRounds; ++i) {
      work.store(i, std::memory_order_relaxed);
      reactor_->wake();
      while (taken.load(std::memory_order_relaxed) < i) std::this_thread::yield();
    }
  });
  const base::Instant start = reactor_->now();
  while (taken.load() < kRounds) {
    taken.store(work.load(std::memory_order_relaxed), std::memory_order_relaxed);
    if (taken.load() == kRounds) break;
    reactor_->submit_and_wait(reactor_->now() + base::Duration::seconds(20));
    ASSERT_LT(reactor_->now() - start, base::Duration::seconds(120)) << "a wake was lost";
  }
  other.join();
}

TEST_P(ReactorTest, WakesOfAnAwakeShardCostNoSystemCall) {
  const uint64_t before = trace::total(trace::Counter::io_wakes);
  for (int i = 0; i < 1000; ++i) reactor_->wake();
  turn(base::Duration::seconds(10));
  EXPECT_EQ(trace::total(trace::Counter::io_wakes), before);
  ASSERT_EQ(seen_.size(), 1u);
  EXPECT_EQ(seen_[0].operation, Operation::wake);
}

TEST_P(ReactorTest, WaitsUntilItsDeadline) {
  const base::Instant deadline = reactor_->now() + base::Duration::milliseconds(30);
  int waits = 0;
  for (; reactor_->now() < deadline; ++waits) {
    reactor_->submit_and_wait(deadline);
    EXPECT_TRUE(reactor_->reap().empty());
  }
  EXPECT_LE(waits, 3) << "it waits; a signal may interrupt, as a ring's end in this thread does";
}

TEST_P(ReactorTest, AcceptWithoutDescriptorsEndsWithEmfileUnlessTheyAreDirect) {
  // A ring takes the limit as it is when the accept is armed.
  reactor_->cancel(Operation::accept, kListener);
  EXPECT_EQ(await(Operation::accept, kListener).result, -ECANCELED);
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  Client client(port_);
  rlimit tight = before;
  tight.rlim_cur = 3;
  setrlimit(RLIMIT_NOFILE, &tight);
  reactor_->arm_accept(listener_, kListener);
  const Completion done = await(Operation::accept, kListener);
  setrlimit(RLIMIT_NOFILE, &before);
  if (direct()) {
    EXPECT_GE(done.result, 0) << "the limit of the process is not theirs";
    return;
  }
  EXPECT_EQ(done.result, -EMFILE);
  EXPECT_FALSE(done.more);
  reactor_->arm_accept(listener_, kListener);
  accept_one();
}

TEST_P(ReactorTest, ListenSaysWhyItCannot) {
  EXPECT_FALSE(reactor_->listen({"localhost", 0}));
  const auto taken = reactor_->listen({"192.0.2.1", 0});
  ASSERT_FALSE(taken);
  EXPECT_NE(taken.error().what.find("192.0.2.1"), std::string::npos);
}

TEST_P(ReactorTest, ListensOnBothFamiliesAndSharesThePort) {
  const auto first = reactor_->listen({"::", 0});
  ASSERT_TRUE(first) << first.error().what;
  const uint16_t port = reactor_->local_port(*first);
  const auto second = reactor_->listen({"::", port});
  ASSERT_TRUE(second) << "SO_REUSEPORT lets every shard listen: " << second.error().what;
  ::close(*second);
  reactor_->arm_accept(*first, kListener + 1);
  Client client(port);
  ASSERT_TRUE(client.connected());
  const int socket = await(Operation::accept, kListener + 1).result;
  std::string address;
  uint16_t remote_port = 0;
  reactor_->remote_address(socket, address, remote_port);
  EXPECT_EQ(address, "127.0.0.1") << "IPv4 on an IPv6 socket reads as IPv4";
}

INSTANTIATE_TEST_SUITE_P(Backends, ReactorTest, test::all_backends(), test::backend_name);

TEST(UringReactor, RefusesThemWithDirectDescriptorsToo) {
  auto made = UringReactor::make({.direct_descriptors = 16});
  ASSERT_NE(made.reactor, nullptr) << made.step;
  EXPECT_EQ(made.reactor->try_forbidden_operation(), -EACCES);
}

TEST(UringReactor, RefusesOperationsThatAreNotOnItsList) {
  auto made = UringReactor::make({});
  ASSERT_NE(made.reactor, nullptr) << made.step;
  EXPECT_EQ(made.reactor->try_forbidden_operation(), -EACCES);
}

TEST(MakeReactor, AutomaticGivesOneThatWorks) {
  auto made = make_reactor(ReactorKind::automatic, {});
  ASSERT_TRUE(made);
  const std::string name = made->reactor->name();
  EXPECT_EQ(name == "epoll", !made->alarm.empty()) << "falling back is never silent";
}

TEST(MakeReactor, EpollHasNoDirectDescriptorsAndSaysSo) {
  const auto made = make_reactor(ReactorKind::epoll, {.direct_descriptors = 16});
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().what.find("direct descriptors need io_uring"), std::string::npos);
}

TEST(MakeReactor, ATableBeyondTheLimitOfOpenFilesIsAnError) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max >= 1u << 20) GTEST_SKIP() << "no limit to speak of";
  const auto made = make_reactor(
      ReactorKind::uring, {.direct_descriptors = static_cast<uint32_t>(limit.rlim_max) + 1});
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().what.find("LimitNOFILE"), std::string::npos) << made.error().what;
  // The ring's library may have raised the soft limit in trying.
  setrlimit(RLIMIT_NOFILE, &limit);
}

TEST(MakeReactor, WithoutDescriptorsItSaysSo) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the sanitizer needs a pipe to look at an object's type";
#endif
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  rlimit tight = before;
  tight.rlim_cur = 3;
  setrlimit(RLIMIT_NOFILE, &tight);
  const auto uring = make_reactor(ReactorKind::uring, {});
  const auto automatic = make_reactor(ReactorKind::automatic, {});
  setrlimit(RLIMIT_NOFILE, &before);
  ASSERT_FALSE(uring);
  EXPECT_NE(uring.error().what.find("io = uring"), std::string::npos);
  ASSERT_FALSE(automatic);
}

}  // namespace
}  // namespace engine
