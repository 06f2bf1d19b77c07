// A certificate for a node that has none: self-signed, P-256, for server authentication only.
// Control thread; reads and writes files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"

namespace engine {

// The longest that common client platforms accept of a server certificate.
inline constexpr uint32_t kSelfSignedDays = 825;

// Writes chain_file (PEM, mode 0644) and key_file (PKCS #8 PEM, mode 0600), replacing what is
// there; each appears whole or not at all, the key first. `names` become DNS names (RFC 6125 §2.3;
// at least one, ASCII); the certificate is valid from an hour before `now`, for clients whose
// clocks are slow.
base::Status make_self_signed(const std::vector<std::string>& names, base::WallTime now,
                              uint32_t days, const std::string& chain_file,
                              const std::string& key_file);

// When the first certificate of this file expires; nothing if it cannot be read or if somebody else
// has signed it.
std::optional<base::WallTime> self_signed_expiry(const std::string& chain_file);

}  // namespace engine
