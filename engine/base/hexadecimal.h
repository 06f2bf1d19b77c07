// Octets and numbers in lowercase hexadecimal: ids, digests, escapes.
// Any thread.
#pragma once

#include "engine/base/bytes.h"

namespace base {

inline constexpr char kHexDigits[] = "0123456789abcdef";

// Two digits each.
inline void append_hexadecimal(Bytes octets, Sink& out) {
  out.reserve(out.size() + 2 * octets.size());
  for (const char octet : octets) {
    const auto value = static_cast<uint8_t>(octet);
    out.push_back(kHexDigits[value >> 4]);
    out.push_back(kHexDigits[value & 15]);
  }
}

inline std::string hexadecimal(Bytes octets) {
  std::string text;
  append_hexadecimal(octets, text);
  return text;
}

}  // namespace base
