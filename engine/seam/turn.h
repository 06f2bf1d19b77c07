// What every callback is given: the time, the shard it runs on, and where its effects go.
// Made by the engine for one turn of one shard; never kept.
#pragma once

#include "engine/base/random.h"
#include "engine/base/time.h"
#include "engine/seam/ids.h"
#include "engine/seam/journal.h"
#include "engine/seam/outbox.h"
#include "engine/seam/timer.h"

namespace engine {

struct Turn {
  base::Instant now;    // one reading a turn
  base::WallTime wall;
  ShardId shard;
  Outbox& out;
  Timers& timers;
  Journal& journal;
  base::Random& random;
};

}  // namespace engine
