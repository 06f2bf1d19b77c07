// Numbers from text, strictly: digits only (a minus for signed types), the whole text, in range.
// No white space, no plus, no locale.
// Any thread.
#pragma once

#include <charconv>
#include <cstdint>

#include "engine/base/bytes.h"

namespace base {

template <class Integer>
[[nodiscard]] bool parse_number(Bytes text, Integer& out) {  // false: out unchanged
  Integer value{};
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stopped != end) return false;
  out = value;
  return true;
}

[[nodiscard]] inline bool parse_u32(Bytes text, uint32_t& out) { return parse_number(text, out); }
[[nodiscard]] inline bool parse_u64(Bytes text, uint64_t& out) { return parse_number(text, out); }

}  // namespace base
