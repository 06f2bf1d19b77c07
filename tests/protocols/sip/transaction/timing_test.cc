#include "protocols/sip/transaction/timing.h"

#include <gtest/gtest.h>

namespace sip {
namespace {

// RFC 3261 table 4.
TEST(Timing, IntervalsDoubleUpToT2) {
  EXPECT_EQ(kTransactionLife, base::Duration::seconds(32));
  EXPECT_EQ(next_interval(kT1), base::Duration::seconds(1));
  EXPECT_EQ(next_interval(base::Duration::seconds(2)), kT2);
  EXPECT_EQ(next_interval(base::Duration::seconds(3)), kT2);
  EXPECT_EQ(next_interval(kT2), kT2);
  EXPECT_GT(kUnansweredLife, base::Duration::seconds(180));
}

}  // namespace
}  // namespace sip
