// Counters and gauges: one block of plain numbers per thread, merged when somebody looks.
// count() and gauge_add() may be called from any thread and cost a few instructions.
#pragma once

#include <cstdint>

#include "engine/base/bytes.h"

namespace trace {

enum class Counter : uint16_t {
#define COUNTER(name, help) name,
#define GAUGE(name, help)
#include "engine/trace/counters.def"
#undef COUNTER
#undef GAUGE
  kCount
};

enum class Gauge : uint16_t {
#define COUNTER(name, help)
#define GAUGE(name, help) name,
#include "engine/trace/counters.def"
#undef COUNTER
#undef GAUGE
  kCount
};

void count(Counter counter, uint64_t n = 1);
void gauge_add(Gauge gauge, int64_t delta);

uint64_t total(Counter counter);  // over all threads
int64_t total(Gauge gauge);
base::Bytes name(Counter counter);
base::Bytes name(Gauge gauge);
base::Bytes help(Counter counter);
base::Bytes help(Gauge gauge);

}  // namespace trace
