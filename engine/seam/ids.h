// Names of things that both sides of the seam speak of.
// Plain values; any shard may hold one, but only the shard that owns the thing can find it.
#pragma once

#include <compare>
#include <cstdint>

namespace engine {

using ShardId = uint16_t;

// A connection on the shard that owns it now. Slots are reused, generations are not: an effect
// aimed at a connection that has gone finds a different generation and is dropped.
struct ConnectionId {
  uint32_t slot = UINT32_MAX;
  uint32_t generation = 0;
  explicit operator bool() const { return slot != UINT32_MAX; }
  friend constexpr auto operator<=>(ConnectionId, ConnectionId) = default;
};

}  // namespace engine
