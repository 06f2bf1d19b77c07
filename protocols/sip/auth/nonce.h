// Nonces of digest challenges (RFC 7616 §3.3): the time they were made, something random, and a
// check under the node's key. So any shard reads those of any other, and nothing is kept of a
// challenge that nobody answers. Pure functions; any shard.
#pragma once

#include "engine/base/bytes.h"
#include "engine/base/hash.h"
#include "engine/base/time.h"

namespace sip {

constexpr size_t kNonceBytes = 48;

void append_nonce(const base::HashKey& key, base::Instant now, uint64_t random, base::Sink& out);

// False: we have not made it, in this life of the node. `made`: when.
[[nodiscard]] bool read_nonce(const base::HashKey& key, base::Bytes nonce, base::Instant& made);

}  // namespace sip
