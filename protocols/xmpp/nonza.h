// Small pieces of first-level elements that are not stanzas (XEP-0360 calls them nonzas), shared by
// the session and the stream that resumes it.
// Pure functions; any shard.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/bytes.h"

namespace xmpp {

void append_number(uint64_t number, std::string& out);
// xs:unsignedInt: digits only, below 2^32.
[[nodiscard]] bool parse_number(base::Bytes text, uint32_t& out);
// `<failed/>` of stream management with a stanza error condition (XEP-0198 §6).
std::string failed_nonza(base::Bytes condition);
// `<handled-count-too-high/>` (XEP-0198 §4).
std::string too_high(uint32_t h, uint32_t sent);

}  // namespace xmpp
