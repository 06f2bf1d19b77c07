// Header fields that are a number, or begin with one: CSeq (RFC 3261 §20.16), Max-Forwards, Expires
// (§20.19), Min-Expires, Retry-After (§20.33), Max-Breadth (RFC 5393), Content-Length.
// Values; any shard. A number that does not fit is malformed, never cut (RFC 4475 §3.1.2.4).
#pragma once

#include <cstdint>

#include "engine/base/bytes.h"
#include "protocols/sip/header/reader.h"
#include "protocols/sip/message/message.h"

namespace sip {

struct CSeq {
  uint32_t number = 0;  // less than 2^31
  Method method = Method::unknown;
  base::Bytes method_name;
};
[[nodiscard]] bool parse_cseq(base::Bytes value, CSeq& out);
Read read_cseq(const Message& message, CSeq& out);

// Digits and nothing else.
Read read_number(const Message& message, HeaderId id, uint32_t max, uint32_t& out);
inline Read read_max_forwards(const Message& message, uint32_t& out) {
  return read_number(message, HeaderId::max_forwards, kMaxForwardsMax, out);
}
inline Read read_expires(const Message& message, uint32_t& seconds) {
  return read_number(message, HeaderId::expires, UINT32_MAX, seconds);
}
inline Read read_min_expires(const Message& message, uint32_t& seconds) {
  return read_number(message, HeaderId::min_expires, UINT32_MAX, seconds);
}

// Seconds to wait; a comment and parameters may follow and are left out.
Read read_retry_after(const Message& message, uint32_t& seconds);

}  // namespace sip
