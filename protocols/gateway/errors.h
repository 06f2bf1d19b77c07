// Errors of one wire in the other's words (RFC 7247 §4), both tables in errors.def.
// Pure functions; any shard.
#pragma once

#include <cstdint>

#include "protocols/im/stanza_error.h"

namespace gateway {

// `full`: it is about a full JID, that is one of the user's resources rather than the user. What is
// gone to an address that is known is 301 with a Contact (§4.1): whoever knows it says so.
uint16_t status_of(im::ErrorCondition condition, bool full);
// Of a final response that is no success, 300 to 699.
im::ErrorCondition condition_of(uint16_t status);

}  // namespace gateway
