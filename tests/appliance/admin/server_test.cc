// The admin server over real sockets: a Unix socket in a temporary directory, HTTP on loopback.
#include "appliance/admin/server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "tests/appliance/admin/fake_control.h"

namespace appliance {
namespace {

class Socket {
 public:
  explicit Socket(const std::string& path) : fd_(socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    connected = connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  explicit Socket(uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected = connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~Socket() { close(fd_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  void send(const std::string& text) { ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL); }
  // Until the other side closes, or a line when `line`; "" for nothing within ten seconds.
  std::string receive(bool line = false) {
    std::string all;
    pollfd waiting{fd_, POLLIN, 0};
    char buffer[4096];
    while (poll(&waiting, 1, 10000) == 1) {
      const ssize_t got = recv(fd_, buffer, sizeof buffer, 0);
      if (got <= 0) return all;
      all.append(buffer, static_cast<size_t>(got));
      if (line && all.ends_with('\n')) return all;
    }
    ADD_FAILURE() << "nothing came";
    return all;
  }
  bool connected = false;

 private:
  int fd_;
};

class Server : public testing::Test {
 protected:
  Server() {
    char name[] = "/tmp/rollcall-admin-XXXXXX";
    folder = mkdtemp(name);
    path = folder + "/admin.sock";
  }
  ~Server() override { std::filesystem::remove_all(folder); }

  void start(const AdminLimits& limits = {}) {
    server = std::make_unique<AdminServer>(control, limits);
    ASSERT_TRUE(server->listen_unix(path));
    auto got = server->listen_http("127.0.0.1", 0, false);
    ASSERT_TRUE(got);
    port = *got;
    server->start();
  }
  std::string get(const std::string& target, const std::string& fields = "Host: localhost\r\n") {
    Socket socket(port);
    socket.send("GET " + target + " HTTP/1.1\r\n" + fields + "\r\n");
    return socket.receive();
  }

  FakeControl control;
  std::string folder;
  std::string path;
  uint16_t port = 0;
  std::unique_ptr<AdminServer> server;
};

TEST_F(Server, SocketIsForItsOwnerAlone) {
  start();
  struct stat status {};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(Server, RequestsAreAnsweredInOrderHoweverTheyAreCut) {
  start();
  Socket socket(path);
  ASSERT_TRUE(socket.connected);
  for (const char c : std::string("{\"command\":\"status\"}\n")) socket.send(std::string(1, c));
  EXPECT_NE(socket.receive(true).find("\"version\":\"test\""), std::string::npos);
  socket.send("{\"command\":\"user list\"}\n{\"command\":\"nonsense\"}\n");
  std::string both = socket.receive(true);
  while (std::count(both.begin(), both.end(), '\n') < 2) both += socket.receive(true);
  EXPECT_LT(both.find("\"users\""), both.find("nonsense"));
}

TEST_F(Server, WhatIsHeldForAConnectionIsLetGoWhenItEnds) {
  start();
  const auto before = control.hold.use_count();
  {
    Socket holder(path);
    holder.send("{\"command\":\"journal hold\"}\n");
    EXPECT_TRUE(holder.receive(true).starts_with("{\"ok\":true"));
    EXPECT_EQ(control.hold.use_count(), before + 1);
  }
  // Its end is seen in one of the server's next rounds.
  for (int round = 0; round < 100 && control.hold.use_count() > before; ++round) {
    Socket other(path);
    other.send("{\"command\":\"status\"}\n");
    EXPECT_NE(other.receive(true), "");
  }
  EXPECT_EQ(control.hold.use_count(), before);
}

TEST_F(Server, ALineThatNeverEndsIsCutOff) {
  start();
  Socket socket(path);
  socket.send(std::string(70000, 'x'));
  EXPECT_EQ(socket.receive(), "");
  Socket next(path);
  next.send("{\"command\":\"status\"}\n");
  EXPECT_FALSE(next.receive(true).empty());
}

TEST_F(Server, OneMoreThanTheLimitIsClosedAndOthersGoOn) {
  start({.connections = 2});
  Socket first(path);
  Socket second(path);
  first.send("{\"command\":\"status\"}\n");
  second.send("{\"command\":\"status\"}\n");
  EXPECT_FALSE(first.receive(true).empty());
  EXPECT_FALSE(second.receive(true).empty());
  Socket third(path);
  EXPECT_EQ(third.receive(), "");
  first.send("{\"command\":\"status\"}\n");
  EXPECT_FALSE(first.receive(true).empty());
}

TEST_F(Server, ASecondNodeOnTheSameSocketIsRefused) {
  start();
  AdminServer other(control);
  const auto status = other.listen_unix(path);
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().what.find("another node"), std::string::npos);
}

TEST_F(Server, ASocketLeftBehindIsReplacedAndRemovedAtTheEnd) {
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  close(fd);
  start();
  EXPECT_TRUE(Socket(path).connected);
  server.reset();
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(Server, HealthReadinessAndMetricsAreServed) {
  start();
  EXPECT_TRUE(get("/healthz").starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(get("/readyz").starts_with("HTTP/1.1 200 "));
  control.is_ready = false;
  EXPECT_TRUE(get("/readyz").starts_with("HTTP/1.1 503 "));
  const std::string metrics = get("/metrics");
  EXPECT_TRUE(metrics.starts_with("HTTP/1.1 200 "));
  EXPECT_NE(metrics.find("application/openmetrics-text"), std::string::npos);
  EXPECT_TRUE(metrics.ends_with("# EOF\n"));
}

TEST_F(Server, NoOtherPathLeadsAnywhere) {
  start();
  for (const char* target : {"/", "/metrics/", "/metrics?x", "/../metrics", "/%6detrics",
                             "/setup/setup-s/%u002e%u002e/metrics", "//metrics"}) {
    EXPECT_TRUE(get(target).starts_with("HTTP/1.1 404 ")) << target;
  }
}

TEST_F(Server, PagesInBrowsersAreTurnedAway) {
  start();
  EXPECT_TRUE(get("/metrics", "Host: evil.example\r\n").starts_with("HTTP/1.1 403 "));
  EXPECT_TRUE(get("/metrics", "Host: localhost\r\nOrigin: http://evil.example\r\n")
                  .starts_with("HTTP/1.1 403 "));
}

TEST_F(Server, AClientThatNeverFinishesItsHeadIsClosed) {
  start({.http_seconds = 1});
  Socket slow(port);
  slow.send("GET /metrics HTTP/1.1\r\nX: ");
  EXPECT_EQ(slow.receive(), "");
  EXPECT_TRUE(get("/healthz").starts_with("HTTP/1.1 200 "));
}

}  // namespace
}  // namespace appliance
