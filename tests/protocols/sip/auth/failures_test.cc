#include "protocols/sip/auth/failures.h"

#include <gtest/gtest.h>

#include <string>

namespace sip {
namespace {

constexpr base::Instant kNow{base::Duration::seconds(1000).ns};

TEST(Failures, AreForgivenOneAtATime) {
  Failures failures;
  for (int i = 0; i < Failures::kBurst; ++i) {
    EXPECT_FALSE(failures.too_many("alice", kNow)) << i;
    failures.add("alice", kNow);
  }
  EXPECT_TRUE(failures.too_many("alice", kNow));
  EXPECT_FALSE(failures.too_many("bob", kNow));
  EXPECT_FALSE(failures.too_many("alice", kNow + Failures::kPause));
  failures.add("alice", kNow + Failures::kPause);
  EXPECT_TRUE(failures.too_many("alice", kNow + Failures::kPause));
}

TEST(Failures, AreBoundedAndOldOnesMakeRoom) {
  Failures failures;
  for (size_t i = 0; i < 2 * Failures::kNamesMax; ++i) failures.add(std::to_string(i), kNow);
  EXPECT_EQ(failures.size(), Failures::kNamesMax);
  failures.add("late", kNow + Failures::kPause);
  EXPECT_EQ(failures.size(), 1u);
}

}  // namespace
}  // namespace sip
