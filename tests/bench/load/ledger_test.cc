#include "bench/load/phases/ledger.h"

#include <gtest/gtest.h>

namespace load {
namespace {

TEST(Ledger, EverybodyHearsItOnce) {
  Ledger ledger(4, 0);
  const uint32_t tick = ledger.open(Kind::presence, 5, 7, 2).tick;
  EXPECT_EQ(2u, ledger.outstanding());
  Entry* entry = ledger.find(tick);
  ASSERT_NE(nullptr, entry);
  EXPECT_TRUE(ledger.close_one(*entry));
  EXPECT_TRUE(ledger.close_one(*entry));
  EXPECT_FALSE(ledger.close_one(*entry));  // a third time is once too often
  EXPECT_EQ(0u, ledger.outstanding());
  EXPECT_EQ(0u, ledger.lost());
}

TEST(Ledger, WhatWasNeverHeardIsLost) {
  Ledger ledger(4, 0);
  for (uint32_t i = 0; i < 10; ++i) {
    Entry& entry = ledger.open(Kind::message, i, i, 1);
    if (i != 3) {
      EXPECT_TRUE(ledger.close_one(entry));
    }
  }
  EXPECT_EQ(1u, ledger.lost());
}

TEST(Ledger, APlaceThatIsWantedAgainMakesTheLateOneLost) {
  Ledger ledger(2, 0);
  const uint32_t late = ledger.open(Kind::message, 0, 0, 1).tick;
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(ledger.close_one(ledger.open(Kind::message, 1, 1, 1)));
  EXPECT_EQ(nullptr, ledger.find(late));
  EXPECT_EQ(0u, ledger.outstanding());
  EXPECT_EQ(1u, ledger.lost());
}

TEST(Ledger, WhatIsForgivenIsNotLost) {
  Ledger ledger(2, 0);
  ledger.open(Kind::message, 0, 0, 3);
  uint32_t visited = 0;
  ledger.each_open([&](Entry& entry) {
    ledger.forgive(entry);
    ++visited;
  });
  EXPECT_EQ(1u, visited);
  EXPECT_EQ(0u, ledger.lost());
}

TEST(Ledger, TicksOfAnotherPhaseAreNotKnown) {
  Ledger first(4, 0);
  Ledger second(4, 1);
  const uint32_t tick = first.open(Kind::message, 0, 0, 1).tick;
  second.open(Kind::message, 0, 0, 1);
  EXPECT_EQ(nullptr, second.find(tick));
  EXPECT_EQ(nullptr, second.find(0));
}

}  // namespace
}  // namespace load
