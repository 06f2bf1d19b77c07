#include "engine/base/datetime.h"

#include "engine/base/check.h"

namespace base {

static constexpr int64_t kSecondUs = 1000000;
static constexpr int64_t kDaySeconds = 86400;
static constexpr size_t kFractionDigitsMax = 20;

// Days since 1970-01-01 in the proleptic Gregorian calendar. Years are counted from March, so that
// the leap day is a year's last and month lengths follow one formula.
static constexpr int64_t days_from_civil(int64_t year, int64_t month, int64_t day) {
  const int64_t y = month <= 2 ? year - 1 : year;
  const int64_t era = (y >= 0 ? y : y - 399) / 400;
  const int64_t year_of_era = y - era * 400;
  const int64_t month_from_march = (month + 9) % 12;
  const int64_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

static constexpr int64_t kEarliest = days_from_civil(1, 1, 1) * kDaySeconds * kSecondUs;
static constexpr int64_t kLatest = days_from_civil(10000, 1, 1) * kDaySeconds * kSecondUs - 1;
static_assert(days_from_civil(1970, 1, 1) == 0);
static_assert(days_from_civil(2000, 3, 1) == 11017);

namespace {

struct Civil {
  int64_t year, month, day;
};

}  // namespace

static Civil civil_from_days(int64_t days) {
  const int64_t shifted = days + 719468;
  const int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
  const int64_t day_of_era = shifted - era * 146097;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t month_from_march = (5 * day_of_year + 2) / 153;
  const int64_t day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
  const int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  CHECK(month >= 1 && month <= 12);
  CHECK(day >= 1 && day <= 31);
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

static void append_digits(int64_t value, int width, Sink& out) {
  char digits[8];
  CHECK(value >= 0);
  CHECK(width > 0 && static_cast<size_t>(width) <= sizeof digits);
  for (int i = width - 1; i >= 0; --i, value /= 10) digits[i] = static_cast<char>('0' + value % 10);
  CHECK(value == 0);  // no digit is left over
  out.append(digits, static_cast<size_t>(width));
}

void format_datetime(WallTime time, Fraction fraction, Sink& out) {
  int64_t us = time.us < kEarliest ? kEarliest : time.us;
  us = us > kLatest ? kLatest : us;
  const int64_t shifted = us - kEarliest;  // never negative, so / and % round the right way
  const int64_t days = shifted / (kDaySeconds * kSecondUs) + kEarliest / (kDaySeconds * kSecondUs);
  const int64_t in_day = shifted % (kDaySeconds * kSecondUs);
  const Civil civil = civil_from_days(days);
  CHECK(days_from_civil(civil.year, civil.month, civil.day) == days);
  const int64_t seconds = in_day / kSecondUs;
  append_digits(civil.year, 4, out);
  out.push_back('-');
  append_digits(civil.month, 2, out);
  out.push_back('-');
  append_digits(civil.day, 2, out);
  out.push_back('T');
  append_digits(seconds / 3600, 2, out);
  out.push_back(':');
  append_digits(seconds / 60 % 60, 2, out);
  out.push_back(':');
  append_digits(seconds % 60, 2, out);
  if (fraction != Fraction::none) {
    const int digits = static_cast<int>(fraction);
    const int64_t part = in_day % kSecondUs;
    out.push_back('.');
    append_digits(fraction == Fraction::milliseconds ? part / 1000 : part, digits, out);
  }
  out.push_back('Z');
}

namespace {

// Takes fixed-width pieces off the front of a text; the first that does not fit spoils it.
struct Cursor {
  Bytes rest;
  bool good = true;

  int64_t digits(size_t width) {
    CHECK(width > 0 && width < 19);  // fits in the result
    if (rest.size() < width) good = false;
    int64_t value = 0;
    for (size_t i = 0; good && i < width; ++i) {
      if (rest[i] < '0' || rest[i] > '9') good = false;
      value = value * 10 + (rest[i] - '0');
    }
    if (good) rest.remove_prefix(width);
    return value;
  }
  bool next_is(char c) const { return good && !rest.empty() && rest.front() == c; }
  void literal(char c) {
    good = next_is(c);
    if (good) rest.remove_prefix(1);
  }
};

}  // namespace

static int64_t days_in_month(int64_t year, int64_t month) {
  CHECK(month >= 1 && month <= 12);
  return month == 12 ? 31 : days_from_civil(year, month + 1, 1) - days_from_civil(year, month, 1);
}

static int64_t parse_fraction(Cursor& in) {
  in.literal('.');
  size_t length = 0;
  while (length < in.rest.size() && in.rest[length] >= '0' && in.rest[length] <= '9') ++length;
  if (length == 0 || length > kFractionDigitsMax) in.good = false;
  int64_t us = 0;
  for (size_t i = 0; in.good && i < 6; ++i) us = us * 10 + (i < length ? in.rest[i] - '0' : 0);
  if (in.good) in.rest.remove_prefix(length);
  CHECK(us < kSecondUs);
  return us;
}

// The zone's offset from UTC in seconds.
static int64_t parse_zone(Cursor& in) {
  if (in.next_is('Z')) {
    in.literal('Z');
    return 0;
  }
  const bool west = in.next_is('-');
  in.literal(west ? '-' : '+');
  const int64_t hours = in.digits(2);
  in.literal(':');
  const int64_t minutes = in.digits(2);
  if (minutes > 59 || hours * 60 + minutes > 14 * 60) in.good = false;
  const int64_t seconds = (hours * 60 + minutes) * 60;
  return west ? -seconds : seconds;
}

bool parse_datetime(Bytes text, WallTime& out) {
  Cursor in{text};
  const int64_t year = in.digits(4);
  in.literal('-');
  const int64_t month = in.digits(2);
  in.literal('-');
  const int64_t day = in.digits(2);
  in.literal('T');
  const int64_t hour = in.digits(2);
  in.literal(':');
  const int64_t minute = in.digits(2);
  in.literal(':');
  const int64_t second = in.digits(2);
  const int64_t us = in.next_is('.') ? parse_fraction(in) : 0;
  const int64_t offset = parse_zone(in);
  if (!in.good || !in.rest.empty()) return false;
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) {
    return false;
  }
  if (hour > 23 || minute > 59 || second > 59) return false;
  const int64_t seconds =
      days_from_civil(year, month, day) * kDaySeconds + hour * 3600 + minute * 60 + second - offset;
  out.us = seconds * kSecondUs + us;
  return true;
}

}  // namespace base
