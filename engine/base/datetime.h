// XEP-0082 DateTime: what delay stamps, archives and the log print. UTC in, UTC out; no locale, no
// time zone database. Years 0001 to 9999.
// Any thread.
#pragma once

#include "engine/base/bytes.h"
#include "engine/base/time.h"

namespace base {

enum class Fraction : uint8_t { none = 0, milliseconds = 3, microseconds = 6 };

// Appends 2026-11-22T09:46:26Z, with the fraction asked for. Times outside the years that can be
// written are moved to the nearest that can.
void format_datetime(WallTime time, Fraction fraction, Sink& out);

// XEP-0082 §3.2: CCYY-MM-DDThh:mm:ss[.s…]TZD, where TZD is Z or an offset up to ±14:00. Digits past
// the microsecond are checked and dropped. False: not such a text; `out` unchanged.
[[nodiscard]] bool parse_datetime(Bytes text, WallTime& out);

}  // namespace base
