// Content-Type and Accept (RFC 3261 §20.15, §20.1).
// Views into the value; any shard.
#pragma once

#include <cstdint>

#include "engine/base/bytes.h"
#include "protocols/sip/header/list.h"
#include "protocols/sip/header/reader.h"
#include "protocols/sip/message/message.h"

namespace sip {

struct MediaType {
  base::Bytes type;        // "*" in ranges
  base::Bytes subtype;     // "*" in ranges
  base::Bytes parameters;  // well-formed, from the first ';' on: find_parameter()

  // `name` is "type/subtype"; case does not count, nor do parameters.
  bool is(base::Bytes name) const;
};
[[nodiscard]] bool parse_media_type(base::Bytes value, MediaType& out);
Read read_content_type(const Message& message, MediaType& out);

// Does Accept name it, itself or by a range, and not with q=0? Without any Accept the answer is
// `when_absent`: each method and event package has its own default.
bool accepts(const Message& message, base::Bytes media_type, bool when_absent);

}  // namespace sip
