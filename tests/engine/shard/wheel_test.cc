#include "engine/shard/wheel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <vector>

#include "engine/base/random.h"
#include "engine/seam/turn.h"

namespace engine {
namespace {

constexpr base::Duration kTick{Wheel::kTickNs};

struct Probe final : Timer {
  void fire(Turn&) override {}
  base::Instant when{};
  bool expected = false;
};

base::Instant at_ms(int64_t ms) { return {ms * 1'000'000}; }

TEST(Wheel, NeverEarlyAndAtMostOneTickLate) {
  for (int64_t delay = 0; delay < 1000; delay += 7) {
    const base::Instant start = at_ms(1'000'003);
    Wheel wheel(start);
    Probe timer;
    const base::Instant when = start + base::Duration::milliseconds(delay);
    wheel.arm(timer, when);
    for (base::Instant now = start; ; now = now + base::Duration::milliseconds(1)) {
      wheel.advance(now);
      if (wheel.pop_due() == nullptr) {
        ASSERT_LT(now, when + kTick);
        continue;
      }
      EXPECT_GE(now, when);
      break;
    }
    EXPECT_FALSE(timer.armed());
  }
}

TEST(Wheel, NextDeadlineNeverMissesATimer) {
  base::Prng random(11);
  for (int round = 0; round < 200; ++round) {
    base::Instant now{static_cast<int64_t>(random.below(1ull << 50))};
    Wheel wheel(now);
    Probe timer;
    const base::Instant when = now + base::Duration{static_cast<int64_t>(random.below(
                                         uint64_t{1} << (20 + random.below(35))))};
    wheel.arm(timer, when);
    const int64_t rounds = (when - now).ns / (Wheel::kTickNs << 24);
    int wakes = 0;
    while (true) {
      const base::Instant next = wheel.next_deadline();
      ASSERT_NE(next, base::Instant::never());
      ASSERT_LT(next, when + kTick) << "sleeping until then would be too late";
      now = std::max(now, next);
      wheel.advance(now);
      if (wheel.pop_due() != nullptr) break;
      ASSERT_LT(++wakes, 10'000);
    }
    EXPECT_GE(now, when);
    EXPECT_LE(wakes, 8 + rounds) << "few wakes for nothing";
    EXPECT_EQ(wheel.next_deadline(), base::Instant::never());
  }
}

TEST(Wheel, DisarmedTimersDoNotFireAndDoNotWake) {
  Wheel wheel(at_ms(0));
  Probe timers[100];
  for (int i = 0; i < 100; ++i) wheel.arm(timers[i], at_ms(i * 1000));
  for (Probe& timer : timers) timer.disarm();
  EXPECT_EQ(wheel.next_deadline(), base::Instant::never());
  wheel.advance(at_ms(1'000'000));
  EXPECT_EQ(wheel.pop_due(), nullptr);
}

TEST(Wheel, ATimerMayDestroyOthersThatAreDueWithIt) {
  Wheel wheel(at_ms(0));
  auto first = std::make_unique<Probe>();
  auto second = std::make_unique<Probe>();
  wheel.arm(*first, at_ms(500));
  wheel.arm(*second, at_ms(500));
  wheel.advance(at_ms(600));
  EXPECT_EQ(wheel.pop_due(), first.get());
  second.reset();
  EXPECT_EQ(wheel.pop_due(), nullptr);
}

TEST(Wheel, RearmedForThePastComesWithTheNextAdvanceSoPoppingEnds) {
  Wheel wheel(at_ms(0));
  Probe timer;
  wheel.arm(timer, at_ms(100));
  wheel.advance(at_ms(1000));
  EXPECT_EQ(wheel.pop_due(), &timer);
  wheel.arm(timer, at_ms(100));
  EXPECT_EQ(wheel.pop_due(), nullptr);
  EXPECT_LE(wheel.next_deadline(), at_ms(1000));
  wheel.advance(at_ms(1000));
  EXPECT_EQ(wheel.pop_due(), &timer);
}

TEST(Wheel, NeverMeansNever) {
  Wheel wheel(at_ms(0));
  Probe timer;
  wheel.arm(timer, at_ms(100));
  wheel.arm(timer, base::Instant::never());
  EXPECT_FALSE(timer.armed());
  EXPECT_EQ(wheel.next_deadline(), base::Instant::never());
}

TEST(Wheel, TimersMayOutliveIt) {
  Probe timer;
  {
    Wheel wheel(at_ms(0));
    wheel.arm(timer, at_ms(5000));
  }
  EXPECT_FALSE(timer.armed());
}

// Against a multimap: random arming, re-arming, disarming and jumps of time.
TEST(Wheel, DoesWhatAMultimapDoes) {
  base::Prng random(4711);
  base::Instant now = at_ms(123'456'789);
  Wheel wheel(now);
  std::vector<Probe> timers(500);
  std::multimap<base::Instant, Probe*> model;
  const auto forget = [&model](Probe& timer) {
    if (!timer.expected) return;
    auto [from, to] = model.equal_range(timer.when);
    while (from->second != &timer) ++from;
    ASSERT_NE(from, to);
    model.erase(from);
    timer.expected = false;
  };
  for (int step = 0; step < 200'000; ++step) {
    Probe& timer = timers[random.below(timers.size())];
    const uint64_t choice = random.below(100);
    if (choice < 60) {
      // From the past to beyond the horizon of 19 days.
      const auto span = static_cast<int64_t>(random.below(uint64_t{1} << (25 + random.below(27))));
      forget(timer);
      timer.when = now + base::Duration{span - 50'000'000};
      timer.expected = true;
      model.emplace(timer.when, &timer);
      wheel.arm(timer, timer.when);
    } else if (choice < 70) {
      forget(timer);
      timer.disarm();
    } else {
      const auto jump = static_cast<int64_t>(random.below(uint64_t{1} << (20 + random.below(26))));
      now = now + base::Duration{jump};
      wheel.advance(now);
      while (Timer* due = wheel.pop_due()) {
        auto& probe = static_cast<Probe&>(*due);
        ASSERT_TRUE(probe.expected) << "fired without being armed";
        ASSERT_GE(now, probe.when) << "fired early";
        forget(probe);
      }
      // What is left may be late by a tick at most.
      const bool late = !model.empty() && model.begin()->first + kTick <= now;
      ASSERT_FALSE(late);
    }
  }
}

}  // namespace
}  // namespace engine
