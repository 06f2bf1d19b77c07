// SRV records in a reply of DNS, with their time to live, which c-ares of Debian 12 does not tell.
// Pure; any thread. Bytes come from the network: whatever they are, it is found, none, or an error.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/bytes.h"

namespace names {

struct SrvRecord {
  std::string target;  // ".": decidedly nowhere (RFC 2782)
  uint32_t ttl = 0;    // seconds
  uint16_t priority = 0;
  uint16_t weight = 0;
  uint16_t port = 0;
};

// False: malformed. Records beyond `kRecordsMax` are left out.
constexpr size_t kRecordsMax = 32;
[[nodiscard]] bool read_srv_reply(base::Bytes reply, std::vector<SrvRecord>& out);

}  // namespace names
