// What the two backends for Linux share: plain system calls on sockets, clocks, the doorbell.
// Internal to engine/io. Owned by one shard; wake() from any thread.
#pragma once

#include "engine/io/doorbell.h"
#include "engine/io/reactor.h"

namespace engine {

class SystemReactor : public Reactor {
 public:
  // SOCK_NONBLOCK for epoll; a ring waits by itself, and only on sockets that block.
  explicit SystemReactor(int socket_flags) : socket_flags_(socket_flags) {}
  base::Result<int> listen(const ListenAddress& address) override;
  uint16_t local_port(int socket) override;
  void remote_address(int socket, base::Sink& address, uint16_t& port) override;
  void shut_down_writes(int socket) override;
  base::Instant now() override;
  base::WallTime wall() override;
  void wake() override { doorbell_.ring(); }

 protected:
  const int socket_flags_;
  Doorbell doorbell_;
};

}  // namespace engine
