#include "engine/base/packed_string.h"

#include <gtest/gtest.h>

namespace base {
namespace {

static_assert(sizeof(PackedString) == sizeof(void*));

TEST(PackedString, GivesBackWhatItWasGiven) {
  const std::string zero("a\0b", 3);
  EXPECT_EQ("romeo", PackedString("romeo").view());
  EXPECT_EQ(zero, PackedString(zero).view());
  EXPECT_EQ(std::string(100000, 'x'), PackedString(std::string(100000, 'x')).view());
}

TEST(PackedString, EmptyCostsNothingAndIsEmpty) {
  EXPECT_TRUE(PackedString().empty());
  EXPECT_TRUE(PackedString("").empty());
  EXPECT_EQ("", PackedString().view());
}

TEST(PackedString, MovesLeaveNothingBehind) {
  PackedString a("romeo");
  PackedString b(std::move(a));
  EXPECT_EQ("romeo", b.view());
  EXPECT_TRUE(a.empty());  // NOLINT: looked at on purpose
  PackedString c("juliet");
  c = std::move(b);
  EXPECT_EQ("romeo", c.view());
  PackedString& same = c;
  c = std::move(same);
  EXPECT_EQ("romeo", c.view());
}

}  // namespace
}  // namespace base
