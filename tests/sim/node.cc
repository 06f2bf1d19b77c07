#include "tests/sim/node.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "protocols/gateway/shard_service.h"
#include "protocols/xmpp/journal_account.h"
#include "tests/sim/world.h"

namespace sim {

// One shard with everything on it.
struct Node::OnShard {
  OnShard(engine::ShardId id, Node& node)
      : random(node.ground_.random.step()),
        reactor(node.ground_.network, node.ground_.clock, node.ground_.disk),
        log(node.journals_->hand_over(id, reactor, recovered)),
        shard(id, reactor, node.mesh_, random, node.ground_.store),
        service(node.make_service(*this, id)),
        network(shard, node.ground_.options.net, node.net_shared_, {}),
        durable(node.ground_.clock.now()) {
    shard.attach(*service, network, log, std::move(recovered));
  }

  // Not on the disk yet: how much was appended at the end of which turn.
  struct Appended {
    base::Instant at;
    engine::Journal::Position upto = 0;
  };

  std::vector<engine::JournalEntry> recovered;
  base::Prng random;
  Reactor reactor;
  journal::ShardJournal& log;
  engine::Shard shard;
  xmpp::Service* xmpp = nullptr;  // of `service`
  std::unique_ptr<engine::Service> service;
  engine::Network network;
  base::Instant stalled_until{};
  engine::Journal::Position fed = 0;
  base::Instant durable;
  std::deque<Appended> waiting;
};

base::Result<std::unique_ptr<Node>> Node::start(const Ground& ground) {
  const engine::HashPartition partition(ground.options.shards);
  auto journals = Journals::start(
      ground.disk, ground.store, ground.options.journal, ground.options.shards,
      static_cast<uint32_t>(ground.random.step()), [&](const journal::RecoveredEntry& found) {
        return partition.owner(xmpp::journal_account(found.entry)).shard;
      });
  if (!journals) return journals.error();
  return std::unique_ptr<Node>(new Node(ground, std::move(*journals)));
}

Node::Node(const Ground& ground, std::unique_ptr<Journals> journals)
    : ground_(ground),
      mesh_({.shards = ground.options.shards, .mailbox_capacity = ground.options.mailbox_capacity}),
      net_shared_(ground.options.net),
      partition_(ground.options.shards),
      xmpp_(ground.options.shards, ground.secret),
      journals_(std::move(journals)) {
  ground_.store.attach(mesh_);
  if (ground_.options.sip != nullptr) {
    sip_ = {{ground_.random.next(), ground_.random.next()}, ground_.options.shards};
  }
  std::vector<uint16_t> ports;
  for (engine::ShardId id = 0; id < ground.options.shards; ++id) {
    shards_.push_back(std::make_unique<OnShard>(id, *this));
    CHECK(shards_.back()->network.listen(ports));
  }
}

Node::~Node() = default;

// XMPP alone, or both wires.
std::unique_ptr<engine::Service> Node::make_service(OnShard& on, engine::ShardId id) {
  const WorldOptions& options = ground_.options;
  auto xmpp = std::make_unique<xmpp::Service>(id, partition_,
                                              std::make_shared<xmpp::Options>(options.xmpp), xmpp_);
  on.xmpp = xmpp.get();
  if (options.sip == nullptr) return xmpp;
  return std::make_unique<gateway::ShardService>(
      std::move(xmpp), std::make_unique<sip::Service>(id, options.sip, sip_, on.random), on.random);
}

xmpp::Service& Node::service(engine::ShardId shard) { return *shards_.at(shard)->xmpp; }

engine::Network& Node::connections(engine::ShardId shard) { return shards_.at(shard)->network; }

base::Instant Node::next() const {
  base::Instant next = base::Instant::never();
  for (const auto& on : shards_) {
    base::Instant due = on->reactor.due() ? ground_.clock.now() : on->reactor.deadline();
    next = std::min(next, std::max(due, on->stalled_until));
  }
  return next;
}

// Some sit out a moment, as threads do on a busy machine.
bool Node::turn(engine::ShardId shard, uint32_t stall_percent) {
  OnShard& on = *shards_.at(shard);
  const base::Instant now = ground_.clock.now();
  if (!on.reactor.due() || now < on.stalled_until) return false;
  if (ground_.random.below(100) < stall_percent) {
    on.stalled_until =
        now + base::Duration::microseconds(static_cast<int64_t>(ground_.random.below(50000)));
    return false;
  }
  on.shard.turn();
  const engine::Journal::Position committed = on.log.committed();
  if (on.fed != committed) journals_->feed(shard);
  on.fed = committed;
  on.waiting.push_back({now, on.log.appended()});
  while (!on.waiting.empty() && on.waiting.front().upto <= committed) {
    on.durable = on.waiting.front().at;
    on.waiting.pop_front();
  }
  return true;
}

base::Instant Node::durable() const {
  base::Instant all = ground_.clock.now();
  for (const auto& on : shards_) {
    if (!on->waiting.empty()) all = std::min(all, on->durable);
  }
  return all;
}

}  // namespace sim
