// RFC 3261 §19.1.4: when are two URIs equal.
#include <algorithm>

#include "engine/base/socket_address.h"
#include "protocols/sip/message/characters.h"
#include "protocols/sip/message/uri.h"

namespace sip {
namespace {

using base::Bytes;

// One character, and whether it was escaped. An escape stands for its character, but not where
// that is reserved: "%3B" is not ";" (§19.1.4).
struct Character {
  unsigned char octet = 0;
  bool escaped_reserved = false;
  friend bool operator==(const Character&, const Character&) = default;
};

Character take(Bytes& text) {
  if (text[0] != '%' || text.size() < 3) {
    const auto octet = static_cast<unsigned char>(text[0]);
    text.remove_prefix(1);
    return {octet, false};
  }
  const auto octet = static_cast<unsigned char>(hex_value(text[1]) << 4 | hex_value(text[2]));
  text.remove_prefix(3);
  constexpr Bytes kReserved = ";/?:@&=+$,";
  return {octet, kReserved.find(static_cast<char>(octet)) != Bytes::npos};
}

bool equal_escaped(Bytes a, Bytes b, bool ignoring_case) {
  while (!a.empty() && !b.empty()) {
    Character first = take(a);
    Character second = take(b);
    if (ignoring_case) {
      first.octet = static_cast<unsigned char>(lower(static_cast<char>(first.octet)));
      second.octet = static_cast<unsigned char>(lower(static_cast<char>(second.octet)));
    }
    if (first != second) return false;
  }
  return a.empty() && b.empty();
}

bool equal_hosts(Bytes a, Bytes b) {
  if (equal_ignoring_case(a, b)) return true;
  if (a.empty() || b.empty() || a[0] != '[' || b[0] != '[') return false;
  const base::SocketAddress first = base::parse_address(a, 0);
  return first && first == base::parse_address(b, 0);
}

bool find_named(Bytes rest, char separator, Bytes name, Bytes& value) {
  Bytes here;
  while (next_uri_parameter(rest, here, value, separator)) {
    if (equal_escaped(here, name, true)) return true;
  }
  return false;
}

// Those that make a difference when only one of the two has them.
bool must_be_in_both(Bytes name) {
  constexpr Bytes kNames[] = {"user", "ttl", "method", "maddr", "transport"};
  return std::any_of(std::begin(kNames), std::end(kNames),
                     [name](Bytes one) { return equal_ignoring_case(one, name); });
}

bool parameters_match(Bytes mine, Bytes others) {
  Bytes name;
  Bytes value;
  while (next_uri_parameter(mine, name, value)) {
    Bytes other;
    if (!find_named(others, ';', name, other)) {
      if (must_be_in_both(name)) return false;
    } else if (!equal_escaped(value, other, true)) {
      return false;
    }
  }
  return true;
}

// Headers are never ignored.
bool headers_match(Bytes mine, Bytes others) {
  Bytes name;
  Bytes value;
  while (next_uri_parameter(mine, name, value, '&')) {
    Bytes other;
    if (!find_named(others, '&', name, other) || !equal_escaped(value, other, false)) return false;
  }
  return true;
}

}  // namespace

bool equal_uris(const Uri& a, const Uri& b) {
  if (a.text == b.text) return true;  // also where a parameter stands twice, with two values
  if (a.scheme != b.scheme || a.scheme == Uri::Scheme::other) return false;
  if (a.scheme == Uri::Scheme::tel) {
    std::string first;
    std::string second;
    append_address_of_record(a, first);
    append_address_of_record(b, second);
    return first == second && parameters_match(a.parameters, b.parameters) &&
           parameters_match(b.parameters, a.parameters);
  }
  return a.has_user == b.has_user && a.has_password == b.has_password && a.port == b.port &&
         equal_escaped(a.user, b.user, false) && equal_escaped(a.password, b.password, false) &&
         equal_hosts(a.host, b.host) && parameters_match(a.parameters, b.parameters) &&
         parameters_match(b.parameters, a.parameters) && headers_match(a.headers, b.headers) &&
         headers_match(b.headers, a.headers);
}

}  // namespace sip
