#include "bench/load/phases/office_model.h"

#include <gtest/gtest.h>

#include <vector>

namespace load {
namespace {

constexpr int64_t kMinute = 60'000'000'000;

TEST(OfficeModel, AnHourHasAsManyEventsAsThePeopleHaveHabits) {
  OfficeModel model({.presences = 6, .messages = 10, .relogins = 0.5, .hour = kMinute}, 10'000, 1);
  uint64_t counts[3] = {};
  for (; model.next().due < kMinute; model.advance()) {
    ++counts[static_cast<unsigned>(model.next().act)];
  }
  EXPECT_NEAR(60'000, static_cast<double>(counts[0]), 1'000);  // four times the deviation
  EXPECT_NEAR(100'000, static_cast<double>(counts[1]), 1'300);
  EXPECT_NEAR(5'000, static_cast<double>(counts[2]), 300);
}

TEST(OfficeModel, TimeNeverGoesBackAndEverybodyHasTheirTurn) {
  OfficeModel model({.hour = kMinute}, 50, 2);
  std::vector<int> turns(50);
  int64_t last = 0;
  for (int i = 0; i < 20'000; ++i, model.advance()) {
    ASSERT_GE(model.next().due, last);
    last = model.next().due;
    ASSERT_LT(model.next().who, 50u);
    ++turns[model.next().who];
  }
  for (const int turn : turns) EXPECT_NEAR(400, turn, 100);
}

TEST(OfficeModel, TheSameSeedIsTheSameDay) {
  OfficeModel first({}, 100, 7);
  OfficeModel same({}, 100, 7);
  OfficeModel other({}, 100, 8);
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(first.next().due, same.next().due);
    EXPECT_EQ(first.next().who, same.next().who);
    differs = differs || first.next().due != other.next().due;
    first.advance();
    same.advance();
    other.advance();
  }
  EXPECT_TRUE(differs);
}

TEST(OfficeModel, WhatNobodyDoesNeverHappens) {
  OfficeModel model({.presences = 0, .messages = 1, .relogins = 0, .hour = kMinute}, 100, 3);
  for (int i = 0; i < 1000; ++i, model.advance()) {
    ASSERT_EQ(OfficeAct::message, model.next().act);
  }
  const OfficeModel idle({.presences = 0, .messages = 0, .relogins = 0}, 100, 3);
  EXPECT_EQ(INT64_MAX, idle.next().due);
}

}  // namespace
}  // namespace load
