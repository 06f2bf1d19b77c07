// What one SIP message may be. A message beyond these is refused with the status its fault names
// (faults.def) and counted; on a stream the connection ends, because its framing is lost.
// Constants; any shard.
#pragma once

#include <cstdint>

namespace sip {

constexpr uint32_t kHeadBytesMax = 32 * 1024;   // start line and header fields; offsets are 16 bits
constexpr uint32_t kBodyBytesMax = 256 * 1024;  // on a stream; a datagram has its own limit
constexpr uint32_t kHeaderFieldsMax = 64;
constexpr uint32_t kUriParametersMax = 64;  // and as many headers; more are malformed
constexpr uint32_t kCSeqMax = 0x7fffffff;   // RFC 3261 §8.1.1.5: less than 2^31
constexpr uint32_t kMaxForwardsMax = 255;   // RFC 3261 §20.22

// A smaller bound for a listener; never larger than the above.
struct Limits {
  uint32_t head_bytes = kHeadBytesMax;
  uint32_t body_bytes = kBodyBytesMax;
};

}  // namespace sip
