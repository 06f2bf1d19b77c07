// Bytes as every part of the program passes them: a view that owns nothing. Text and octets are
// the same thing here, because both of our wire protocols are text.
// Any shard; no limits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace base {

using Bytes = std::string_view;

// Where a function appends what it writes. Plain std::string: growth is amortised, and the
// owners of long-lived sinks (one per shard) keep their capacity from turn to turn.
using Sink = std::string;

}  // namespace base
