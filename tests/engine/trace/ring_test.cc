#include "engine/trace/ring.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>

#include "engine/base/random.h"

namespace trace {
namespace {

// A record as the ring sees it: its size, then (here) a number that fills the rest.
bool push(Ring& ring, uint32_t size, uint32_t number) {
  char* place = ring.reserve(size);
  if (place == nullptr) return false;
  std::memcpy(place, &size, sizeof size);
  for (uint32_t at = 4; at < size; at += 4) std::memcpy(place + at, &number, sizeof number);
  ring.commit(size);
  return true;
}

void expect_whole(const char* record, uint32_t number) {
  uint32_t size = 0;
  std::memcpy(&size, record, sizeof size);
  for (uint32_t at = 4; at < size; at += 4) {
    uint32_t found = 0;
    std::memcpy(&found, record + at, sizeof found);
    ASSERT_EQ(number, found);
  }
}

TEST(Ring, WhatIsPushedComesOutOnceAndInOrder) {
  const auto ring = std::make_unique<Ring>();
  base::Prng random(1);
  uint32_t pushed = 0;
  uint32_t drained = 0;
  for (int round = 0; round < 2000; ++round) {
    for (uint64_t n = random.below(20); n > 0; --n) {
      const auto size = static_cast<uint32_t>(8 + 8 * random.below(300));
      if (push(*ring, size, pushed)) ++pushed;
    }
    if (random.below(3) > 0) continue;
    ring->drain([&](const char* record) { expect_whole(record, drained++); });
    ASSERT_EQ(pushed, drained);
  }
  EXPECT_GT(pushed, 10000u);
}

TEST(Ring, AFullOneRefusesAndLosesNothingItHolds) {
  const auto ring = std::make_unique<Ring>();
  uint32_t pushed = 0;
  while (push(*ring, 4096, pushed)) ++pushed;
  EXPECT_EQ(Ring::kBytes / 4096, pushed);
  EXPECT_EQ(nullptr, ring->reserve(8));
  EXPECT_TRUE(ring->wants_drain());
  uint32_t drained = 0;
  ring->drain([&](const char* record) { expect_whole(record, drained++); });
  EXPECT_EQ(pushed, drained);
  EXPECT_FALSE(ring->wants_drain());
  EXPECT_TRUE(push(*ring, 8, 0));
}

TEST(Ring, ARecordThatDoesNotFitBeforeTheEndBeginsAgainAtTheStart) {
  const auto ring = std::make_unique<Ring>();
  const uint32_t large = Ring::kBytes / 4;
  for (uint32_t i = 0; i < 3; ++i) ASSERT_TRUE(push(*ring, large, i));
  ASSERT_TRUE(push(*ring, 8, 3));
  int drained = 0;
  ring->drain([&](const char*) { ++drained; });
  EXPECT_EQ(4, drained);
  ASSERT_TRUE(push(*ring, large, 4));  // a quarter less 8 bytes are left before the end
  ring->drain([&](const char* record) {
    expect_whole(record, 4);
    ++drained;
  });
  EXPECT_EQ(5, drained);
}

TEST(Ring, OneThreadWritesWhileAnotherReads) {
  const auto ring = std::make_unique<Ring>();
  constexpr uint32_t kRecords = 200000;
  std::thread writer([&] {
    for (uint32_t i = 0; i < kRecords;) {
      if (push(*ring, 8 + 8 * (i % 50), i)) {
        ++i;
      } else {
        std::this_thread::yield();
      }
    }
  });
  uint32_t drained = 0;
  while (drained < kRecords) {
    ring->drain([&](const char* record) { expect_whole(record, drained++); });
  }
  writer.join();
  EXPECT_EQ(kRecords, drained);
}

}  // namespace
}  // namespace trace
