// Running something on shards from another thread, and waiting for it.
// Any thread but a shard's.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "appliance/admin/control.h"
#include "engine/net/shard_set.h"

namespace appliance {

using ShardWork = std::function<void(engine::Shard&)>;

// Runs `work` on shard `to`. False: too many tasks wait there, or it has ended.
[[nodiscard]] bool run_on(engine::ShardSet& shards, engine::ShardId to, ShardWork work);

// Runs `work` on every shard and waits until all have, at most kPatience. False: one did not in
// time, or has ended; `work` may still run later, so it must own what it touches.
[[nodiscard]] bool run_on_all(engine::ShardSet& shards, engine::ShardId count,
                              const ShardWork& work);

}  // namespace appliance
