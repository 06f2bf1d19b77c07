// One connection of the admin server. Internal to appliance/admin; admin thread.
// Made at accept, gone at close; its requests and buffers are bounded by the server.
#pragma once

#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>

#include "appliance/admin/server.h"

namespace appliance {

struct AdminServer::Connection {
  Connection(int socket, bool is_http, int seconds)
      : fd(socket),
        http(is_http),
        deadline(std::chrono::steady_clock::now() + std::chrono::seconds(seconds)) {}
  ~Connection() { close(fd); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  const int fd;
  const bool http;
  const std::chrono::steady_clock::time_point deadline;  // HTTP only
  std::string in;
  std::string out;
  std::unique_ptr<trace::Watch> watch;
  std::shared_ptr<void> held;  // what the node does for this connection while it is there
  bool no_more_input = false;  // answered for good: close when `out` has left
  bool dead = false;
};

}  // namespace appliance
