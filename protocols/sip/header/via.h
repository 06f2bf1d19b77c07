// Via (RFC 3261 §20.42), with received and rport (§18.2.1, RFC 3581).
// Views into the value; any shard.
#pragma once

#include <cstdint>

#include "engine/base/bytes.h"
#include "protocols/sip/header/list.h"
#include "protocols/sip/header/reader.h"
#include "protocols/sip/message/message.h"

namespace sip {

constexpr base::Bytes kBranchCookie = "z9hG4bK";  // §8.1.1.7

struct Via {
  enum class Transport : uint8_t { other, udp, tcp, tls, ws, wss };
  Transport transport = Transport::other;
  bool has_rport = false;      // asked for, perhaps without a value
  uint16_t port = 0;           // of sent-by; 0: none given
  uint16_t rport = 0;          // 0: no value
  base::Bytes transport_name;  // as written
  base::Bytes host;            // of sent-by; IPv6 with its brackets
  base::Bytes branch;          // empty: none (RFC 2543)
  base::Bytes received;        // empty: none
  base::Bytes maddr;           // empty: none
  base::Bytes parameters;      // well-formed, from the first ';' on

  // Whether the branch is worth comparing alone: of RFC 3261's making, and more than the cookie.
  bool has_modern_branch() const {
    return branch.size() > kBranchCookie.size() &&
           branch.substr(0, kBranchCookie.size()) == kBranchCookie;
  }
};

// One element, and nothing behind it.
[[nodiscard]] bool parse_via(base::Bytes element, Via& out);

// The topmost, whatever follows it; `size`: bytes of the first Via line's value that it takes.
Read read_top_via(const Message& message, Via& out, uint32_t& size);

}  // namespace sip
