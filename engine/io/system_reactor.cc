#include "engine/io/system_reactor.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
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

bool set(int socket, int level, int option, int value) {
  CHECK(socket >= 0);
  return ::setsockopt(socket, level, option, &value, sizeof value) == 0;
}

bool set_shared(int socket, bool v6) {
  return set(socket, SOL_SOCKET, SO_REUSEADDR, 1) && set(socket, SOL_SOCKET, SO_REUSEPORT, 1) &&
         (!v6 || set(socket, IPPROTO_IPV6, IPV6_V6ONLY, 0));
}

// Accepted sockets inherit all of these.
bool set_stream_options(int socket) {
  return set(socket, IPPROTO_TCP, TCP_NODELAY, 1) && set(socket, SOL_SOCKET, SO_KEEPALIVE, 1) &&
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

SystemAddress::SystemAddress(const base::SocketAddress& address, bool v6) {
  auto* four = reinterpret_cast<sockaddr_in*>(&storage);
  auto* six = reinterpret_cast<sockaddr_in6*>(&storage);
  if (address.family == base::SocketAddress::Family::ipv4 && !v6) {
    four->sin_family = AF_INET;
    four->sin_port = htons(address.port);
    memcpy(&four->sin_addr, address.octets.data(), 4);
    length = sizeof *four;
    return;
  }
  six->sin6_family = AF_INET6;
  six->sin6_port = htons(address.port);
  six->sin6_scope_id = address.scope;
  length = sizeof *six;
  if (address.family == base::SocketAddress::Family::ipv4) {
    six->sin6_addr.s6_addr[10] = six->sin6_addr.s6_addr[11] = 0xff;
    memcpy(six->sin6_addr.s6_addr + 12, address.octets.data(), 4);
  } else {
    memcpy(&six->sin6_addr, address.octets.data(), 16);
  }
}

base::SocketAddress SystemAddress::read() const {
  base::SocketAddress address;
  const auto* four = reinterpret_cast<const sockaddr_in*>(&storage);
  const auto* six = reinterpret_cast<const sockaddr_in6*>(&storage);
  if (storage.ss_family == AF_INET) {
    address.family = base::SocketAddress::Family::ipv4;
    address.port = ntohs(four->sin_port);
    memcpy(address.octets.data(), &four->sin_addr, 4);
  } else if (storage.ss_family == AF_INET6) {
    address.port = ntohs(six->sin6_port);
    if (IN6_IS_ADDR_V4MAPPED(&six->sin6_addr)) {
      address.family = base::SocketAddress::Family::ipv4;
      memcpy(address.octets.data(), six->sin6_addr.s6_addr + 12, 4);
    } else {
      address.family = base::SocketAddress::Family::ipv6;
      address.scope = six->sin6_scope_id;
      memcpy(address.octets.data(), &six->sin6_addr, 16);
    }
  }
  return address;
}

namespace {

base::Error cannot(const char* what, const ListenAddress& address, const std::string& why) {
  return {"cannot " + std::string(what) + " " + std::string(address.address) + " port " +
          std::to_string(address.port) + ": " + why};
}

// `::ffff:192.0.2.1` would come out of parse_address() as IPv4, which is what is meant.
base::Result<SystemAddress> to_bind(const char* what, const ListenAddress& address) {
  const base::SocketAddress parsed = base::parse_address(address.address, address.port);
  if (!parsed) return cannot(what, address, "not a numeric IPv4 or IPv6 address");
  return SystemAddress(parsed, false);
}

}  // namespace

base::Result<int> SystemReactor::listen(const ListenAddress& address) {
  constexpr const char* kWhat = "listen on";
  base::Result<SystemAddress> parsed = to_bind(kWhat, address);
  if (!parsed) return parsed.error();
  const int family = parsed->storage.ss_family;
  const int socket = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC | socket_flags_, 0);
  if (socket < 0) return cannot(kWhat, address, strerror(errno));
  if (!set_shared(socket, family == AF_INET6) || !set_stream_options(socket) ||
      ::bind(socket, parsed->any(), parsed->length) != 0 || ::listen(socket, kBacklog) != 0) {
    const int reason = errno;
    ::close(socket);
    return cannot(kWhat, address, strerror(reason));
  }
  return socket;
}

base::Result<int> SystemReactor::bind_datagrams(const ListenAddress& address,
                                                uint32_t buffer_bytes) {
  constexpr const char* kWhat = "receive datagrams on";
  base::Result<SystemAddress> parsed = to_bind(kWhat, address);
  if (!parsed) return parsed.error();
  const bool v6 = parsed->storage.ss_family == AF_INET6;
  const int socket =
      ::socket(parsed->storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | socket_flags_, 0);
  if (socket < 0) return cannot(kWhat, address, strerror(errno));
  const auto bytes = static_cast<int>(std::min<uint32_t>(buffer_bytes, INT32_MAX));
  // The kernel gives what net.core.rmem_max and wmem_max allow.
  if (!set_shared(socket, v6) || !set(socket, SOL_SOCKET, SO_RCVBUF, bytes) ||
      !set(socket, SOL_SOCKET, SO_SNDBUF, bytes) ||
      ::bind(socket, parsed->any(), parsed->length) != 0) {
    const int reason = errno;
    ::close(socket);
    return cannot(kWhat, address, strerror(reason));
  }
  datagram_sockets_.push_back({socket, v6});
  return socket;
}

SystemReactor::~SystemReactor() {
  for (const DatagramSocket& one : datagram_sockets_) ::close(one.socket);
}

bool SystemReactor::is_v6(int datagram_socket) const {
  for (const DatagramSocket& one : datagram_sockets_) {
    if (one.socket == datagram_socket) return one.v6;
  }
  CHECK(false);  // it was bound here
  return false;
}

int SystemReactor::make_stream_socket(const base::SocketAddress& to) {
  CHECK(to);
  const int family = to.family == base::SocketAddress::Family::ipv6 ? AF_INET6 : AF_INET;
  const int socket = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC | socket_flags_, 0);
  if (socket < 0) return -errno;
  if (set_stream_options(socket)) return socket;
  const int reason = errno;
  ::close(socket);
  return -reason;
}

uint16_t SystemReactor::local_port(int socket) {
  CHECK(socket >= 0);
  SystemAddress own;
  own.length = sizeof own.storage;
  if (::getsockname(socket, own.any(), &own.length) != 0) return 0;
  return own.read().port;
}

void SystemReactor::remote_address(int socket, base::Sink& address, uint16_t& port) {
  CHECK(socket >= 0);
  address.clear();
  port = 0;
  SystemAddress remote;
  remote.length = sizeof remote.storage;
  if (::getpeername(socket, remote.any(), &remote.length) != 0) return;
  base::SocketAddress read = remote.read();
  port = read.port;
  read.scope = 0;
  base::append_address(read, address);
}

void SystemReactor::shut_down_writes(int socket) {
  CHECK(socket >= 0);
  ::shutdown(socket, SHUT_WR);
}

base::Instant SystemReactor::now() { return {read_clock(CLOCK_MONOTONIC)}; }

base::WallTime SystemReactor::wall() { return {read_clock(CLOCK_REALTIME) / 1000}; }

}  // namespace engine
