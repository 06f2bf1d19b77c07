#include "engine/trace/counters.h"

#include <atomic>

#include "engine/base/check.h"
#include "engine/trace/per_thread.h"

namespace trace {

static constexpr size_t kCounters = static_cast<size_t>(Counter::kCount);
static constexpr size_t kGauges = static_cast<size_t>(Gauge::kCount);

namespace {

// Only its own thread writes a block, so adding is a plain load and store; readers on other
// threads see some recent value of each number.
struct Block {
  std::atomic<uint64_t> counters[kCounters] = {};
  std::atomic<int64_t> gauges[kGauges] = {};
};

struct Text {
  base::Bytes name;
  base::Bytes help;
};

}  // namespace

static constexpr Text kCounterTexts[] = {
#define COUNTER(name, help) {#name, help},
#define GAUGE(name, help)
#include "engine/trace/counters.def"
#undef COUNTER
#undef GAUGE
};
static constexpr Text kGaugeTexts[] = {
#define COUNTER(name, help)
#define GAUGE(name, help) {#name, help},
#include "engine/trace/counters.def"
#undef COUNTER
#undef GAUGE
};

template <class Number>
static void add(std::atomic<Number>& number, Number n) {
  number.store(number.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
}

void count(Counter counter, uint64_t n) {
  add(PerThread<Block>::mine().counters[static_cast<size_t>(counter)], n);
}

void gauge_add(Gauge gauge, int64_t delta) {
  add(PerThread<Block>::mine().gauges[static_cast<size_t>(gauge)], delta);
}

uint64_t total(Counter counter) {
  CHECK(counter < Counter::kCount);
  uint64_t sum = 0;
  PerThread<Block>::each([&](const Block& block) {
    sum += block.counters[static_cast<size_t>(counter)].load(std::memory_order_relaxed);
  });
  return sum;
}

int64_t total(Gauge gauge) {
  CHECK(gauge < Gauge::kCount);
  int64_t sum = 0;
  PerThread<Block>::each([&](const Block& block) {
    sum += block.gauges[static_cast<size_t>(gauge)].load(std::memory_order_relaxed);
  });
  return sum;
}

base::Bytes name(Counter counter) {
  CHECK(counter < Counter::kCount);
  return kCounterTexts[static_cast<size_t>(counter)].name;
}

base::Bytes name(Gauge gauge) {
  CHECK(gauge < Gauge::kCount);
  return kGaugeTexts[static_cast<size_t>(gauge)].name;
}

base::Bytes help(Counter counter) {
  CHECK(counter < Counter::kCount);
  return kCounterTexts[static_cast<size_t>(counter)].help;
}

base::Bytes help(Gauge gauge) {
  CHECK(gauge < Gauge::kCount);
  return kGaugeTexts[static_cast<size_t>(gauge)].help;
}

}  // namespace trace
