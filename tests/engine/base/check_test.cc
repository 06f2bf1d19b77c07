#include "engine/base/check.h"

#include <gtest/gtest.h>

#include <cstdio>

#include "engine/base/result.h"

namespace base {
namespace {

TEST(CheckDeathTest, AFailureNamesItsPlaceAndCondition) {
  CHECK(1 + 1 == 2);
  EXPECT_DEATH(CHECK(1 + 1 == 3), "check_test.cc:[0-9]+: 1 \\+ 1 == 3");
}

TEST(CheckDeathTest, TheHookRunsOnceEvenIfItFailsItself) {
  EXPECT_DEATH(
      {
        set_check_hook([] {
          std::fputs("hook ran\n", stderr);
          CHECK(false);
        });
        CHECK(1 == 2);
      },
      "1 == 2\nhook ran\n.*CHECK failed[^\n]*false\n$");
}

TEST(Result, IsAValueOrAReason) {
  Result<int> good = 5;
  ASSERT_TRUE(good);
  EXPECT_EQ(5, *good);
  Result<int> bad = Error{"no such file"};
  ASSERT_FALSE(bad);
  EXPECT_EQ("no such file", bad.error().what);
  EXPECT_TRUE(Status::ok());
  EXPECT_EQ("full", Status(Error{"full"}).error().what);
}

TEST(ResultDeathTest, AReasonIsNoValue) {
  Result<int> bad = Error{"no such file"};
  EXPECT_DEATH(*bad = 1, "CHECK failed");
  Result<int> good = 5;
  EXPECT_DEATH((void)good.error(), "CHECK failed");
}

}  // namespace
}  // namespace base
