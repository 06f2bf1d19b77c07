// A session that can be resumed, as its entry in the journal has it: what must be known to take the
// client back after the node was gone. Its messages have entries of their own.
// Values and pure functions; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/bytes.h"

namespace xmpp {

struct SessionSnapshot {
  std::string id;        // StreamManagement's, 16 octets
  std::string full_jid;
  std::string presence;  // packed; "" = unavailable
  std::vector<std::string> directed;
  uint32_t resume_seconds = 0;
  bool interested = false;
  bool carbons = false;
  bool blocking = false;
};

std::string pack(const SessionSnapshot& snapshot);
// False: not such a snapshot, or of another version.
[[nodiscard]] bool unpack(base::Bytes in, SessionSnapshot& out);

}  // namespace xmpp
