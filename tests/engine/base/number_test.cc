#include "engine/base/number.h"

#include <gtest/gtest.h>

namespace base {
namespace {

TEST(Number, TheWholeRangeAndNothingMore) {
  uint32_t small = 0;
  EXPECT_TRUE(parse_u32("0", small));
  EXPECT_EQ(0u, small);
  EXPECT_TRUE(parse_u32("4294967295", small));
  EXPECT_EQ(UINT32_MAX, small);
  EXPECT_FALSE(parse_u32("4294967296", small));
  uint64_t large = 0;
  EXPECT_TRUE(parse_u64("18446744073709551615", large));
  EXPECT_EQ(UINT64_MAX, large);
  EXPECT_FALSE(parse_u64("18446744073709551616", large));
  int8_t priority = 0;
  EXPECT_TRUE(parse_number("-128", priority));
  EXPECT_EQ(-128, priority);
  EXPECT_FALSE(parse_number("-129", priority));
  EXPECT_FALSE(parse_number("128", priority));
}

TEST(Number, OnlyDigitsAndAllOfThem) {
  for (const char* text : {"", " 1", "1 ", "+1", "-1", "1.0", "1e3", "0x10", "1,000", "one", "-"}) {
    uint32_t value = 42;
    EXPECT_FALSE(parse_u32(text, value)) << text;
    EXPECT_EQ(42u, value) << text;
  }
  uint32_t value = 42;
  EXPECT_FALSE(parse_u32(Bytes("1\0", 2), value));
}

}  // namespace
}  // namespace base
