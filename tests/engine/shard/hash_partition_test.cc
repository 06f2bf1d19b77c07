#include "engine/shard/hash_partition.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace engine {
namespace {

TEST(HashPartition, SpreadsUsersEvenlyAndAlwaysAlike) {
  constexpr ShardId kShards = 4;
  constexpr int kUsers = 40'000;
  const HashPartition partition(kShards);
  std::vector<int> users(kShards);
  for (int i = 0; i < kUsers; ++i) {
    const std::string jid = "user" + std::to_string(i) + "@example.com";
    const Owner owner = partition.owner(jid);
    ASSERT_LT(owner.shard, kShards);
    EXPECT_EQ(owner.shard, partition.owner(jid).shard);
    EXPECT_EQ(owner.node, partition.here());
    ++users[owner.shard];
  }
  // 12 % is the headroom that the budget gives a shard.
  for (const int count : users) EXPECT_LT(count, kUsers / kShards * 112 / 100);
}

}  // namespace
}  // namespace engine
