#include "engine/trace/trace.h"

#include <gtest/gtest.h>

#include "engine/trace/counters.h"

namespace trace {
namespace {

TEST(Trace, BelowTheLevelNothingIsEvenEvaluated) {
  set_level(Level::info);
  int evaluated = 0;
  TRACE(router, debug, "step", {"number", ++evaluated});
  EXPECT_EQ(0, evaluated);
  TRACE(router, info, "step", {"number", ++evaluated});
  EXPECT_EQ(1, evaluated);
}

TEST(Trace, EveryRecordWrittenIsCounted) {
  const uint64_t before = total(Counter::trace_records);
  TRACE(node, info, "one");
  TRACE(node, trace, "not wanted");
  TRACE(node, error, "two");
  EXPECT_EQ(before + 2, total(Counter::trace_records));
}

TEST(Trace, StanzasCostNothingWhileNobodyWatches) {
  const uint64_t before = total(Counter::trace_records);
  stanza("romeo@example.org", true, "<presence/>");
  EXPECT_EQ(before, total(Counter::trace_records));
}

TEST(TraceDeathTest, SeventeenFieldsAreOurMistake) {
  EXPECT_DEATH(TRACE(node, info, "many", {"a", 1}, {"a", 1}, {"a", 1}, {"a", 1}, {"a", 1}, {"a", 1},
                     {"a", 1}, {"a", 1}, {"a", 1}, {"a", 1}, {"a", 1}, {"a", 1}, {"a", 1}, {"a", 1},
                     {"a", 1}, {"a", 1}, {"a", 1}),
               "CHECK failed");
}

}  // namespace
}  // namespace trace
