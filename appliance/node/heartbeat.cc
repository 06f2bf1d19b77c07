#include "appliance/node/heartbeat.h"

#include "appliance/node/on_shards.h"

namespace appliance {

Heartbeat::Heartbeat(engine::ShardSet& shards, engine::ShardId count)
    : shards_(shards), count_(count), waiting_(std::make_shared<std::atomic<uint32_t>>(0)) {}

bool Heartbeat::beat() {
  // Those who have not answered are not asked again: their tasks would pile up.
  if (waiting_->load() != 0) return false;
  waiting_->store(count_);
  for (engine::ShardId shard = 0; shard < count_; ++shard) {
    const bool posted =
        run_on(shards_, shard, [waiting = waiting_](engine::Shard&) { waiting->fetch_sub(1); });
    if (!posted) return false;
  }
  return true;
}

}  // namespace appliance
