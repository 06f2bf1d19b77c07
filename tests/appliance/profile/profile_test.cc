#include "appliance/profile/profile.h"

#include <gtest/gtest.h>

namespace appliance {
namespace {

constexpr uint64_t kGib = uint64_t{1} << 30;

TEST(Profile, SizesAreThoseOfTheComparedProduct) {
  ASSERT_EQ(all_profiles().size(), 3u);
  const Profile* large = find_profile("25k");
  ASSERT_NE(large, nullptr);
  EXPECT_EQ(large->users, 25000u);
  EXPECT_EQ(large->sessions, 37500u);
  EXPECT_EQ(large->vcpus, 6);
  EXPECT_EQ(large->memory_gib, 18u);
  EXPECT_EQ(find_profile("15k")->sessions, 22500u);
  EXPECT_EQ(find_profile("5k")->sessions, 7500u);
  EXPECT_EQ(find_profile("1k"), nullptr);
  EXPECT_EQ(find_profile(""), nullptr);
}

TEST(Profile, TheLargestThatFitsIsDetected) {
  EXPECT_STREQ(detect_profile({.cpus = 2, .memory_bytes = 10 * kGib}).name, "5k");
  EXPECT_STREQ(detect_profile({.cpus = 4, .memory_bytes = 14 * kGib}).name, "15k");
  EXPECT_STREQ(detect_profile({.cpus = 6, .memory_bytes = 18 * kGib}).name, "25k");
  EXPECT_STREQ(detect_profile({.cpus = 64, .memory_bytes = 512 * kGib}).name, "25k");
}

TEST(Profile, CpusAndMemoryMustBothBeThere) {
  EXPECT_STREQ(detect_profile({.cpus = 6, .memory_bytes = 10 * kGib}).name, "5k");
  EXPECT_STREQ(detect_profile({.cpus = 2, .memory_bytes = 64 * kGib}).name, "5k");
}

TEST(Profile, AMachineSmallerThanAnyGetsTheSmallest) {
  EXPECT_STREQ(detect_profile({.cpus = 1, .memory_bytes = kGib}).name, "5k");
  EXPECT_FALSE(fits(all_profiles()[0], {.cpus = 1, .memory_bytes = kGib}));
}

TEST(Profile, WhatFirmwareKeepsDoesNotCostAProfile) {
  EXPECT_STREQ(detect_profile({.cpus = 4, .memory_bytes = 14 * kGib / 100 * 95}).name, "15k");
  EXPECT_STREQ(detect_profile({.cpus = 4, .memory_bytes = 14 * kGib / 100 * 85}).name, "5k");
}

TEST(Profile, OneShardACpuButNoMoreThanTheProfileWasMadeFor) {
  const Profile& small = *find_profile("5k");
  EXPECT_EQ(default_shards(small, {.cpus = 1}), 1);
  EXPECT_EQ(default_shards(small, {.cpus = 2}), 2);
  EXPECT_EQ(default_shards(small, {.cpus = 32}), 2);
}

TEST(Profile, ThisMachineHasCpusAndMemory) {
  const Machine machine = this_machine();
  EXPECT_GE(machine.cpus, 1);
  EXPECT_GT(machine.memory_bytes, 16u << 20);
}

}  // namespace
}  // namespace appliance
