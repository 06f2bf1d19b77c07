#include "engine/base/socket_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <charconv>
#include <cstring>

#include "engine/base/check.h"
#include "engine/base/hash.h"

namespace base {

static constexpr uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool parse_zone(Bytes text, uint32_t& zone) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), zone);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

SocketAddress parse_address(Bytes text, uint16_t port) {
  SocketAddress address;
  const bool bracketed = text.size() > 2 && text.front() == '[' && text.back() == ']';
  if (bracketed) text = text.substr(1, text.size() - 2);
  const size_t percent = text.find('%');
  if (percent != Bytes::npos) {
    if (!parse_zone(text.substr(percent + 1), address.scope)) return {};
    text = text.substr(0, percent);
  }
  char terminated[INET6_ADDRSTRLEN] = {};
  if (text.empty() || text.size() >= sizeof terminated) return {};
  if (text.find('\0') != Bytes::npos) return {};
  std::memcpy(terminated, text.data(), text.size());
  address.port = port;
  if (inet_pton(AF_INET, terminated, address.octets.data()) == 1) {
    if (bracketed || percent != Bytes::npos) return {};
    address.family = SocketAddress::Family::ipv4;
    return address;
  }
  if (inet_pton(AF_INET6, terminated, address.octets.data()) != 1) return {};
  address.family = SocketAddress::Family::ipv6;
  if (std::memcmp(address.octets.data(), kMapped, sizeof kMapped) == 0) {
    SocketAddress v4{.port = port, .family = SocketAddress::Family::ipv4};
    std::memcpy(v4.octets.data(), address.octets.data() + sizeof kMapped, 4);
    return v4;
  }
  return address;
}

void append_address(const SocketAddress& from, Sink& to) {
  if (!from) return;
  const bool v6 = from.family == SocketAddress::Family::ipv6;
  char text[INET6_ADDRSTRLEN] = {};
  const char* done = inet_ntop(v6 ? AF_INET6 : AF_INET, from.octets.data(), text, sizeof text);
  CHECK(done != nullptr);
  to.append(text);
  if (v6 && from.scope != 0) to.append("%").append(std::to_string(from.scope));
}

void append_address_and_port(const SocketAddress& from, Sink& to) {
  if (!from) return;
  const bool v6 = from.family == SocketAddress::Family::ipv6;
  if (v6) to.push_back('[');
  append_address(from, to);
  if (v6) to.push_back(']');
  to.push_back(':');
  to.append(std::to_string(from.port));
}

uint64_t keyed_hash(const SocketAddress& address) {
  char packed[16 + 4 + 2 + 1];
  std::memcpy(packed, address.octets.data(), 16);
  std::memcpy(packed + 16, &address.scope, 4);
  std::memcpy(packed + 20, &address.port, 2);
  packed[22] = static_cast<char>(address.family);
  return keyed_hash(Bytes(packed, sizeof packed));
}

}  // namespace base
