// Header field names as small numbers, found by length and first letter (headers.def). Names are
// compared without regard to case, compact forms mean their long ones (RFC 3261 §7.3.1, §7.3.3).
// Constants and pure functions; any shard.
#pragma once

#include <cstdint>

#include "engine/base/bytes.h"

namespace sip {

enum class HeaderId : uint8_t {
  unknown,
#define HEADER(name, wire, compact, values) name,
#include "protocols/sip/message/headers.def"
#undef HEADER
  kCount
};
static_assert(static_cast<unsigned>(HeaderId::kCount) <= 64, "a message's set of them is one word");

constexpr uint64_t bit_of(HeaderId id) { return uint64_t{1} << static_cast<unsigned>(id); }

HeaderId find_header_id(base::Bytes name);
base::Bytes wire_name(HeaderId id);  // as written, long form; empty for unknown

// Those that may have one line and one value only.
uint64_t single_valued_headers();

}  // namespace sip
