// The client's half of SCRAM-SHA-256 (RFC 5802, 7677), for simulated and load clients.
// One thread: the last salted password is remembered.
#pragma once

#include <string>

#include "engine/base/random.h"

namespace tests {

// Returns the whole first message; `bare` keeps what the proof needs.
std::string scram_client_first(base::Bytes user, base::Random& random, std::string& bare);
// Returns the final message; `server_signature` (base64) is what the server must answer with v=.
// Remembers the last salted password, as clients do (RFC 5802 §5.1): one thread.
std::string scram_client_final(base::Bytes challenge, base::Bytes first_bare, base::Bytes password,
                               std::string& server_signature);

}  // namespace tests
