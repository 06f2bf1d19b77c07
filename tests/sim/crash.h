// When and how the node died: what the checkers may excuse with it.
// Values.
#pragma once

#include <vector>

#include "engine/base/time.h"
#include "tests/sim/clock.h"
#include "tests/sim/disk.h"

namespace sim {

struct Crash {
  base::Instant at;
  // What the node had done before was on its disk, on all shards.
  base::Instant durable;
  Death how = Death::power;
  bool alone = false;  // there was one shard

  // A message that went from one shard to another is for a while in the journals of both, and the
  // one who gave it away does not know whom it was sent to.
  base::Instant settled() const { return alone ? durable : durable + base::Duration::seconds(-2); }

  // Done by the node, and maybe gone with it.
  bool may_have_lost(base::Instant done) const { return durable <= done && done <= at; }
  // By the time in a message's id, which runs ahead of the clock where many come at once.
  bool may_have_lost(base::WallTime done) const {
    return Clock::wall_of(durable) <= done && done <= Clock::wall_of(at + kAhead);
  }
  // Until then clients hear what was on its way.
  static constexpr base::Duration kNoticed = base::Duration::milliseconds(500);
  static constexpr base::Duration kAhead = base::Duration::milliseconds(1);
};
using Crashes = std::vector<Crash>;

}  // namespace sim
