#include "protocols/im/presentity/activity.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace im {
namespace {

TEST(Activity, EveryNameReadsBackAsItself) {
  std::set<base::Bytes> names;
  for (int i = 0; i < kActivities; ++i) {
    const auto activity = static_cast<Activity>(i);
    Activity read = Activity::other;
    ASSERT_TRUE(parse_activity(name(activity), read));
    EXPECT_EQ(read, activity);
    EXPECT_TRUE(names.insert(name(activity)).second) << name(activity);
  }
}

TEST(Activity, StandardOnesAreThoseOfRfc4480) {
  EXPECT_EQ(name(Activity::on_the_phone), "on-the-phone");
  EXPECT_EQ(name(Activity::looking_for_work), "looking-for-work");
  EXPECT_TRUE(is_standard(Activity::appointment));
  EXPECT_TRUE(is_standard(Activity::worship));
  EXPECT_FALSE(is_standard(Activity::alerting));
  EXPECT_FALSE(is_standard(Activity::unavailable));
}

TEST(Activity, CaseDoesNotMatterAndAnythingElseDoes) {
  Activity read = Activity::tv;
  EXPECT_TRUE(parse_activity("On-The-PHONE", read));
  EXPECT_EQ(read, Activity::on_the_phone);
  for (const base::Bytes text : {"", "on the phone", "on-the-phon", "on-the-phone ", "phone"}) {
    EXPECT_FALSE(parse_activity(text, read)) << text;
  }
  EXPECT_EQ(read, Activity::on_the_phone);
}

TEST(Activities, AreASet) {
  Activities set;
  EXPECT_TRUE(set.empty());
  for (int i = 0; i < kActivities; ++i) set.add(static_cast<Activity>(i));
  EXPECT_EQ(set.bits, UINT32_MAX);
  set.remove(Activity::unavailable);
  EXPECT_FALSE(set.has(Activity::unavailable));
  EXPECT_TRUE(set.has(Activity::available));
  set.add(Activity::available);
  EXPECT_EQ(set.bits, UINT32_MAX >> 1);
}

}  // namespace
}  // namespace im
