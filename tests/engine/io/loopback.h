// Plain blocking client sockets on loopback, for tests of what is on the other side.
// One test each; sockets are closed when they go.
#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <utility>

namespace test {

class Client {
 public:
  explicit Client(uint16_t port, int receive_buffer = 0) {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receive_buffer > 0) {
      setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    const int now = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &now, sizeof now);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  Client(Client&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)), connected_(other.connected_) {}
  Client& operator=(Client&&) = delete;
  ~Client() { close(); }

  bool connected() const { return connected_; }
  int socket() const { return socket_; }
  void close() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }
  void finish() { ::shutdown(socket_, SHUT_WR); }
  void reset() {
    const linger hard{1, 0};
    setsockopt(socket_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close();
  }
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(n));
    }
    return true;
  }
  // What can be had without waiting; sets ended() at FIN or an error.
  std::string take(size_t limit = 1 << 20) {
    std::string got(limit, '\0');
    const ssize_t n = ::recv(socket_, got.data(), got.size(), MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN)) {
      ended_ = true;
      error_ = n < 0 ? errno : 0;
    }
    got.resize(n > 0 ? static_cast<size_t>(n) : 0);
    return got;
  }
  bool ended() const { return ended_; }
  int error() const { return error_; }

 private:
  int socket_ = -1;
  bool connected_ = false;
  bool ended_ = false;
  int error_ = 0;
};

}  // namespace test
