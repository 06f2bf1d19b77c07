// What the transaction layer and the way to a user's shard need of any message, read in one go and
// with it the rules that every message must keep (RFC 3261 §8.1.1, §8.2.1, §16.3, §18.1.2):
// the fields that must be there once, a topmost Via, CSeq and request that agree, numbers in range.
// Views into the message; any shard. Errors: a Fault, counted.
#pragma once

#include <cstdint>

#include "engine/base/bytes.h"
#include "protocols/sip/header/address.h"
#include "protocols/sip/header/number.h"
#include "protocols/sip/header/via.h"
#include "protocols/sip/message/message.h"
#include "protocols/sip/message/uri.h"

namespace sip {

struct Essentials {
  Via via;                // the topmost
  uint32_t via_size = 0;  // bytes of the first Via line's value that it takes
  CSeq cseq;
  base::Bytes call_id;
  Address from;
  Address to;
  Uri request_uri;  // of a request
  bool has_max_forwards = false;
  bool has_expires = false;
  uint32_t max_forwards = 70;
  uint32_t expires = 0;
};

// `message` has been indexed without a fault. False: `fault` says why.
[[nodiscard]] bool read_essentials(const Message& message, Essentials& out, Fault& fault);

}  // namespace sip
