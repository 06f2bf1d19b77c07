// Every scenario file in the simulated world: two shards, so that most accounts of a script live
// on different ones, and once more in bad weather, where chunks are cut down to single bytes.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/scenario/runner/runner.h"
#include "tests/scenario/runner/sim_wire.h"
#include "tests/sim/world.h"

namespace scenario {
namespace {

std::vector<std::string> files() {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(SCENARIOS)) {
    const std::string name = entry.path().filename().string();
    if (name.rfind("xep_", 0) == 0 || name.rfind("rfc", 0) == 0) {
      out.push_back(entry.path().string());
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::string name_of(const testing::TestParamInfo<std::string>& info) {
  return std::filesystem::path(info.param).stem().string();
}

Outcome play(const std::string& file, uint64_t seed, const sim::Weather& weather) {
  sim::WorldOptions options;
  options.seed = seed;
  options.weather = weather;
  options.xmpp.registration = true;
  options.xmpp.version = "1.2.3";
  options.xmpp.contacts = {{"admin-addresses", {"mailto:admin@sim.example"}}};
  sim::World world(options);
  SimWire wire(world);
  RunnerOptions runner_options;
  runner_options.domain = world.domain();
  runner_options.switched_on = {"registration", "contacts"};
  base::Prng random(seed);
  return Runner(wire, runner_options, random).run_file(file);
}

class Scenario : public testing::TestWithParam<std::string> {};

TEST_P(Scenario, PlaysInCalmWeather) {
  const Outcome outcome = play(GetParam(), 1, {});
  EXPECT_TRUE(outcome.passed) << GetParam() << ": " << outcome.what;
  // The simulation has no TLS; everything else it has.
  EXPECT_TRUE(!outcome.skipped || outcome.what == "needs tls") << outcome.what;
}

TEST_P(Scenario, PlaysInBadWeather) {
  const sim::Weather storm{
      .cut_percent = 50, .delay_us_max = 20000, .short_send_percent = 20, .starve_percent = 10};
  const Outcome outcome = play(GetParam(), 7, storm);
  EXPECT_TRUE(outcome.passed) << GetParam() << ": " << outcome.what;
}

INSTANTIATE_TEST_SUITE_P(Files, Scenario, testing::ValuesIn(files()), name_of);

}  // namespace
}  // namespace scenario
