#include "engine/base/datetime.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>

#include "engine/base/random.h"

namespace base {
namespace {

std::string formatted(int64_t us, Fraction fraction = Fraction::microseconds) {
  Sink out;
  format_datetime({us}, fraction, out);
  return out;
}

int64_t parsed(Bytes text) {
  const std::unique_ptr<char[]> block(new char[text.size()]);
  std::memcpy(block.get(), text.data(), text.size());
  WallTime time{-1};
  EXPECT_TRUE(parse_datetime({block.get(), text.size()}, time)) << text;
  return time.us;
}

TEST(DateTime, KnownMoments) {
  EXPECT_EQ("1970-01-01T00:00:00.000000Z", formatted(0));
  EXPECT_EQ("1969-12-31T23:59:59.999999Z", formatted(-1));
  EXPECT_EQ("2002-09-10T23:41:07.053000Z", formatted(1031701267053000));  // XEP-0082 §4
  EXPECT_EQ("2000-02-29T12:00:00Z", formatted(951825600000000, Fraction::none));
  EXPECT_EQ("2038-01-19T03:14:08.000Z", formatted(2147483648000000, Fraction::milliseconds));
  EXPECT_EQ("1776-07-04T02:56:15Z", formatted(-6106050225000000, Fraction::none));
}

TEST(DateTime, ExamplesOfXep0082) {
  EXPECT_EQ(parsed("1969-07-21T02:56:15Z"), parsed("1969-07-20T21:56:15-05:00"));
  EXPECT_EQ(1031701267053000, parsed("2002-09-10T23:41:07.053Z"));
  EXPECT_EQ(-14159025000000, parsed("1969-07-21T02:56:15Z"));
}

TEST(DateTime, FractionsOfAnyLengthCountToTheMicrosecond) {
  EXPECT_EQ(100000, parsed("1970-01-01T00:00:00.1Z"));
  EXPECT_EQ(123456, parsed("1970-01-01T00:00:00.123456Z"));
  EXPECT_EQ(123456, parsed("1970-01-01T00:00:00.12345678901234567890Z"));
}

TEST(DateTime, WhatIsFormattedIsParsedBack) {
  Prng random(7);
  for (int i = 0; i < 20000; ++i) {
    const int64_t us = static_cast<int64_t>(random.below(315537897600000000)) - 62135596800000000;
    ASSERT_EQ(us, parsed(formatted(us)));
  }
  EXPECT_EQ(-62135596800000000, parsed("0001-01-01T00:00:00Z"));
  EXPECT_EQ(253402300799999999, parsed("9999-12-31T23:59:59.999999Z"));
}

TEST(DateTime, TimesThatCannotBeWrittenAreMovedToTheNearest) {
  EXPECT_EQ("0001-01-01T00:00:00.000000Z", formatted(INT64_MIN));
  EXPECT_EQ("9999-12-31T23:59:59.999999Z", formatted(INT64_MAX));
}

TEST(DateTime, EveryDayOfFourCenturiesFollowsTheOneBefore) {
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  int64_t us = parsed("1900-01-01T00:00:00Z");
  for (int year = 1900; year < 2300; ++year) {
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    for (int month = 1; month <= 12; ++month) {
      for (int day = 1; day <= kDays[month - 1] + (leap && month == 2 ? 1 : 0); ++day) {
        char text[40];
        std::snprintf(text, sizeof text, "%04d-%02d-%02dT00:00:00Z", year, month, day);
        ASSERT_EQ(us, parsed(text));
        ASSERT_EQ(text, formatted(us, Fraction::none));
        us += 86400000000;
      }
    }
  }
}

TEST(DateTime, WhatIsNotOneIsRefused) {
  const char* bad[] = {"",
                       "2002-09-10",
                       "2002-09-10T23:41:07",  // no zone
                       "2002-09-10T23:41:07z",
                       "2002-09-10t23:41:07Z",
                       "2002-09-10 23:41:07Z",
                       "20020910T23:41:07",  // the legacy format of XEP-0091
                       "02-09-10T23:41:07Z",
                       "02002-09-10T23:41:07Z",
                       "-002-09-10T23:41:07Z",
                       "0000-01-01T00:00:00Z",
                       "2002-00-10T23:41:07Z",
                       "2002-13-10T23:41:07Z",
                       "2002-09-00T23:41:07Z",
                       "2002-09-31T23:41:07Z",
                       "2001-02-29T23:41:07Z",
                       "1900-02-29T23:41:07Z",
                       "2002-09-10T24:00:00Z",
                       "2002-09-10T23:60:07Z",
                       "2002-09-10T23:59:60Z",
                       "2002-09-10T23:41:07.Z",
                       "2002-09-10T23:41:07.123456789012345678901Z",
                       "2002-09-10T23:41:07+14:01",
                       "2002-09-10T23:41:07+5:00",
                       "2002-09-10T23:41:07+05:60",
                       "2002-09-10T23:41:07+0500",
                       "2002-09-10T23:41:07Z ",
                       " 2002-09-10T23:41:07Z",
                       "2002-09-10T23:41:07ZZ",
                       "2002-09-10T23:41:+7Z"};
  for (const char* text : bad) {
    WallTime time{42};
    EXPECT_FALSE(parse_datetime(text, time)) << text;
    EXPECT_EQ(42, time.us) << text;
  }
}

TEST(DateTime, EveryPrefixOfAGoodOneIsRefused) {
  const Bytes whole = "2002-09-10T23:41:07.053+02:00";
  for (size_t length = 0; length < whole.size(); ++length) {
    WallTime time;
    EXPECT_FALSE(parse_datetime(whole.substr(0, length), time)) << whole.substr(0, length);
  }
}

}  // namespace
}  // namespace base
