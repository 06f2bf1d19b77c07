// What looking costs: a call site below its level, one at its level, a counter, a call site while
// somebody watches another user, and the log thread's work for one record.
#include "engine/trace/trace.h"

#include <benchmark/benchmark.h>

#include <ctime>
#include <string>

#include "engine/trace/counters.h"
#include "engine/trace/log.h"
#include "engine/trace/watch.h"

namespace {

constexpr int kRecordsPerRing = 1000;  // as many fit a ring

base::WallTime wall() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return {now.tv_sec * 1000000 + now.tv_nsec / 1000};
}

const std::string kUser = "romeo@montague.example";

void below_level(benchmark::State& state) {
  trace::set_level(trace::Level::info);
  int number = 0;
  for (auto _ : state) {
    TRACE(router, debug, "route", {"user", kUser}, {"number", ++number});
    benchmark::ClobberMemory();
  }
}
BENCHMARK(below_level);

void counter(benchmark::State& state) {
  for (auto _ : state) {
    trace::count(trace::Counter::trace_records);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(counter);

// The ring is emptied outside the measurement, so no record is dropped.
void at_level(benchmark::State& state) {
  trace::set_clock(wall);
  int number = 0;
  for (auto _ : state) {
    TRACE(router, info, "route", {"user", kUser}, {"number", ++number});
    if (number % kRecordsPerRing != 0) continue;
    state.PauseTiming();
    trace::flush_log();
    state.ResumeTiming();
  }
  trace::flush_log();
}
BENCHMARK(at_level);

void while_another_is_watched(benchmark::State& state) {
  const auto watch = trace::Watch::open("juliet@capulet.example");
  int number = 0;
  for (auto _ : state) {
    TRACE(router, debug, "route", {"user", kUser}, {"number", ++number});
  }
}
BENCHMARK(while_another_is_watched);

void log_thread(benchmark::State& state) {
  for (auto _ : state) {
    state.PauseTiming();
    for (int i = 0; i < kRecordsPerRing; ++i) {
      TRACE(router, info, "route", {"user", kUser}, {"number", i});
    }
    state.ResumeTiming();
    trace::flush_log();
  }
  state.SetItemsProcessed(state.iterations() * kRecordsPerRing);
}
BENCHMARK(log_thread);

}  // namespace

BENCHMARK_MAIN();
