// The simulated wire itself: datagrams in fair and foul weather, and connections that a node makes.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/sim/network.h"

namespace sim {
namespace {

using engine::Operation;

const base::SocketAddress kPhone = base::parse_address("192.0.2.7", 5060);

struct Phone final : DatagramEndpoint {
  void on_datagram(uint16_t from_port, base::Bytes bytes) override {
    EXPECT_EQ(5060, from_port);
    got.emplace_back(bytes);
  }
  std::vector<std::string> got;
};

struct Trunk final : Endpoint {
  void on_bytes(base::Bytes bytes) override { got.append(bytes); }
  void on_end(bool) override { ended = true; }
  std::string got;
  bool ended = false;
};

struct TrunkHost final : Host {
  Endpoint* on_connection(int number) override {
    socket = number;
    return refuses ? nullptr : &trunk;
  }
  Trunk trunk;
  int socket = -1;
  bool refuses = false;
};

class DatagramsTest : public testing::Test {
 protected:
  DatagramsTest() {
    for (auto& reactor : reactors_) {
      reactor = std::make_unique<Reactor>(network_, clock_, disk_);
      sockets_.push_back(*reactor->bind_datagrams({"127.0.0.1", 5060}, 0));
      reactor->arm_receive_datagrams(sockets_.back(), 1);
    }
    network_.at(kPhone, phone_);
  }
  void run(base::Duration time = base::Duration::seconds(1)) {
    clock_.advance(clock_.now() + time);
    while (clock_.run_one()) {
    }
  }
  // What has reached the node since, by text; a receive that ended is armed again.
  std::map<std::string, int> arrived() {
    std::map<std::string, int> texts;
    for (size_t i = 0; i < 2; ++i) {
      bool again = true;
      while (again) {
        again = false;
        for (const engine::Completion& done : reactors_[i]->reap()) {
          if (done.operation != Operation::receive_datagrams) continue;
          if (done.more) {
            EXPECT_EQ(kPhone, *done.from);
            ++texts[std::string(done.data)];
            on_.insert(i);
          } else {
            again = true;
          }
        }
        if (again) reactors_[i]->arm_receive_datagrams(sockets_[i], 1);
      }
    }
    return texts;
  }

  Clock clock_;
  base::Prng random_{1};
  Disk disk_{clock_, random_};
  Network network_{clock_, random_};
  std::unique_ptr<Reactor> reactors_[2];
  std::vector<int> sockets_;
  std::set<size_t> on_;
  Phone phone_;
};

TEST_F(DatagramsTest, InFairWeatherEachArrivesOnceAndAtOneShard) {
  for (int i = 0; i < 50; ++i) network_.send_datagram(kPhone, 5060, std::to_string(i));
  run();
  const auto texts = arrived();
  EXPECT_EQ(50u, texts.size());
  for (const auto& [text, times] : texts) EXPECT_EQ(1, times) << text;
  EXPECT_EQ(1u, on_.size());
  network_.send_datagram(kPhone, 5999, "nobody there");
  run();
  EXPECT_TRUE(arrived().empty());
}

TEST_F(DatagramsTest, InFoulWeatherSomeAreLostSomeComeTwiceAndSomeAreOvertaken) {
  network_.weather.datagram_loss_percent = 20;
  network_.weather.datagram_twice_percent = 20;
  network_.weather.datagram_late_percent = 20;
  network_.weather.starve_percent = 10;
  for (int i = 0; i < 200; ++i) network_.send_datagram(kPhone, 5060, std::to_string(i));
  run();
  int twice = 0;
  const auto texts = arrived();
  for (const auto& [text, times] : texts) twice += times == 2 ? 1 : 0;
  EXPECT_GT(texts.size(), 120u);
  EXPECT_LT(texts.size(), 200u);
  EXPECT_GT(twice, 10);
  std::vector<std::string> sent;
  for (int i = 0; i < 200; ++i) sent.push_back(std::to_string(1000 + i));
  std::vector<engine::DatagramToSend> batch;
  for (const std::string& text : sent) batch.push_back({&kPhone, text});
  reactors_[0]->send_datagrams(sockets_[0], batch, 1);
  run();
  EXPECT_FALSE(std::is_sorted(phone_.got.begin(), phone_.got.end()));
  EXPECT_GT(phone_.got.size(), 120u);
}

TEST_F(DatagramsTest, WhatFindsNobodyReadingIsKeptUpToALimit) {
  for (size_t i = 0; i < 2; ++i) {
    reactors_[i]->cancel(Operation::receive_datagrams, 1);
    reactors_[i]->reap();
  }
  for (int i = 0; i < 300; ++i) network_.send_datagram(kPhone, 5060, std::to_string(i));
  run();
  for (size_t i = 0; i < 2; ++i) reactors_[i]->arm_receive_datagrams(sockets_[i], 1);
  EXPECT_EQ(256u, arrived().size());
}

TEST_F(DatagramsTest, TheNodesConnectionsReachTheirHost) {
  TrunkHost host;
  network_.host(kPhone, &host);
  reactors_[0]->connect(kPhone, 9);
  run();
  const auto done = reactors_[0]->reap();
  ASSERT_EQ(1u, done.size());
  ASSERT_EQ(host.socket, done[0].result);
  const std::string hello = "INVITE";
  const iovec piece{const_cast<char*>(hello.data()), hello.size()};
  reactors_[0]->send(host.socket, {&piece, 1}, 2);
  run();
  EXPECT_EQ("INVITE", host.trunk.got);
  reactors_[0]->reap();
  reactors_[0]->arm_receive(host.socket, 2);
  network_.client_send(host.socket, "200");
  run();
  ASSERT_EQ(1u, reactors_[0]->reap().size());
}

TEST_F(DatagramsTest, AConnectIsRefusedUnansweredOrCancelled) {
  TrunkHost host;
  host.refuses = true;
  network_.host(kPhone, &host);
  reactors_[0]->connect(kPhone, 1);
  reactors_[0]->connect(base::parse_address("192.0.2.99", 5060), 2);
  run();
  auto done = reactors_[0]->reap();
  ASSERT_EQ(1u, done.size());
  EXPECT_EQ(-ECONNREFUSED, done[0].result);
  reactors_[0]->cancel(Operation::connect, 2);
  done = reactors_[0]->reap();
  ASSERT_EQ(1u, done.size());
  EXPECT_EQ(-ECANCELED, done[0].result);
  EXPECT_EQ(2u, done[0].user_data);
}

}  // namespace
}  // namespace sim
