// From passwords to SCRAM keys (RFC 5802 §3, RFC 7677), in one place: every password goes through
// the OpaqueString profile (RFC 8265 §4.2) first, is stretched, and is forgotten.
// Milliseconds of CPU a call; never on a shard. Any thread.
#pragma once

#include <cstdint>

#include "engine/base/bytes.h"
#include "engine/base/random.h"
#include "protocols/im/store_request.h"

namespace store {

// False: the profile does not allow this password (empty, or characters nobody could type again).
[[nodiscard]] bool derive_credentials(base::Bytes password, uint32_t iterations,
                                      base::Random& random, im::Credentials& out);

// What SIP's digest authentication needs beside (RFC 7616), of a password that the profile allows.
void derive_digest_keys(base::Bytes bare_jid, base::Bytes password, bool md5, im::DigestKeys& out);

// Stretches once, whatever the outcome. With `credentials` null (no such user) it does the same
// work and answers false, so that time does not tell who has an account.
bool password_matches(base::Bytes password, const im::Credentials* credentials,
                      uint32_t iterations_if_unknown);

// Overwrites the octets before they go back to the heap.
void wipe(std::string& secret);

}  // namespace store
