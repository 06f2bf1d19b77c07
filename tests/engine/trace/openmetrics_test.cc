#include "engine/trace/openmetrics.h"

#include <gtest/gtest.h>

#include <sstream>

#include "engine/trace/counters.h"

namespace trace {
namespace {

TEST(OpenMetrics, AGaugeIsThreeLines) {
  base::Sink out;
  append_metric({"memory_bytes", "Bytes with a \\ and a \"quote\"\nand a line", -5}, out);
  EXPECT_EQ(
      "# TYPE rollcall_memory_bytes gauge\n"
      "# HELP rollcall_memory_bytes Bytes with a \\\\ and a \\\"quote\\\"\\nand a line\n"
      "rollcall_memory_bytes -5\n",
      out);
}

// What a scraper does: every sample belongs to the family named above it, counters end in _total,
// and the text ends with # EOF.
TEST(OpenMetrics, TheWholeExpositionIsWellFormed) {
  count(Counter::log_bytes);
  base::Sink out;
  append_counters(out);
  append_end(out);
  std::istringstream in(out);
  std::string line, family, type;
  int samples = 0;
  bool ended = false;
  while (std::getline(in, line)) {
    ASSERT_FALSE(ended);
    std::istringstream words(line);
    std::string first, second, third;
    words >> first >> second >> third;
    if (line == "# EOF") {
      ended = true;
    } else if (first == "#" && second == "TYPE") {
      family = third;
      words >> type;
      EXPECT_EQ(0u, family.find("rollcall_"));
      EXPECT_TRUE(type == "counter" || type == "gauge") << line;
    } else if (first == "#") {
      EXPECT_EQ("HELP", second);
      EXPECT_EQ(family, third);
    } else {
      EXPECT_EQ(type == "counter" ? family + "_total" : family, first);
      EXPECT_EQ(std::string::npos, second.find_first_not_of("-0123456789")) << line;
      EXPECT_TRUE(third.empty());
      ++samples;
    }
  }
  EXPECT_TRUE(ended);
  EXPECT_EQ(static_cast<int>(Counter::kCount) + static_cast<int>(Gauge::kCount), samples);
}

}  // namespace
}  // namespace trace
