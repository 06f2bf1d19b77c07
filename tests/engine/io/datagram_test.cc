// Datagrams on both Linux backends: what holds for one must hold for the other.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/io/make_reactor.h"
#include "tests/engine/io/backends.h"
#include "tests/engine/io/datagram_client.h"

namespace engine {
namespace {

using test::Backend;
using test::DatagramClient;

constexpr uint64_t kSocket = 3;
constexpr uint32_t kBuffers = 16;

struct Got {
  std::string text;
  base::SocketAddress from;
  int32_t result = 0;
  bool more = false;
};

class DatagramTest : public testing::TestWithParam<Backend> {
 protected:
  void SetUp() override { make("127.0.0.1", 65536); }

  void make(const char* address, uint32_t bytes) {
    ReactorLimits limits;
    limits.direct_descriptors = test::direct_descriptors(GetParam());
    limits.datagram_buffers = kBuffers;
    limits.datagram_bytes = bytes;
    auto made = make_reactor(test::kind_of(GetParam()), limits);
    ASSERT_TRUE(made) << made.error().what;
    reactor_ = std::move(made->reactor);
    auto socket = reactor_->bind_datagrams({address, 0}, 1 << 20);
    ASSERT_TRUE(socket) << socket.error().what;
    socket_ = *socket;
    port_ = reactor_->local_port(socket_);
    ASSERT_NE(0, port_);
  }

  void arm() { reactor_->arm_receive_datagrams(socket_, kSocket); }

  void turn(base::Duration patience = base::Duration::milliseconds(50)) {
    reactor_->submit_and_wait(reactor_->now() + patience);
    for (const Completion& done : reactor_->reap()) {
      if (done.operation == Operation::receive_datagrams) {
        EXPECT_EQ(kSocket, done.user_data);
        Got got{std::string(done.data), {}, done.result, done.more};
        if (done.from != nullptr) got.from = *done.from;
        got_.push_back(got);
      } else if (done.operation == Operation::send_datagrams) {
        refused_.push_back(done.result);
      }
    }
  }
  bool until(size_t datagrams) {
    for (int i = 0; i < 100 && got_.size() < datagrams; ++i) turn();
    return got_.size() >= datagrams;
  }
  int32_t send(const std::vector<DatagramToSend>& batch) {
    refused_.clear();
    reactor_->send_datagrams(socket_, batch, kSocket);
    for (int i = 0; i < 100 && refused_.empty(); ++i) turn();
    return refused_.size() == 1 ? refused_[0] : -1;
  }

  std::unique_ptr<Reactor> reactor_;
  int socket_ = -1;
  uint16_t port_ = 0;
  std::vector<Got> got_;
  std::vector<int32_t> refused_;
};

TEST_P(DatagramTest, EachArrivesWholeWithItsSender) {
  arm();
  turn(base::Duration{});
  DatagramClient one;
  DatagramClient two;
  one.send(port_, "OPTIONS");
  two.send(port_, "PUBLISH");
  one.send(port_, std::string(1300, 'x'));
  ASSERT_TRUE(until(3));
  EXPECT_EQ("OPTIONS", got_[0].text);
  EXPECT_EQ(one.address(), got_[0].from);
  EXPECT_TRUE(got_[0].more);
  EXPECT_EQ("PUBLISH", got_[1].text);
  EXPECT_EQ(two.address(), got_[1].from);
  EXPECT_EQ(std::string(1300, 'x'), got_[2].text);
}

// The kernel need not cut apart what left together; whoever reads gets each by itself all the same.
TEST_P(DatagramTest, ThoseThatLeftTogetherArriveEachByItself) {
  arm();
  turn(base::Duration{});
  DatagramClient client;
  std::string all;
  for (char c = 'a'; c <= 'l'; ++c) all.append(500, c);
  ASSERT_TRUE(client.send_together(port_, all + "short", 500));
  client.send(port_, "alone");
  ASSERT_TRUE(until(14));
  for (size_t i = 0; i < 12; ++i) {
    EXPECT_EQ(std::string(500, static_cast<char>('a' + i)), got_[i].text);
    EXPECT_EQ(500, got_[i].result);
    EXPECT_TRUE(got_[i].more);
    EXPECT_EQ(client.address(), got_[i].from);
  }
  EXPECT_EQ("short", got_[12].text);
  EXPECT_EQ("alone", got_[13].text);
}

TEST_P(DatagramTest, TheLargestIsReceivedWhole) {
  arm();
  turn(base::Duration{});
  DatagramClient client;
  const std::string largest(65507, 'y');
  client.send(port_, largest);
  ASSERT_TRUE(until(1));
  EXPECT_EQ(largest, got_[0].text);
}

TEST_P(DatagramTest, OneThatDoesNotFitIsToldOfAndTheNextArrives) {
  make("127.0.0.1", 100);
  arm();
  turn(base::Duration{});
  DatagramClient client;
  client.send(port_, std::string(5000, 'z'));
  client.send(port_, "short");
  ASSERT_TRUE(until(2));
  EXPECT_EQ(-EMSGSIZE, got_[0].result);
  EXPECT_EQ("", got_[0].text);
  EXPECT_TRUE(got_[0].more);
  EXPECT_EQ("short", got_[1].text);
}

TEST_P(DatagramTest, RunningOutOfBuffersEndsTheReceiveAndLosesNothing) {
  DatagramClient client;
  constexpr size_t kMany = 3 * kBuffers;
  for (size_t i = 0; i < kMany; ++i) client.send(port_, std::to_string(i));
  std::vector<std::string> texts;
  int ended = 0;
  bool armed = false;
  for (int i = 0; i < 50 && texts.size() < kMany; ++i) {
    if (!armed) arm();
    armed = true;
    got_.clear();
    turn();
    size_t in_one_turn = 0;
    for (const Got& got : got_) {
      if (!got.more) {
        EXPECT_EQ(-ENOBUFS, got.result);
        armed = false;
        ++ended;
      } else {
        texts.push_back(got.text);
        ++in_one_turn;
      }
    }
    EXPECT_LE(in_one_turn, kBuffers);
  }
  ASSERT_EQ(kMany, texts.size());
  for (size_t i = 0; i < kMany; ++i) EXPECT_EQ(std::to_string(i), texts[i]);
  EXPECT_GE(ended, 2);
}

TEST_P(DatagramTest, CancelEndsTheReceive) {
  arm();
  turn(base::Duration{});
  reactor_->cancel(Operation::receive_datagrams, kSocket);
  ASSERT_TRUE(until(1));
  EXPECT_EQ(-ECANCELED, got_[0].result);
  EXPECT_FALSE(got_[0].more);
  got_.clear();
  DatagramClient client;
  client.send(port_, "later");
  turn(base::Duration{});
  EXPECT_TRUE(got_.empty());
  arm();
  ASSERT_TRUE(until(1));
  EXPECT_EQ("later", got_[0].text) << "the kernel has kept it";
}

TEST_P(DatagramTest, ABatchLeavesInOrderAndCompletesOnce) {
  DatagramClient client;
  const base::SocketAddress to = client.address();
  std::vector<std::string> texts;
  for (int i = 0; i < 200; ++i) texts.push_back("NOTIFY " + std::to_string(i));
  std::vector<DatagramToSend> batch;
  for (const std::string& text : texts) batch.push_back({&to, text});
  EXPECT_EQ(0, send(batch));
  for (const std::string& text : texts) {
    EXPECT_EQ(text, client.receive());
    EXPECT_EQ(port_, client.last_from().port);
  }
}

// Some reactors hand neighbours of one length to the kernel as one.
TEST_P(DatagramTest, NeighboursOfOneLengthStayApart) {
  DatagramClient one;
  DatagramClient two;
  const base::SocketAddress first = one.address();
  const base::SocketAddress second = two.address();
  const std::string texts[] = {
      std::string(1200, 'a'), std::string(1200, 'b'), "short", std::string(1200, 'c'), "", "d"};
  std::vector<DatagramToSend> batch;
  for (int round = 0; round < 40; ++round) {
    for (const std::string& text : texts) batch.push_back({&first, text});
    for (const std::string& text : texts) batch.push_back({&second, text});
  }
  EXPECT_EQ(0, send(batch));
  for (DatagramClient* client : {&one, &two}) {
    for (int round = 0; round < 40; ++round) {
      for (const std::string& text : texts) EXPECT_EQ(text, client->receive());
    }
  }
}

TEST_P(DatagramTest, WhatTheKernelRefusesIsCountedAndTheOthersLeave) {
  DatagramClient client;
  const base::SocketAddress good = client.address();
  const base::SocketAddress v6 = base::parse_address("::1", good.port);  // not from this socket
  const std::string too_long(70000, 'x');
  const std::vector<DatagramToSend> batch{
      {&good, "first"}, {&v6, "lost"}, {&good, too_long}, {&good, "last"}};
  EXPECT_EQ(2, send(batch));
  EXPECT_EQ("first", client.receive());
  EXPECT_EQ("last", client.receive());
  EXPECT_EQ(0, send({{&good, "again"}})) << "a refusal is not the end of the socket";
  EXPECT_EQ("again", client.receive());
}

TEST_P(DatagramTest, ADeadPortDoesNotEndTheReceive) {
  arm();
  turn(base::Duration{});
  base::SocketAddress nobody;
  {
    DatagramClient gone;
    nobody = gone.address();
  }
  EXPECT_EQ(0, send({{&nobody, "NOTIFY"}}));  // its ICMP error concerns nobody
  DatagramClient client;
  client.send(port_, "still here");
  ASSERT_TRUE(until(1));
  EXPECT_EQ("still here", got_.back().text);
}

TEST_P(DatagramTest, ASocketForBothFamiliesSpeaksToIPv4ByItsOwnName) {
  make("::", 65536);
  arm();
  turn(base::Duration{});
  DatagramClient client;
  client.send(port_, "hello");
  ASSERT_TRUE(until(1));
  EXPECT_EQ(client.address(), got_[0].from);
  EXPECT_EQ(base::SocketAddress::Family::ipv4, got_[0].from.family);
  EXPECT_EQ(0, send({{&got_[0].from, "answer"}}));
  EXPECT_EQ("answer", client.receive());
}

TEST_P(DatagramTest, AnAddressThatIsNoneIsRefusedWithItsText) {
  const auto wrong = reactor_->bind_datagrams({"sip.example", 5060}, 1 << 20);
  ASSERT_FALSE(wrong);
  EXPECT_NE(std::string::npos, wrong.error().what.find("sip.example port 5060"))
      << wrong.error().what;
}

INSTANTIATE_TEST_SUITE_P(Backends, DatagramTest, test::all_backends(), test::backend_name);

}  // namespace
}  // namespace engine
