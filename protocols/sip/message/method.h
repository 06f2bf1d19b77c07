// Request methods as small numbers (methods.def).
// Constants and pure functions; any shard.
#pragma once

#include <cstdint>

#include "engine/base/bytes.h"

namespace sip {

enum class Method : uint8_t {
  unknown,
#define METHOD(name, wire) name,
#include "protocols/sip/message/methods.def"
#undef METHOD
};

Method find_method(base::Bytes name);
base::Bytes wire_name(Method method);  // empty for unknown

}  // namespace sip
