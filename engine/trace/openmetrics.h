// All counters and gauges as OpenMetrics text (version 1.0.0, what Prometheus scrapes): HELP and
// TYPE per metric, `_total` on counters, `# EOF` at the end. Any thread.
#pragma once

#include "engine/base/bytes.h"

namespace trace {

inline constexpr base::Bytes kOpenMetricsType =
    "application/openmetrics-text; version=1.0.0; charset=utf-8";

// Numbers that are not counted but asked for (memory in use, uptime): names without the prefix.
struct Reading {
  base::Bytes name;
  base::Bytes help;
  int64_t value = 0;
};

void append_metric(const Reading& gauge, base::Sink& out);
void append_counters(base::Sink& out);  // every COUNTER and GAUGE
void append_end(base::Sink& out);       // "# EOF\n", once, last

}  // namespace trace
