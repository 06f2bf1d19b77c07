// An address and port of IPv4 or IPv6, as datagrams and outgoing connections name the other side.
// A plain value; no name is ever looked up here. An IPv4-mapped IPv6 address is kept as IPv4, so
// that one host has one spelling whatever socket it was heard on.
// Any thread.
#pragma once

#include <array>
#include <compare>
#include <cstdint>

#include "engine/base/bytes.h"

namespace base {

struct SocketAddress {
  enum class Family : uint8_t { none, ipv4, ipv6 };
  static constexpr size_t kTextBytesMax = 64;

  std::array<uint8_t, 16> octets{};  // network order; IPv4: the first four, the rest zero
  uint32_t scope = 0;                // zone of a link-local IPv6 address; an interface's index
  uint16_t port = 0;                 // host order
  Family family = Family::none;

  explicit operator bool() const { return family != Family::none; }
  friend constexpr auto operator<=>(const SocketAddress&, const SocketAddress&) = default;

  size_t address_bytes() const { return family == Family::ipv6 ? 16 : 4; }
  // The address alone, for access lists and limits per source.
  Bytes address() const { return {reinterpret_cast<const char*>(octets.data()), address_bytes()}; }
};

// Numeric text, IPv6 with or without brackets, and %N for a zone. A `none` for anything else.
SocketAddress parse_address(Bytes text, uint16_t port);

// "192.0.2.1", "2001:db8::1", "fe80::1%2" (RFC 5952).
void append_address(const SocketAddress& from, Sink& to);
// "192.0.2.1:5060", "[2001:db8::1]:5060".
void append_address_and_port(const SocketAddress& from, Sink& to);

// Keyed (base/hash.h): peers choose their addresses.
uint64_t keyed_hash(const SocketAddress& address);

struct SocketAddressHash {
  size_t operator()(const SocketAddress& address) const { return keyed_hash(address); }
};

}  // namespace base
