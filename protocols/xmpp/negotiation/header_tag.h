// Two readings of a stream header's open tag that the element interface does not offer.
// Pure functions; any shard.
#pragma once

#include "engine/base/bytes.h"

namespace xmpp {

// What `xmlns` declares in a well-formed open tag, as written; "" if it does not.
base::Bytes default_namespace(base::Bytes tag);

// RFC 6120 §4.7.5: digits, a dot, digits; leading zeros do not count; major version 1.
bool is_version_1(base::Bytes version);

}  // namespace xmpp
