// What a limit of open files leaves of a profile, with ordinary and with direct descriptors.
#include "appliance/node/limits.h"

#include <gtest/gtest.h>

namespace appliance {
namespace {

constexpr uint64_t kFiles = 20'000;
const Machine kMachine{.cpus = 2, .memory_bytes = uint64_t{16} << 30};

NodeLimits limits_of(bool direct, uint32_t connections, uint64_t open_files) {
  Config config;
  config.direct_descriptors = direct;
  config.connections_max = connections;
  return make_limits(config, all_profiles().back(), kMachine, 2, open_files);
}

TEST(NodeLimits, OrdinaryDescriptorsBoundTheNode) {
  const NodeLimits limits = limits_of(false, 30'000, kFiles);
  EXPECT_LT(limits.connections_max, kFiles);
  EXPECT_GT(limits.connections_max, kFiles - 100);
  EXPECT_EQ(limits.shards.reactor.direct_descriptors, 0u);
  EXPECT_EQ(limits.warnings.size(), 1u);
}

TEST(NodeLimits, DirectDescriptorsBoundTheShard) {
  const NodeLimits limits = limits_of(true, 30'000, kFiles);
  EXPECT_EQ(limits.connections_max, 30'000u);
  EXPECT_EQ(limits.shards.net.connections_per_shard, 15'000u);
  EXPECT_GT(limits.shards.reactor.direct_descriptors, 15'000u) << "or a full table loses clients";
  EXPECT_TRUE(limits.warnings.empty());
}

TEST(NodeLimits, NoTableIsLargerThanTheKernelAllows) {
  const NodeLimits limits = limits_of(true, 100'000, kFiles);
  EXPECT_EQ(limits.shards.reactor.direct_descriptors, kFiles);
  EXPECT_LT(limits.shards.net.connections_per_shard, kFiles);
  EXPECT_EQ(limits.connections_max, 2 * limits.shards.net.connections_per_shard);
  const NodeLimits few = limits_of(true, 0, 100);
  EXPECT_LE(few.shards.reactor.direct_descriptors, 100u);
  EXPECT_GT(few.connections_max, 0u);
  EXPECT_EQ(few.warnings.size(), 1u) << "fewer than the profile promises";
}

}  // namespace
}  // namespace appliance
