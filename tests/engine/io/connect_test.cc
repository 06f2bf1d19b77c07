// Outgoing connections on both Linux backends, and on the ring with direct descriptors.
#include <sys/socket.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/io/make_reactor.h"
#include "tests/engine/io/backends.h"
#include "tests/engine/io/loopback.h"

namespace engine {
namespace {

using test::Backend;

constexpr uint64_t kConnect = 5;

// A plain listener; with a full backlog a connection to it stays under way.
class Listener {
 public:
  explicit Listener(int backlog = 16) {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in own{};
    own.sin_family = AF_INET;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(socket_, reinterpret_cast<sockaddr*>(&own), sizeof own);
    ::listen(socket_, backlog);
  }
  ~Listener() { ::close(socket_); }
  uint16_t port() const {
    sockaddr_in own{};
    socklen_t length = sizeof own;
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&own), &length);
    return ntohs(own.sin_port);
  }
  int accept() const { return ::accept(socket_, nullptr, nullptr); }

 private:
  int socket_ = -1;
};

class ConnectTest : public testing::TestWithParam<Backend> {
 protected:
  void SetUp() override { make(test::direct_descriptors(GetParam())); }
  void make(uint32_t direct_descriptors) {
    ReactorLimits limits;
    limits.direct_descriptors = direct_descriptors;
    auto made = make_reactor(test::kind_of(GetParam()), limits);
    ASSERT_TRUE(made) << made.error().what;
    reactor_ = std::move(made->reactor);
  }

  void turn() {
    reactor_->submit_and_wait(reactor_->now() + base::Duration::milliseconds(20));
    for (const Completion& done : reactor_->reap()) {
      seen_.push_back(done);
      text_ += done.data;
    }
  }
  const Completion* find(Operation operation, uint64_t user_data) {
    for (const Completion& done : seen_) {
      if (done.operation == operation && done.user_data == user_data) return &done;
    }
    return nullptr;
  }
  Completion await(Operation operation, uint64_t user_data) {
    for (int i = 0; i < 100; ++i) {
      if (const Completion* done = find(operation, user_data)) return *done;
      turn();
    }
    ADD_FAILURE() << "no completion";
    return {};
  }
  base::SocketAddress here(uint16_t port) { return base::parse_address("127.0.0.1", port); }

  std::unique_ptr<Reactor> reactor_;
  std::vector<Completion> seen_;
  std::string text_;
};

TEST_P(ConnectTest, WhatIsMadeCarriesBytesBothWays) {
  Listener listener;
  reactor_->connect(here(listener.port()), kConnect);
  const Completion made = await(Operation::connect, kConnect);
  ASSERT_GE(made.result, 0);
  const int other = listener.accept();
  ASSERT_GE(other, 0);
  reactor_->arm_receive(made.result, 1);
  const std::string hello = "INVITE";
  const iovec piece{const_cast<char*>(hello.data()), hello.size()};
  reactor_->send(made.result, {&piece, 1}, 1);
  EXPECT_EQ(6, await(Operation::send, 1).result);
  char got[16] = {};
  EXPECT_EQ(6, ::recv(other, got, sizeof got, 0));
  EXPECT_EQ(4, ::send(other, "RING", 4, 0));
  for (int i = 0; i < 100 && text_.empty(); ++i) turn();
  EXPECT_EQ("RING", text_);
  reactor_->cancel(Operation::receive, 1);
  for (int i = 0; i < 100; ++i) {
    turn();
    if (seen_.back().operation == Operation::receive && !seen_.back().more) break;
  }
  reactor_->close(made.result);
  turn();
  EXPECT_EQ(0, ::recv(other, got, sizeof got, 0)) << "closed with us";
  ::close(other);
}

TEST_P(ConnectTest, ManyAtOnceEachGetASocketOfTheirOwn) {
  Listener listener(64);
  for (uint64_t i = 0; i < 40; ++i) reactor_->connect(here(listener.port()), 100 + i);
  std::vector<int> sockets;
  for (uint64_t i = 0; i < 40; ++i) {
    const Completion made = await(Operation::connect, 100 + i);
    ASSERT_GE(made.result, 0);
    for (const int other : sockets) ASSERT_NE(other, made.result);
    sockets.push_back(made.result);
    ::close(listener.accept());
  }
  for (const int socket : sockets) reactor_->close(socket);
  turn();
}

TEST_P(ConnectTest, NobodyListeningIsRefused) {
  uint16_t port = 0;
  {
    Listener gone;
    port = gone.port();
  }
  reactor_->connect(here(port), kConnect);
  EXPECT_EQ(-ECONNREFUSED, await(Operation::connect, kConnect).result);
}

TEST_P(ConnectTest, AnAddressThatCannotBeReachedIsAnErrorAndNotTheEnd) {
  reactor_->connect(base::parse_address("255.255.255.255", 9), kConnect);
  EXPECT_LT(await(Operation::connect, kConnect).result, 0);
  Listener listener;
  reactor_->connect(here(listener.port()), kConnect + 1);
  const Completion made = await(Operation::connect, kConnect + 1);
  ASSERT_GE(made.result, 0);
  reactor_->close(made.result);
  turn();
}

TEST_P(ConnectTest, CancelEndsOneThatIsUnderWay) {
  Listener full(0);
  std::vector<std::unique_ptr<test::Client>> clients;
  clients.push_back(std::make_unique<test::Client>(full.port()));  // fills the backlog
  reactor_->connect(here(full.port()), kConnect);
  for (int i = 0; i < 3; ++i) turn();
  ASSERT_EQ(nullptr, find(Operation::connect, kConnect)) << "it was meant to wait";
  reactor_->cancel(Operation::connect, kConnect);
  EXPECT_EQ(-ECANCELED, await(Operation::connect, kConnect).result);
  reactor_->cancel(Operation::connect, kConnect);  // of one that has ended: nothing
  turn();
}

TEST_P(ConnectTest, AFullTableIsToldOf) {
  if (GetParam() != Backend::uring_direct) GTEST_SKIP() << "only a ring has a table";
  make(2);
  Listener listener;
  for (uint64_t i = 0; i < 3; ++i) reactor_->connect(here(listener.port()), 10 + i);
  int made = 0;
  int full = 0;
  for (uint64_t i = 0; i < 3; ++i) {
    const int32_t result = await(Operation::connect, 10 + i).result;
    made += result >= 0 ? 1 : 0;
    full += result == -ENFILE ? 1 : 0;
  }
  EXPECT_EQ(2, made);
  EXPECT_EQ(1, full);
}

INSTANTIATE_TEST_SUITE_P(Backends, ConnectTest, test::all_backends(), test::backend_name);

}  // namespace
}  // namespace engine
