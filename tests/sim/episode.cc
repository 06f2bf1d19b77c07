#include "tests/sim/episode.h"

#include "engine/trace/counters.h"
#include "tests/sim/checkers.h"
#include "tests/sim/crowd.h"
#include "tests/sim/limits.h"
#include "tests/sim/order.h"
#include "tests/sim/pressure.h"
#include "tests/sim/world.h"

namespace sim {

// Every other world has limits so tight that its people reach them.
static bool is_tight(uint64_t seed) { return seed % 2 == 0; }

// Two worlds of three have a node that dies, and most of those a disk with troubles of its own.
static void draw_fate(WorldOptions& options, base::Prng& dice) {
  if (dice.below(3) == 0) return;
  const auto draw = [&dice](uint64_t most) { return static_cast<uint32_t>(dice.below(most)); };
  options.fate.death = 3 + draw(15);
  options.fate.interrupted_start = dice.below(2) == 0 ? 0 : draw(400);
  options.fate.reshard = dice.below(2) == 0 ? 0 : draw(500);
  if (dice.below(3) == 0) options.disk.slow_percent = draw(50);
  options.cold_starts = dice.below(2) == 0;
  if (dice.below(2) == 0) options.fate.disk_full = draw(15);
  if (dice.below(3) == 0) options.fate.disk_failure = draw(10);
}

// Everything about an episode follows from its seed, and nothing else does.
static WorldOptions draw_world(uint64_t seed) {
  base::Prng dice(seed * 2 + 1);
  WorldOptions options;
  options.seed = seed;
  options.shards = static_cast<engine::ShardId>(1 + dice.below(4));
  const bool storm = dice.below(3) != 0;
  if (storm) {
    options.weather.cut_percent = static_cast<uint32_t>(dice.below(60));
    options.weather.delay_us_max = static_cast<uint32_t>(1 + dice.below(50000));
    options.weather.short_send_percent = static_cast<uint32_t>(dice.below(50));
    options.weather.starve_percent = static_cast<uint32_t>(dice.below(10));
    options.store_faults = dice.below(2) == 0;
    options.stall_percent = static_cast<uint32_t>(dice.below(30));
  }
  if (dice.below(2) == 0) {  // overflow policies at work
    options.mailbox_capacity = dice.below(2) == 0 ? 1 : 4;
    options.shards = static_cast<engine::ShardId>(2 + dice.below(3));  // one alone has no mail
    options.stall_percent = static_cast<uint32_t>(dice.below(90));
  }
  // Small, so that segments are let go, carried and used again. Who presses against every limit of
  // messages in memory must not come up against the journal's first.
  const uint64_t segments = is_tight(seed) ? 128 : 16;
  options.journal = {.segment_bytes = 32 << 10, .bytes_max = segments * (32 << 10)};
  options.xmpp.resume_seconds = 120;
  options.im.sessions_per_user_max = 8;
  if (is_tight(seed)) Pressure::draw_tight(options, dice);
  draw_fate(options, dice);
  return options;
}

static CrowdOptions draw_crowd(uint64_t seed, bool cold_starts) {
  base::Prng dice(seed * 2 + 2);
  CrowdOptions options;
  options.users = static_cast<uint32_t>(2 + dice.below(10));
  options.clients_per_user_max = static_cast<uint32_t>(1 + dice.below(3));
  static constexpr uint32_t kManaged[] = {0, 50, 100};
  options.managed_percent = kManaged[dice.below(3)];
  options.actions = static_cast<uint32_t>(300 + dice.below(1000));
  options.stampede_percent = cold_starts ? 80 : 0;
  return options;
}

static Clients view(const Crowd& crowd) {
  Clients clients;
  for (const auto& client : crowd.clients()) clients.push_back(client.get());
  return clients;
}

static std::string check_after_quiet(const Crowd& crowd, World& world, const LimitBook& limits) {
  const Clients clients = view(crowd);
  std::string wrong = world.trouble();
  if (wrong.empty()) wrong = check_protocol(crowd);
  if (wrong.empty()) wrong = check_views(crowd, world);
  if (wrong.empty()) wrong = check_messages(crowd, world);
  if (wrong.empty()) wrong = check_arrival_order(clients, world.crashes());
  if (wrong.empty()) wrong = check_delivery_order(clients, world.crashes());
  if (wrong.empty()) wrong = check_presence_order(clients, world.crashes());
  if (wrong.empty()) wrong = limits.check_told(clients);
  if (wrong.empty()) wrong = check_bounds(world);
  return wrong;
}

// Every limit, reached on purpose.
static std::string press(const Crowd& crowd, World& world, Pressure& pressure) {
  Clients clients = view(crowd);
  const LimitBook limits(clients);
  std::string wrong = pressure.run();
  for (const Client* client : pressure.clients()) clients.push_back(client);
  if (wrong.empty()) wrong = limits.check_exact(clients);
  if (wrong.empty()) wrong = check_bounds(world);
  return wrong;
}

// Where nodes die, this one does so once more when some have gone who could come back and will not.
static void depart(Crowd& crowd, World& world) {
  if (world.options().fate.death == 0) return crowd.leave();
  crowd.vanish();
  world.crash_after(1 + world.random().below(100), Death::power);
}

Verdict run_episode(uint64_t seed) {
  const uint64_t refusals = trace::total(trace::Counter::journal_refusals);
  World world(draw_world(seed));
  Crowd crowd(world, draw_crowd(seed, world.options().cold_starts));
  Pressure pressure(world);
  Verdict verdict;
  const LimitBook limits({});
  verdict.wrong = crowd.run();
  crowd.heal();
  if (verdict.wrong.empty()) verdict.wrong = check_after_quiet(crowd, world, limits);
  if (verdict.wrong.empty() && is_tight(seed)) verdict.wrong = press(crowd, world, pressure);
  depart(crowd, world);
  pressure.leave();
  // Long enough for every resumption to expire and every cached user to be let go.
  world.run_for(base::Duration::seconds(600));
  if (verdict.wrong.empty()) verdict.wrong = world.trouble();
  if (verdict.wrong.empty()) verdict.wrong = check_baseline(world);
  for (const auto& client : crowd.clients()) {
    for (const Received& message : client->messages) world.mix(message.from + message.body);
    for (const auto& [jid, subscription] : client->roster) world.mix(jid + subscription);
    verdict.logins += client->logins;
    verdict.resumptions += client->resumptions;
    verdict.resumed_over_restart += client->resumed_over_restart;
  }
  verdict.fate = world.counts();
  verdict.fate.refusals = trace::total(trace::Counter::journal_refusals) - refusals;
  verdict.messages = crowd.sent().size();
  verdict.hash = world.hash();
  return verdict;
}

}  // namespace sim
