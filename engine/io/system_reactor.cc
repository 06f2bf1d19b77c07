#include "engine/io/system_reactor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <string>

#include "engine/base/check.h"

namespace engine {

namespace {

constexpr int kBacklog = 4096;
constexpr int kKeepaliveIdleSeconds = 120;
constexpr int kKeepaliveIntervalSeconds = 30;
constexpr int kKeepaliveProbes = 4;
// After this long without an acknowledgement the kernel gives a connection up.
constexpr unsigned kUserTimeoutMs = 120'000;
// The kernel takes no more than this beyond what is on its way: the rest waits in our queues,
// where it is counted and limited.
constexpr int kUnsentBytes = 128 * 1024;

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
  sockaddr* any() { return reinterpret_cast<sockaddr*>(&storage); }
};

bool parse_address(const ListenAddress& from, SocketAddress& to) {
  const std::string text(from.address);
  auto* v4 = reinterpret_cast<sockaddr_in*>(&to.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&to.storage);
  if (inet_pton(AF_INET, text.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(from.port);
    to.length = sizeof *v4;
    return true;
  }
  if (inet_pton(AF_INET6, text.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(from.port);
    to.length = sizeof *v6;
    return true;
  }
  return false;
}

bool set(int socket, int level, int option, int value) {
  CHECK(socket >= 0);
  return ::setsockopt(socket, level, option, &value, sizeof value) == 0;
}

// Accepted sockets inherit all of these.
bool set_options(int socket, bool v6) {
  return set(socket, SOL_SOCKET, SO_REUSEADDR, 1) && set(socket, SOL_SOCKET, SO_REUSEPORT, 1) &&
         (!v6 || set(socket, IPPROTO_IPV6, IPV6_V6ONLY, 0)) &&
         set(socket, IPPROTO_TCP, TCP_NODELAY, 1) && set(socket, SOL_SOCKET, SO_KEEPALIVE, 1) &&
         set(socket, IPPROTO_TCP, TCP_KEEPIDLE, kKeepaliveIdleSeconds) &&
         set(socket, IPPROTO_TCP, TCP_KEEPINTVL, kKeepaliveIntervalSeconds) &&
         set(socket, IPPROTO_TCP, TCP_KEEPCNT, kKeepaliveProbes) &&
         set(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, kUserTimeoutMs) &&
         set(socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, kUnsentBytes);
}

int64_t read_clock(clockid_t clock) {
  timespec reading{};
  const int done = clock_gettime(clock, &reading);
  CHECK(done == 0);  // it knows these clocks
  return int64_t{reading.tv_sec} * 1'000'000'000 + reading.tv_nsec;
}

}  // namespace

base::Result<int> SystemReactor::listen(const ListenAddress& address) {
  const std::string where =
      "cannot listen on " + std::string(address.address) + " port " + std::to_string(address.port);
  SocketAddress parsed;
  if (!parse_address(address, parsed)) {
    return base::Error{where + ": not a numeric IPv4 or IPv6 address"};
  }
  const auto failed = [&where](int socket) {
    const int reason = errno;
    if (socket >= 0) ::close(socket);
    return base::Error{where + ": " + strerror(reason)};
  };
  const int family = parsed.storage.ss_family;
  const int socket = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC | socket_flags_, 0);
  if (socket < 0) return failed(socket);
  if (!set_options(socket, family == AF_INET6)) return failed(socket);
  if (::bind(socket, parsed.any(), parsed.length) != 0) return failed(socket);
  if (::listen(socket, kBacklog) != 0) return failed(socket);
  return socket;
}

uint16_t SystemReactor::local_port(int socket) {
  CHECK(socket >= 0);
  SocketAddress own;
  own.length = sizeof own.storage;
  if (::getsockname(socket, own.any(), &own.length) != 0) return 0;
  // The port lies at the same place in both families.
  return ntohs(reinterpret_cast<sockaddr_in*>(&own.storage)->sin_port);
}

void SystemReactor::remote_address(int socket, base::Sink& address, uint16_t& port) {
  CHECK(socket >= 0);
  address.clear();
  port = 0;
  SocketAddress remote;
  remote.length = sizeof remote.storage;
  if (::getpeername(socket, remote.any(), &remote.length) != 0) return;
  char text[INET6_ADDRSTRLEN] = {};
  const auto* v4 = reinterpret_cast<sockaddr_in*>(&remote.storage);
  const auto* v6 = reinterpret_cast<sockaddr_in6*>(&remote.storage);
  const int family = remote.storage.ss_family;
  if (family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
    inet_ntop(AF_INET, v6->sin6_addr.s6_addr + 12, text, sizeof text);
  } else if (family == AF_INET6) {
    inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text);
  } else if (family == AF_INET) {
    inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text);
  } else {
    return;
  }
  address = text;
  port = ntohs(v4->sin_port);
}

void SystemReactor::shut_down_writes(int socket) {
  CHECK(socket >= 0);
  ::shutdown(socket, SHUT_WR);
}

base::Instant SystemReactor::now() { return {read_clock(CLOCK_MONOTONIC)}; }

base::WallTime SystemReactor::wall() { return {read_clock(CLOCK_REALTIME) / 1000}; }

}  // namespace engine
