// Are all shards turning? Asked before the service manager's watchdog is told that we are alive,
// so that one stuck shard gets the node restarted.
// Main thread; the answers arrive on the shards.
#pragma once

#include <atomic>
#include <memory>

#include "engine/net/shard_set.h"

namespace appliance {

class Heartbeat {
 public:
  Heartbeat(engine::ShardSet& shards, engine::ShardId count);
  // True: every shard has answered since the last beat. Asks them again.
  bool beat();

 private:
  engine::ShardSet& shards_;
  const engine::ShardId count_;
  std::shared_ptr<std::atomic<uint32_t>> waiting_;  // shards that have not answered
};

}  // namespace appliance
