// A node in one thread: M shards on simulated reactors, one store, one disk, one seed, virtual
// time. The node may die between any two events and starts again from its disk and its store;
// those, the network and the clients outlive it. One per seed; nothing of it survives the World but
// the process-wide counters.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/random.h"
#include "engine/journal/shard_journal.h"
#include "engine/net/network.h"
#include "protocols/sip/options.h"
#include "protocols/xmpp/service.h"
#include "tests/sim/clock.h"
#include "tests/sim/crash.h"
#include "tests/sim/disk.h"
#include "tests/sim/fate.h"
#include "tests/sim/network.h"
#include "tests/sim/node.h"
#include "tests/sim/store.h"

namespace sim {

struct WorldOptions {
  uint64_t seed = 1;
  engine::ShardId shards = 2;
  Weather weather;
  bool store_faults = false;
  bool cold_starts = false;
  uint32_t stall_percent = 0;  // chance that a due shard sits out a moment
  uint32_t mailbox_capacity = 1024;
  DiskWeather disk;
  journal::JournalOptions journal{.segment_bytes = 1 << 20, .bytes_max = 16 << 20};
  FateOptions fate;
  engine::NetOptions net;
  xmpp::Options xmpp;  // listeners and im are filled in by the World
  im::Options im;
  // Null: XMPP alone. What is said of listeners is filled in.
  std::shared_ptr<sip::Options> sip;
};

class World {
 public:
  explicit World(WorldOptions options);
  ~World();

  void run_for(base::Duration duration);
  // From now on nothing goes wrong: no weather, no store that fails, no shard that stalls, no
  // crash; the node is up.
  void calm();
  // Something may happen to the node or its disk; to be called now and then.
  void tempt_fate() { fate_.act(); }
  void tempt_fate_hard() { fate_.strike(); }

  // The node dies so many steps from now (an event, a shard's turn), in which it does what it
  // likes.
  void crash_after(uint64_t steps, Death how);
  bool up() const { return node_ != nullptr; }
  const Crashes& crashes() const { return crashes_; }
  const FateCounts& counts() const { return fate_.counts(); }
  // "", or what went wrong with the node itself: it did not start.
  const std::string& trouble() const { return trouble_; }
  void add_user(base::Bytes name, base::Bytes password);

  Clock& clock() { return clock_; }
  base::Prng& random() { return random_; }
  Network& network() { return network_; }
  Store& store() { return store_; }
  std::string domain() const { return "sim.example"; }
  uint64_t seed() const { return options_.seed; }

  Disk& disk() { return disk_; }
  // What is on one shard, while the node is up.
  engine::ShardId shards() const { return options_.shards; }
  xmpp::Service& service(engine::ShardId shard) { return node_->service(shard); }
  engine::Network& connections(engine::ShardId shard) { return node_->connections(shard); }
  journal::ShardJournal& journal(engine::ShardId shard) { return node_->journal(shard); }
  engine::ShardId owner(base::Bytes bare_jid) const { return node_->owner(bare_jid); }
  const WorldOptions& options() const { return options_; }

  size_t sessions() const;
  size_t streams() const;
  size_t connections() const;
  size_t journal_entries();
  bool mail_waiting();
  // A digest of everything that happened: same seed, same hash.
  uint64_t hash() const { return hash_; }
  void mix(base::Bytes bytes);

 private:
  void start();
  void crash(Death how);
  void step();
  void turn_due_shards();

  WorldOptions options_;
  base::Prng random_;
  Clock clock_;
  Network network_;
  Store store_;
  Disk disk_;
  Fate fate_;
  std::string secret_;
  std::unique_ptr<Node> node_;
  uint64_t fuse_ = 0;  // steps until the node dies; 0: not lit
  Death fuse_how_ = Death::power;
  Crashes crashes_;
  std::string trouble_;
  uint64_t hash_ = 0xcbf29ce484222325;
};

}  // namespace sim
