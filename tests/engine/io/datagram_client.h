// A plain UDP socket on loopback, for tests of what is on the other side.
// One test each; waits 2 s at most.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "engine/base/socket_address.h"

namespace test {

class DatagramClient {
 public:
  DatagramClient() {
    socket_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const timeval patience{2, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    const int room = 1 << 20;
    setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    sockaddr_in own{};
    own.sin_family = AF_INET;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(socket_, reinterpret_cast<sockaddr*>(&own), sizeof own);
  }
  DatagramClient(const DatagramClient&) = delete;
  DatagramClient& operator=(const DatagramClient&) = delete;
  ~DatagramClient() { ::close(socket_); }

  base::SocketAddress address() const {
    sockaddr_in own{};
    socklen_t length = sizeof own;
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&own), &length);
    return base::parse_address("127.0.0.1", ntohs(own.sin_port));
  }
  bool send(uint16_t port, std::string_view bytes) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return ::sendto(socket_, bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&to),
                    sizeof to) == static_cast<ssize_t>(bytes.size());
  }
  // Several of one length, but for the last one, which go through the kernel as one.
  bool send_together(uint16_t port, std::string_view bytes, uint16_t length) {
    const int each = length;
    setsockopt(socket_, SOL_UDP, UDP_SEGMENT, &each, sizeof each);
    const bool sent = send(port, bytes);
    const int off = 0;
    setsockopt(socket_, SOL_UDP, UDP_SEGMENT, &off, sizeof off);
    return sent;
  }
  // "" when nothing comes.
  std::string receive(int flags = 0) {
    std::string got(65536, '\0');
    sockaddr_in from{};
    socklen_t length = sizeof from;
    const ssize_t n = ::recvfrom(socket_, got.data(), got.size(), flags,
                                 reinterpret_cast<sockaddr*>(&from), &length);
    got.resize(n > 0 ? static_cast<size_t>(n) : 0);
    last_from_ = base::parse_address("127.0.0.1", ntohs(from.sin_port));
    return got;
  }
  std::string take() { return receive(MSG_DONTWAIT); }  // what is there now
  base::SocketAddress last_from() const { return last_from_; }

 private:
  int socket_ = -1;
  base::SocketAddress last_from_;
};

}  // namespace test
