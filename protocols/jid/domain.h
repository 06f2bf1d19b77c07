// Domain names as they stand in addresses (RFC 7622 §3.2). Pure functions.
// Any shard.
#pragma once

#include "engine/base/bytes.h"

namespace jid {

// A domain in ASCII that is its own normal form: letters in lower case, no A-labels, no final dot.
bool is_normal_domain(base::Bytes in);

}  // namespace jid
