// One seed's fate on both wires.
#include "engine/trace/counters.h"
#include "tests/sim/checkers.h"
#include "tests/sim/episode.h"
#include "tests/sim/wires.h"

namespace sim {

static void draw_weather(WorldOptions& options, base::Prng& dice) {
  const auto draw = [&dice](uint64_t most) { return static_cast<uint32_t>(dice.below(most)); };
  options.weather.datagram_loss_percent = draw(16);
  options.weather.datagram_twice_percent = draw(30);
  options.weather.datagram_late_percent = draw(40);
  options.weather.delay_us_max = 1 + draw(20000);
  options.weather.starve_percent = draw(10);
  options.weather.cut_percent = draw(40);
  options.store_faults = dice.below(3) == 0;
  options.stall_percent = draw(20);
  if (dice.below(3) == 0) return;
  options.fate.death = 3 + draw(20);
  options.fate.interrupted_start = dice.below(2) == 0 ? 0 : draw(400);
  options.fate.reshard = dice.below(2) == 0 ? 0 : draw(500);
  if (dice.below(3) == 0) options.disk.slow_percent = draw(50);
}

static WorldOptions draw_world(uint64_t seed) {
  base::Prng dice(seed * 2 + 1);
  WorldOptions options;
  options.seed = seed;
  options.shards = static_cast<engine::ShardId>(1 + dice.below(4));
  options.journal = {.segment_bytes = 32 << 10, .bytes_max = 64 * (32 << 10)};
  options.xmpp.resume_seconds = 120;
  options.sip = Wires::options();
  if (dice.below(4) != 0) draw_weather(options, dice);
  return options;
}

static std::string check_empty(World& world) {
  static constexpr trace::Gauge kTables[] = {
      trace::Gauge::sip_subscriptions, trace::Gauge::im_presentity_sources,
      trace::Gauge::im_presentity_watchers, trace::Gauge::sip_server_transactions,
      trace::Gauge::sip_client_transactions};
  for (const trace::Gauge table : kTables) {
    const int64_t left = trace::total(table);
    if (left != 0) return std::string(trace::name(table)) + ": " + std::to_string(left) + " left";
  }
  return check_baseline(world);
}

Verdict run_wires_episode(uint64_t seed) {
  World world(draw_world(seed));
  Wires wires(world, static_cast<uint32_t>(2 + world.random().below(4)));
  Verdict verdict;
  wires.run(static_cast<uint32_t>(100 + world.random().below(300)));
  wires.heal();
  verdict.wrong = world.trouble();
  if (verdict.wrong.empty()) verdict.wrong = wires.check();
  // Who does not say goodbye expires.
  if (world.random().below(2) == 0) wires.leave();
  for (const auto& client : wires.clients()) client->log_out();
  world.run_for(base::Duration::seconds(900));
  if (verdict.wrong.empty()) verdict.wrong = check_empty(world);
  verdict.fate = world.counts();
  verdict.messages = wires.messages();
  for (const auto& client : wires.clients()) {
    verdict.logins += client->logins;
    verdict.resumptions += client->resumptions;
    verdict.resumed_over_restart += client->resumed_over_restart;
  }
  verdict.hash = world.hash();
  return verdict;
}

}  // namespace sim
