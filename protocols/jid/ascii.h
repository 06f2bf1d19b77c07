// ASCII that is already in normal form, told apart by a table: the way nearly every address takes.
// Pure functions.
#pragma once

#include <array>
#include <cstdint>

#include "engine/base/bytes.h"

namespace jid {

constexpr size_t kPartBytesMax = 1023;  // RFC 7622 §3.1
// No mapping makes text shrink to less than a third; more than this need not be looked at.
constexpr size_t kInputBytesMax = 4 * kPartBytesMax;

enum Allowed : uint8_t {
  kLocal = 1,     // as it stands in a localpart
  kResource = 2,  // … in a resourcepart or password
  kLabel = 4,     // … in a domain's label
  kUpper = 8,     // becomes normal by lowercasing
};

constexpr std::array<uint8_t, 256> make_allowed() {
  std::array<uint8_t, 256> table{};
  for (int c = 0x20; c < 0x7f; ++c) {
    table[c] = kResource;
    const bool upper = c >= 'A' && c <= 'Z';
    const bool lower = c >= 'a' && c <= 'z';
    const bool digit = c >= '0' && c <= '9';
    // RFC 7622 §3.3.1: these eight are kept out of localparts.
    constexpr base::Bytes kForbidden = "\"&'/:<>@";
    const bool forbidden = kForbidden.find(static_cast<char>(c)) != base::Bytes::npos;
    if (c != ' ' && !forbidden && !upper) table[c] |= kLocal;
    if (lower || digit || c == '-') table[c] |= kLabel;
    if (upper) table[c] |= kUpper;
  }
  return table;
}
inline constexpr std::array<uint8_t, 256> kAllowed = make_allowed();

inline uint8_t allowed(char c) { return kAllowed[static_cast<unsigned char>(c)]; }

// Every byte of `in` has one of the `wanted` bits.
inline bool all_allowed(base::Bytes in, uint8_t wanted) {
  for (const char c : in) {
    if ((allowed(c) & wanted) == 0) return false;
  }
  return true;
}

inline bool is_ascii(base::Bytes in) {
  unsigned char any = 0;
  for (const char c : in) any |= static_cast<unsigned char>(c);
  return any < 0x80;
}

}  // namespace jid
