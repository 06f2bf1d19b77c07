#include "engine/trace/counters.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

namespace trace {
namespace {

TEST(Counters, AreSummedOverThreadsThatRunAndThreadsThatHaveEnded) {
  const uint64_t before = total(Counter::log_bytes);
  count(Counter::log_bytes, 5);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([] {
      for (int j = 0; j < 10000; ++j) count(Counter::log_bytes);
    });
  }
  EXPECT_LE(total(Counter::log_bytes), before + 40005);  // readable meanwhile
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(before + 40005, total(Counter::log_bytes));
}

TEST(Counters, AThreadThatTakesOverABlockKeepsItsTotals) {
  const uint64_t before = total(Counter::log_bytes);
  for (int i = 0; i < 50; ++i) std::thread([] { count(Counter::log_bytes); }).join();
  EXPECT_EQ(before + 50, total(Counter::log_bytes));
}

TEST(Gauges, GoDownOnAnotherThreadThanTheyWentUp) {
  const int64_t before = total(Gauge::watchers);
  std::thread([] { gauge_add(Gauge::watchers, 3); }).join();
  gauge_add(Gauge::watchers, -2);
  EXPECT_EQ(before + 1, total(Gauge::watchers));
  gauge_add(Gauge::watchers, -1);
  EXPECT_EQ(before, total(Gauge::watchers));
}

TEST(Counters, NamesAreUniqueAndFitForExport) {
  std::set<std::string> names;
  const auto check = [&](base::Bytes name, base::Bytes help) {
    EXPECT_TRUE(names.insert(std::string(name)).second) << name;
    EXPECT_EQ(base::Bytes::npos, name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_"));
    EXPECT_FALSE(help.empty()) << name;
    const base::Bytes end = "_total";
    EXPECT_FALSE(name.size() > end.size() && name.substr(name.size() - end.size()) == end) << name;
  };
  for (uint16_t i = 0; i < static_cast<uint16_t>(Counter::kCount); ++i) {
    check(name(static_cast<Counter>(i)), help(static_cast<Counter>(i)));
  }
  for (uint16_t i = 0; i < static_cast<uint16_t>(Gauge::kCount); ++i) {
    check(name(static_cast<Gauge>(i)), help(static_cast<Gauge>(i)));
  }
}

}  // namespace
}  // namespace trace
