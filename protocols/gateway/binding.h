// A SIP client's registration as the journal has it (im::EntryKind::binding): enough to reach the
// client by datagram after the node was started again. Lines of text, the account first.
// Plain values and pure functions; any shard.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/bytes.h"
#include "engine/base/socket_address.h"
#include "engine/base/time.h"

namespace gateway {

struct Binding {
  std::string account;  // bare JID
  std::string contact;  // URI
  std::string call_id;
  uint32_t cseq = 0;
  uint16_t q = 1000;
  base::WallTime until;
  base::SocketAddress remote;
};

std::string pack(const Binding& binding);
[[nodiscard]] bool unpack(base::Bytes bytes, Binding& out);

}  // namespace gateway
