#include "engine/seam/timer.h"

#include <gtest/gtest.h>

#include <memory>

#include "engine/seam/turn.h"
#include "engine/shard/wheel.h"
#include "tests/support/memory_log.h"

namespace engine {
namespace {

struct Waiting {
  void on_time(Turn& turn) { fired_at = turn.now; }
  MemberTimer<Waiting, &Waiting::on_time> timer{*this};
  base::Instant fired_at;
};

constexpr base::Instant at_seconds(int64_t seconds) {
  return base::Instant{} + base::Duration::seconds(seconds);
}

TEST(Timer, CallsItsOwner) {
  Wheel wheel(at_seconds(0));
  base::Prng random(1);
  Outbox out;
  tests::MemoryLog log;
  Turn turn{at_seconds(5), {}, 0, out, wheel, log, random};
  Waiting waiting;
  waiting.timer.fire(turn);
  EXPECT_EQ(at_seconds(5), waiting.fired_at);
}

TEST(Timer, IsArmedUntilDisarmed) {
  Wheel wheel(at_seconds(0));
  Waiting waiting;
  EXPECT_FALSE(waiting.timer.armed());
  wheel.arm(waiting.timer, at_seconds(1));
  EXPECT_TRUE(waiting.timer.armed());
  waiting.timer.disarm();
  waiting.timer.disarm();
  EXPECT_FALSE(waiting.timer.armed());
  wheel.advance(at_seconds(2));
  EXPECT_EQ(nullptr, wheel.pop_due());
}

TEST(Timer, OneThatDiesLeavesTheWheelWhole) {
  Wheel wheel(at_seconds(0));
  Waiting first, third;
  auto second = std::make_unique<Waiting>();
  wheel.arm(first.timer, at_seconds(1));
  wheel.arm(second->timer, at_seconds(1));
  wheel.arm(third.timer, at_seconds(1));
  second.reset();
  wheel.advance(at_seconds(2));
  EXPECT_EQ(&first.timer, wheel.pop_due());
  EXPECT_EQ(&third.timer, wheel.pop_due());
  EXPECT_EQ(nullptr, wheel.pop_due());
}

}  // namespace
}  // namespace engine
