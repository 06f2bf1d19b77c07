#include "bench/relay/relay.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <thread>

namespace relay {
namespace {

// A relay that turns in a thread of its own, which makes it too: a ring has one issuer.
class Relayed : public testing::Test {
 protected:
  void SetUp() override {
    std::promise<uint16_t> port;
    thread_ = std::thread([this, &port] { run(port); });
    port_ = port.get_future().get();
    ASSERT_NE(0, port_);
  }
  void TearDown() override {
    over_ = true;
    const int last = dial();  // so that it turns once more
    thread_.join();
    close(last);
  }

  int dial() const {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{10, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    EXPECT_EQ(0, connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address));
    return fd;
  }
  static void say(int fd, const std::string& text) {
    EXPECT_EQ(static_cast<ssize_t>(text.size()), send(fd, text.data(), text.size(), MSG_NOSIGNAL));
  }
  // So many bytes, or what came before the end.
  static std::string hear(int fd, size_t bytes) {
    std::string text(bytes, ' ');
    const ssize_t got = recv(fd, text.data(), bytes, MSG_WAITALL);
    text.resize(static_cast<size_t>(std::max<ssize_t>(got, 0)));
    return text;
  }
  int introduce(uint32_t number) const {
    const int fd = dial();
    const std::string hello = load::hello_frame(number);
    say(fd, hello);
    EXPECT_EQ(hello, hear(fd, hello.size()));
    return fd;
  }

 private:
  void run(std::promise<uint16_t>& port) {
    Relay relay({.batch = 4, .wait_us = 100});
    std::string error;
    if (!relay.start(error)) ADD_FAILURE() << error;
    port.set_value(relay.port());
    while (!over_) relay.turn();
  }

  std::thread thread_;
  std::atomic<bool> over_{false};
  uint16_t port_ = 0;
};

load::Options raw(uint32_t contacts) {
  load::Options options;
  options.raw = true;
  options.contacts = contacts;
  return options;
}

TEST_F(Relayed, AFrameGoesToTheConnectionItNames) {
  const int first = introduce(5);
  const int second = introduce(7);
  const std::string frame = load::message_template(raw(0), false, 7, 300).text;
  say(first, frame + frame);
  EXPECT_EQ(frame + frame, hear(second, 600));
  close(first);
  close(second);
}

TEST_F(Relayed, AFrameToAGroupGoesToEachOfIt) {
  int members[3];
  for (uint32_t i = 0; i < 3; ++i) members[i] = introduce(3 + i);
  const std::string frame = load::presence_template(raw(2), 4, 200).text;
  say(members[1], frame);
  for (const int member : members) {
    EXPECT_EQ(frame, hear(member, frame.size()));
    close(member);
  }
}

TEST_F(Relayed, AFrameCutAtEveryByteArrivesWhole) {
  const int first = introduce(1);
  const int second = introduce(2);
  const std::string frame = load::message_template(raw(0), false, 2, 150).text;
  for (const char c : frame) say(first, std::string(1, c));
  EXPECT_EQ(frame, hear(second, frame.size()));
  close(first);
  close(second);
}

TEST_F(Relayed, NonsenseEndsTheConnectionAndNothingElse) {
  const int bad = introduce(1);
  const int good = introduce(2);
  say(bad, "GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ("", hear(bad, 1));
  const std::string stranger = load::message_template(raw(0), false, 99, 150).text;
  const std::string own = load::message_template(raw(0), false, 2, 150).text;
  say(good, stranger + own);
  EXPECT_EQ(own, hear(good, own.size()));
  close(bad);
  close(good);
}

}  // namespace
}  // namespace relay
