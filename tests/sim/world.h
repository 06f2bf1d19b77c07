// A node in one thread: M shards on simulated reactors, one store, one seed, virtual time. The
// shards, connections, streams and realms are the ones of production; only the reactor's kernel,
// the disk and the clients are made up.
// One per seed; nothing of it survives the World but the process-wide counters.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/random.h"
#include "engine/net/network.h"
#include "engine/shard/hash_partition.h"
#include "engine/shard/mesh.h"
#include "engine/shard/shard.h"
#include "protocols/xmpp/service.h"
#include "tests/sim/clock.h"
#include "tests/sim/network.h"
#include "tests/sim/store.h"

namespace sim {

struct WorldOptions {
  uint64_t seed = 1;
  engine::ShardId shards = 2;
  Weather weather;
  bool store_faults = false;
  uint32_t stall_percent = 0;  // chance that a due shard sits out a moment
  uint32_t mailbox_capacity = 1024;
  engine::NetOptions net;
  xmpp::Options xmpp;  // listeners and im are filled in by the World
  im::Options im;
};

class World {
 public:
  explicit World(WorldOptions options);
  ~World();

  void run_for(base::Duration duration);
  // From now on nothing goes wrong: no weather, no store that fails, no shard that stalls.
  void calm();
  void add_user(base::Bytes name, base::Bytes password);

  Clock& clock() { return clock_; }
  base::Prng& random() { return random_; }
  Network& network() { return network_; }
  Store& store() { return store_; }
  std::string domain() const { return "sim.example"; }
  uint64_t seed() const { return options_.seed; }

  // What is on one shard.
  engine::ShardId shards() const { return options_.shards; }
  xmpp::Service& service(engine::ShardId shard);
  engine::Network& connections(engine::ShardId shard);
  engine::ShardId owner(base::Bytes bare_jid) const { return partition_->owner(bare_jid).shard; }
  const WorldOptions& options() const { return options_; }

  size_t sessions() const;
  size_t streams() const;
  size_t connections() const;
  bool mail_waiting();
  // A digest of everything that happened: same seed, same hash.
  uint64_t hash() const { return hash_; }
  void mix(base::Bytes bytes);

 private:
  struct Node;  // what one shard consists of
  void turn_due_shards();

  WorldOptions options_;
  base::Prng random_;
  Clock clock_;
  Network network_;
  Store store_;
  engine::Mesh mesh_;
  engine::NetShared net_shared_;
  std::unique_ptr<engine::HashPartition> partition_;
  std::unique_ptr<xmpp::Node> node_;
  std::vector<std::unique_ptr<Node>> shards_;
  uint64_t hash_ = 0xcbf29ce484222325;
};

}  // namespace sim
