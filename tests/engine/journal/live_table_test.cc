#include "engine/journal/live_table.h"

#include <gtest/gtest.h>

#include <map>

#include "engine/base/random.h"

namespace test {

TEST(LiveTable, HoldsWhatAMapHolds) {
  journal::LiveTable table;
  std::map<engine::JournalKey, uint64_t> expected;
  base::Prng random(1);
  for (int step = 0; step < 300'000; ++step) {
    // Long runs of inserting, then of erasing, so that it grows and shrinks.
    const bool growing = (step / 50'000) % 2 == 0;
    const engine::JournalKey key{static_cast<uint8_t>(1 + random.below(3)), random.below(40'000)};
    const bool there = expected.contains(key);
    ASSERT_EQ(table.find(key) != nullptr, there);
    if (there) {
      ASSERT_EQ(table.find(key)->position, expected[key]);
    }
    if (random.below(10) < (growing ? 8u : 2u)) {
      table.insert(key).position = expected[key] = random.next();
    } else if (there) {
      table.erase(*table.find(key));
      expected.erase(key);
    }
    ASSERT_EQ(table.size(), expected.size());
  }
  for (const auto& [key, position] : expected) EXPECT_EQ(table.find(key)->position, position);
}

TEST(LiveTable, ANewSlotIsEmptyAndAnOldOneStays) {
  journal::LiveTable table;
  journal::LiveTable::Slot& slot = table.insert({1, 5});
  EXPECT_EQ(slot.position, 0u);
  EXPECT_EQ(slot.note, 0u);
  slot.position = 9;
  EXPECT_EQ(table.insert({1, 5}).position, 9u);
  EXPECT_EQ(table.insert({2, 5}).position, 0u);
  table.erase(*table.find({1, 5}));
  EXPECT_EQ(table.insert({1, 5}).position, 0u);
}

TEST(LiveTable, WhatABurstNeededIsGivenBack) {
  journal::LiveTable table;
  const size_t before = table.bytes();
  for (uint64_t id = 0; id < 100'000; ++id) table.insert({1, id});
  EXPECT_GE(table.bytes(), 200'000 * sizeof(journal::LiveTable::Slot));
  for (uint64_t id = 0; id < 100'000; ++id) table.erase(*table.find({1, id}));
  EXPECT_EQ(table.bytes(), before);
}

}  // namespace test
