// What a REGISTER asks for (RFC 3261 §10.3), before anything is done about it.
// Plain values and a pure function; any shard. Limits: kExpiresMin, kExpiresMax.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/time.h"
#include "protocols/sip/message/message.h"

namespace gateway {

struct Registration {
  static constexpr uint32_t kExpiresMin = 60;  // seconds; less is refused (423)
  static constexpr uint32_t kExpiresMax = 3600;

  struct Contact {
    std::string uri;
    uint16_t q = 1000;     // thousandths
    uint32_t seconds = 0;  // 0: it goes
  };
  bool all_go = false;  // Contact: *
  std::vector<Contact> contacts;
};

// 0, or the status that refuses it.
uint16_t read_registration(const sip::Message& message, Registration& out);

// "Sun, 06 Nov 1994 08:49:37 GMT" (§20.17).
void append_date(base::WallTime now, base::Sink& out);

}  // namespace gateway
