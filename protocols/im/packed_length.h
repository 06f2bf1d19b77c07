// How long a text is, in the header of a packed form: of stanzas (pack.cc) and of records of the
// archive (archive/record.cc).
// Any shard.
#pragma once

#include <limits>

#include "engine/base/bytes.h"
#include "engine/base/check.h"

namespace im {

// Whoever packs has limits below that: a JID has at most 3 * 1023 + 2 octets, for uint16_t.
template <class Number>
Number packed_length(base::Bytes text) {
  CHECK(text.size() <= std::numeric_limits<Number>::max());
  return static_cast<Number>(text.size());
}

}  // namespace im
