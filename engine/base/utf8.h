// UTF-8 one sequence at a time (RFC 3629), for what is printed or compared piecewise. Whole
// stanzas are validated by the scanner, many bytes at once.
// Any thread.
#pragma once

#include "engine/base/bytes.h"

namespace base {

// Bytes of the well-formed sequence that starts at `text`'s front, 1 to 4; 0: none does (empty,
// truncated, overlong, surrogate, past U+10FFFF, stray continuation).
constexpr size_t utf8_sequence(Bytes text) {
  const auto octet = [text](size_t i) { return static_cast<uint8_t>(text[i]); };
  if (text.empty()) return 0;
  const uint8_t first = octet(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  // The second octet's range excludes overlong forms, surrogates and what lies past U+10FFFF.
  const uint8_t low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const uint8_t high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  if (octet(1) < low || octet(1) > high) return 0;
  for (size_t i = 2; i < length; ++i) {
    if ((octet(i) & 0xC0) != 0x80) return 0;
  }
  return length;
}

constexpr bool valid_utf8(Bytes text) {
  while (!text.empty()) {
    const size_t length = utf8_sequence(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace base
