// Base64 (RFC 4648 §4), strict: canonical padding, no white space, no trailing bits.
// Any thread.
#pragma once

#include "engine/base/bytes.h"

namespace base {

void base64_encode(Bytes data, Sink& out);
[[nodiscard]] bool base64_decode(Bytes text, Sink& out);  // false: not canonical; out unchanged

}  // namespace base
