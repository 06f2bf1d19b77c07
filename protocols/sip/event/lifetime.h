// How long what somebody asks for lasts: Expires of PUBLISH and SUBSCRIBE (RFC 3903 §6, RFC 6665
// §4.2.1.1). A pure function; any shard.
#pragma once

#include <cstdint>

#include "protocols/sip/header/essentials.h"

namespace sip {

struct Lifetimes {
  uint32_t standard = 3600;  // seconds, as the next ones; where nobody says (RFC 3856 §6.4)
  uint32_t shortest = 60;    // but for 0
  uint32_t longest = 7200;   // what is longer is cut to it
};

// False: too brief, 423 with Min-Expires.
[[nodiscard]] inline bool choose_lifetime(const Essentials& request, const Lifetimes& limits,
                                          uint32_t& seconds) {
  seconds = request.has_expires ? request.expires : limits.standard;
  if (seconds > limits.longest) seconds = limits.longest;
  return seconds == 0 || seconds >= limits.shortest;
}

}  // namespace sip
