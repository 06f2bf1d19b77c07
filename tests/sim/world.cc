#include "tests/sim/world.h"

#include "tests/support/memory_log.h"

namespace sim {

// One shard with everything on it.
struct World::Node {
  Node(engine::ShardId id, World& world)
      : random(world.random_.step()),
        reactor(world.network_, world.clock_),
        shard(id, reactor, world.mesh_, random, world.store_),
        service(id, *world.partition_, std::make_shared<xmpp::Options>(world.options_.xmpp),
                *world.node_),
        network(shard, world.options_.net, world.net_shared_, nullptr) {
    log.consumer = &world.store_.archive();
    log.commit_by_turn();
    shard.attach(service, network, log);
  }

  base::Prng random;
  Reactor reactor;
  tests::MemoryLog log;
  engine::Shard shard;
  xmpp::Service service;
  engine::Network network;
  base::Instant stalled_until{};
};

static engine::NetOptions with_listener(engine::NetOptions net) {
  net.listeners = {{.address = "::", .port = 5222}};
  return net;
}

World::World(WorldOptions options)
    : options_(std::move(options)),
      random_(options_.seed),
      network_(clock_, random_),
      store_(clock_, random_),
      mesh_({.shards = options_.shards, .mailbox_capacity = options_.mailbox_capacity}),
      net_shared_(options_.net) {
  options_.net = with_listener(options_.net);
  options_.im.domains = {domain()};
  options_.xmpp.im = std::make_shared<im::Options>(options_.im);
  options_.xmpp.listeners = {{.tls = xmpp::TlsMode::off, .sasl_without_tls = true}};
  partition_ = std::make_unique<engine::HashPartition>(options_.shards);
  std::string secret(32, '\0');
  random_.fill(secret.data(), secret.size());
  node_ = std::make_unique<xmpp::Node>(options_.shards, secret);
  network_.weather = options_.weather;
  network_.observer = [this](base::Bytes bytes) { mix(bytes); };
  store_.attach(mesh_);
  store_.set_faults(options_.store_faults);
  std::vector<uint16_t> ports{5222};
  for (engine::ShardId id = 0; id < options_.shards; ++id) {
    shards_.push_back(std::make_unique<Node>(id, *this));
    CHECK(shards_.back()->network.listen(ports));
  }
  run_for(base::Duration::milliseconds(1));
}

World::~World() = default;

// Shards that have something to do take one turn each, in random order; some sit out a moment, as
// threads do on a busy machine.
void World::turn_due_shards() {
  const size_t start = random_.below(shards_.size());
  for (size_t i = 0; i < shards_.size(); ++i) {
    Node& node = *shards_[(start + i) % shards_.size()];
    if (!node.reactor.due() || clock_.now() < node.stalled_until) continue;
    if (random_.below(100) < options_.stall_percent) {
      node.stalled_until =
          clock_.now() + base::Duration::microseconds(static_cast<int64_t>(random_.below(50000)));
      continue;
    }
    node.shard.turn();
  }
}

void World::run_for(base::Duration duration) {
  const base::Instant end = clock_.now() + duration;
  while (true) {
    base::Instant next = clock_.next();
    for (auto& node : shards_) {
      base::Instant due = node->reactor.due() ? clock_.now() : node->reactor.deadline();
      if (due < node->stalled_until) due = node->stalled_until;
      if (due < next) next = due;
    }
    if (next > end) break;
    clock_.advance(next);
    turn_due_shards();
  }
  clock_.advance(end);
}

void World::calm() {
  network_.weather = {};
  store_.set_faults(false);
  options_.stall_percent = 0;
}

void World::add_user(base::Bytes name, base::Bytes password) {
  store_.add_user(std::string(name) + "@" + domain(), password);
}

xmpp::Service& World::service(engine::ShardId shard) { return shards_.at(shard)->service; }

engine::Network& World::connections(engine::ShardId shard) { return shards_.at(shard)->network; }

size_t World::sessions() const {
  size_t sum = 0;
  for (const auto& node : shards_) sum += node->service.session_count();
  return sum;
}

size_t World::streams() const {
  size_t sum = 0;
  for (const auto& node : shards_) sum += node->service.stream_count();
  return sum;
}

size_t World::connections() const {
  size_t sum = 0;
  for (const auto& node : shards_) sum += node->network.connections();
  return sum;
}

bool World::mail_waiting() {
  for (engine::ShardId from = 0; from < options_.shards; ++from) {
    for (engine::ShardId to = 0; to < options_.shards; ++to) {
      if (from != to && !mesh_.mailbox(from, to).empty()) return true;
    }
  }
  return false;
}

void World::mix(base::Bytes bytes) {
  for (const char c : bytes) {
    hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  }
  const auto now = static_cast<uint64_t>(clock_.now().ns);
  hash_ = (hash_ ^ now) * 0x100000001b3;
}

}  // namespace sim
