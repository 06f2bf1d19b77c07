// What the two backends for Linux share: plain system calls on sockets, clocks, the doorbell.
// Internal to engine/io. Owned by one shard; wake() from any thread.
#pragma once

#include <sys/socket.h>

#include <vector>

#include "engine/io/doorbell.h"
#include "engine/io/reactor.h"

namespace engine {

// An address as the system's calls take it. For a socket of IPv6, which is told of IPv4 hosts by
// mapped addresses (`v6`), or for one of the address's own family.
struct SystemAddress {
  SystemAddress() = default;
  SystemAddress(const base::SocketAddress& address, bool v6);
  base::SocketAddress read() const;  // `none` for another family
  sockaddr* any() { return reinterpret_cast<sockaddr*>(&storage); }
  sockaddr_storage storage{};
  socklen_t length = 0;
};

class SystemReactor : public Reactor {
 public:
  // SOCK_NONBLOCK for epoll; a ring waits by itself, and only on sockets that block.
  explicit SystemReactor(int socket_flags) : socket_flags_(socket_flags) {}
  ~SystemReactor() override;  // closes the datagram sockets
  base::Result<int> listen(const ListenAddress& address) override;
  base::Result<int> bind_datagrams(const ListenAddress& address, uint32_t buffer_bytes) override;
  uint16_t local_port(int socket) override;
  void remote_address(int socket, base::Sink& address, uint16_t& port) override;
  void shut_down_writes(int socket) override;
  base::Instant now() override;
  base::WallTime wall() override;
  void wake() override { doorbell_.ring(); }

 protected:
  // For a connection to be made, with the options that accepted sockets have; or -errno.
  int make_stream_socket(const base::SocketAddress& to);
  bool is_v6(int datagram_socket) const;

  const int socket_flags_;
  Doorbell doorbell_;

 private:
  struct DatagramSocket {
    int socket = -1;
    bool v6 = false;
  };
  std::vector<DatagramSocket> datagram_sockets_;
};

}  // namespace engine
