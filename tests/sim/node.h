// One life of the simulated node: everything that a process is made of and that is gone when it
// ends. The shards, connections, streams and realms are those of production, and so is the way the
// journals are recovered and shared out.
// Made by the World at every start; one thread.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "engine/net/network.h"
#include "engine/shard/hash_partition.h"
#include "engine/shard/mesh.h"
#include "engine/shard/shard.h"
#include "protocols/sip/service.h"
#include "protocols/xmpp/service.h"
#include "tests/sim/journals.h"
#include "tests/sim/network.h"
#include "tests/sim/store.h"

namespace sim {

struct WorldOptions;

// What the node stands on and does not take with it.
struct Ground {
  Clock& clock;
  base::Prng& random;
  Network& network;
  Store& store;
  Disk& disk;
  const WorldOptions& options;
  const std::string& secret;
};

class Node {
 public:
  // An Error: it does not start, and says why.
  static base::Result<std::unique_ptr<Node>> start(const Ground& ground);
  ~Node();

  // One of the shards' turns. False: it is not due, or sits it out.
  bool turn(engine::ShardId shard, uint32_t stall_percent);
  base::Instant next() const;  // when something is due
  bool failed() const { return !journals_->failure().empty(); }

  engine::ShardId shards() const { return static_cast<engine::ShardId>(shards_.size()); }
  xmpp::Service& service(engine::ShardId shard);
  engine::Network& connections(engine::ShardId shard);
  journal::ShardJournal& journal(engine::ShardId shard) { return journals_->of(shard); }
  engine::Mesh& mesh() { return mesh_; }
  size_t recovered_entries() const { return journals_->recovered_entries(); }
  engine::ShardId owner(base::Bytes bare_jid) const { return partition_.owner(bare_jid).shard; }
  // Whatever any shard has done up to this moment is on the disk.
  base::Instant durable() const;

 private:
  struct OnShard;
  std::unique_ptr<engine::Service> make_service(OnShard& on, engine::ShardId id);
  Node(const Ground& ground, std::unique_ptr<Journals> journals);

  const Ground ground_;
  engine::Mesh mesh_;
  engine::NetShared net_shared_;
  const engine::HashPartition partition_;
  xmpp::Node xmpp_;
  sip::Node sip_;
  std::unique_ptr<Journals> journals_;
  std::vector<std::unique_ptr<OnShard>> shards_;
};

}  // namespace sim
