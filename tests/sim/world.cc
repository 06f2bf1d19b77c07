#include "tests/sim/world.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "tests/sim/client.h"

namespace sim {

static double seconds(base::Instant when) { return static_cast<double>(when.ns) / 1e9; }

static void set_listeners(WorldOptions& options) {
  options.net.listeners = {{.address = "::", .port = 5222}};
  if (options.sip == nullptr) return;
  options.net.listeners.push_back(
      {.address = "::", .port = 5060, .transport = engine::ListenerTransport::datagram});
  options.sip->first_listener = 1;
  options.sip->listeners = {sip::ListenerKind::udp};
}

World::World(WorldOptions options)
    : options_(std::move(options)),
      random_(options_.seed),
      network_(clock_, random_),
      store_(clock_, random_),
      disk_(clock_, random_),
      fate_(*this, options_.fate),
      secret_(32, '\0') {
  set_listeners(options_);
  options_.im.domains = {domain()};
  options_.xmpp.im = std::make_shared<im::Options>(options_.im);
  options_.xmpp.listeners = {{.tls = xmpp::TlsMode::off, .sasl_without_tls = true}};
  random_.fill(secret_.data(), secret_.size());
  network_.weather = options_.weather;
  network_.observer = [this](base::Bytes bytes) { mix(bytes); };
  disk_.weather = options_.disk;
  store_.set_faults(options_.store_faults);
  store_.set_cold_starts(options_.cold_starts);
  start();
  run_for(base::Duration::milliseconds(1));
}

World::~World() = default;

void World::start() {
  if (up()) return;
  if (!crashes_.empty()) fate_.before_start();
  auto started = Node::start({clock_, random_, network_, store_, disk_, options_, secret_});
  if (started) {
    node_ = std::move(*started);
    fate_.counts().entries_recovered += node_->recovered_entries();
    disk_.files().changes_left = UINT64_MAX;
    return;
  }
  if (disk_.files().off()) {
    ++fate_.counts().interrupted_starts;
    ++fate_.counts().power_cuts;
    disk_.lose(Death::power);
    clock_.after(fate_.downtime(), [this] { start(); });
    return;
  }
  if (fate_.disk_is_full()) {  // whoever watches over the node tries again
    clock_.after(base::Duration::seconds(1), [this] { start(); });
    return;
  }
  if (trouble_.empty()) trouble_ = "the node does not start: " + started.error().what;
}

void World::crash_after(uint64_t steps, Death how) {
  fuse_ = steps;
  fuse_how_ = how;
}

// Between two steps, so nothing of the node is on the stack.
void World::crash(Death how) {
  const bool power = how == Death::power;
  ++(power ? fate_.counts().power_cuts : fate_.counts().process_deaths);
  crashes_.push_back({clock_.now(), node_->durable(), how, shards() == 1});
  fuse_ = 0;
  if (!grep.empty()) {
    std::printf("%12.6f %s, on the disk is all before %.6f\n", seconds(clock_.now()),
                power ? "power cut" : "the process dies", seconds(crashes_.back().durable));
  }
  network_.node_died(power);
  disk_.cut_off();
  store_.node_died();
  node_.reset();
  disk_.lose(how);
  if (fate_.chance(options_.fate.reshard)) {
    options_.shards = static_cast<engine::ShardId>(1 + random_.below(4));
  }
  clock_.after(fate_.downtime(), [this] { start(); });
}

void World::step() {
  if (!up()) return;
  // What a disk still holds that has failed is anybody's guess.
  if (node_->failed()) return crash(Death::power);
  if (fuse_ > 0 && --fuse_ == 0) crash(fuse_how_);
}

// Shards that have something to do take one turn each, in random order.
void World::turn_due_shards() {
  if (!up()) return;
  const auto start = static_cast<engine::ShardId>(random_.below(node_->shards()));
  const engine::ShardId count = node_->shards();
  for (engine::ShardId i = 0; i < count && up(); ++i) {
    const auto shard = static_cast<engine::ShardId>((start + i) % count);
    if (node_->turn(shard, options_.stall_percent)) step();
  }
}

void World::run_for(base::Duration duration) {
  const base::Instant end = clock_.now() + duration;
  while (true) {
    const base::Instant next =
        std::min(clock_.next(), up() ? node_->next() : base::Instant::never());
    if (next > end) break;
    clock_.advance(next);
    while (clock_.run_one()) step();
    turn_due_shards();
  }
  clock_.advance(end);
}

void World::calm() {
  network_.weather = {};
  disk_.weather = {};
  store_.set_faults(false);
  store_.set_cold_starts(false);
  options_.stall_percent = 0;
  fuse_ = 0;
  fate_.end();
  start();
}

void World::add_user(base::Bytes name, base::Bytes password) {
  store_.add_user(std::string(name) + "@" + domain(), password);
}

size_t World::sessions() const {
  size_t sum = 0;
  for (engine::ShardId id = 0; up() && id < shards(); ++id)
    sum += node_->service(id).session_count();
  return sum;
}

size_t World::streams() const {
  size_t sum = 0;
  for (engine::ShardId id = 0; up() && id < shards(); ++id)
    sum += node_->service(id).stream_count();
  return sum;
}

size_t World::connections() const {
  size_t sum = 0;
  for (engine::ShardId id = 0; up() && id < shards(); ++id) {
    sum += node_->connections(id).connections();
  }
  return sum;
}

size_t World::journal_entries() {
  size_t sum = 0;
  for (engine::ShardId id = 0; up() && id < shards(); ++id) sum += journal(id).figures().entries;
  return sum;
}

bool World::mail_waiting() {
  for (engine::ShardId from = 0; up() && from < shards(); ++from) {
    for (engine::ShardId to = 0; to < shards(); ++to) {
      if (from != to && !node_->mesh().mailbox(from, to).empty()) return true;
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
