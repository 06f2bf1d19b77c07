// The timers of RFC 3261 table 4, with RFC 6026's. Those of streams are zero where §17 says so.
// The wheel's resolution is 100 ms, never early, which every one of them bears.
// Constants; any shard.
#pragma once

#include <algorithm>

#include "engine/base/time.h"

namespace sip {

constexpr base::Duration kT1 = base::Duration::milliseconds(500);  // a round trip
constexpr base::Duration kT2 = base::Duration::seconds(4);         // longest between repetitions
constexpr base::Duration kT4 = base::Duration::seconds(5);         // longest life in the network
// B, F, H, J, L, M; and D, which is "at least 32 s".
constexpr base::Duration kTransactionLife = kT1 * 64;

// How long one may stay without a final response, ours or theirs: more than the three minutes of
// Timer C (§16.6), so that every table empties itself.
constexpr base::Duration kUnansweredLife = kTransactionLife * 6;

// E and G double up to T2.
constexpr base::Duration next_interval(base::Duration interval) {
  return std::min(interval * 2, kT2);
}

}  // namespace sip
