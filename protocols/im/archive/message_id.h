// The name a message keeps for good: its stanza-id (XEP-0359), its id in the archive (XEP-0313) and
// in the journal. `number` grows with time on the shard that gave it; below the time stand the
// node's start, so that a clock set back over a crash gives no number twice, and the shard. `tag`
// is random, so that nobody can foretell the whole. As text 24 hex digits, which is what clients
// see.
// Values; any shard.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "engine/base/bytes.h"

namespace im {

struct MessageId {
  static constexpr int kTimeShift = 10;  // microseconds of wall time stand above these bits
  static constexpr int kStartShift = 6;  // the start, modulo 16, above these of the shard
  uint64_t number = 0;                   // 0: none
  uint32_t tag = 0;
  explicit operator bool() const { return number != 0; }
  friend constexpr auto operator<=>(MessageId, MessageId) = default;
};

void write(MessageId id, base::Sink& out);
std::string text_of(MessageId id);
// False: not an id of ours (24 digits, lower case); `out` unchanged.
[[nodiscard]] bool parse(base::Bytes text, MessageId& out);

}  // namespace im
