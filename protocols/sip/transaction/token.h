// Names that carry their owner: tags, entity tags, Contact users and our branches are 13 characters
// made of shard (10 bits), slot (22), generation (16) and a keyed check (16). What comes back with
// one is routed by decoding it, without a look-up, on any shard; a stale generation shows at the
// slot. The check keeps guesses from waking other shards; it is no proof of who sent it.
// Values and pure functions; any shard. Errors: false for what we have not made.
#pragma once

#include <cstdint>

#include "engine/base/bytes.h"
#include "engine/base/hash.h"

namespace sip {

struct Place {
  uint16_t shard = 0;
  uint32_t slot = 0;
  uint16_t generation = 0;
  friend bool operator==(const Place&, const Place&) = default;
};
constexpr uint16_t kShardsMax = 1u << 10;
constexpr uint32_t kSlotsMax = 1u << 22;

// A token of one use is none of another: each has a purpose of its own under the node's key.
enum class TokenUse : uint8_t { branch, tag, entity_tag, contact };

constexpr size_t kTokenBytes = 13;

// Digits and lower-case letters, so that no peer changes it by folding case.
void append_token(const base::HashKey& key, TokenUse use, const Place& place, base::Sink& out);
[[nodiscard]] bool read_token(const base::HashKey& key, TokenUse use, base::Bytes text, Place& out);

}  // namespace sip
