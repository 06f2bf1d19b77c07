#include "engine/net/source_limits.h"

#include <gtest/gtest.h>

namespace engine {
namespace {

TEST(SourceKey, AnIpv6HostCannotPassForManyByChangingItsLowerHalf) {
  EXPECT_EQ(source_key("2001:db8:1:2::1"), source_key("2001:db8:1:2:ffff::9"));
  EXPECT_FALSE(source_key("2001:db8:1:2::1") == source_key("2001:db8:1:3::1"));
}

TEST(SourceKey, Ipv4IsTheSameMappedAndPlain) {
  EXPECT_EQ(source_key("::ffff:192.0.2.7"), source_key("192.0.2.7"));
  EXPECT_FALSE(source_key("192.0.2.7") == source_key("192.0.2.8"));
  // Not taken for the IPv6 network with the same first octets.
  EXPECT_FALSE(source_key("192.0.2.7") == source_key("c000:207::"));
}

TEST(SourceLimits, CountsUpToTheLimitAndForgetsWhoIsGone) {
  SourceLimits limits(2);
  const SourceKey one = source_key("192.0.2.1");
  const SourceKey two = source_key("192.0.2.2");
  EXPECT_TRUE(limits.add(one));
  EXPECT_TRUE(limits.add(one));
  EXPECT_FALSE(limits.add(one));
  EXPECT_TRUE(limits.add(two)) << "others are not affected";
  limits.remove(one);
  EXPECT_TRUE(limits.add(one));
  limits.remove(one);
  limits.remove(one);
  limits.remove(two);
  EXPECT_EQ(limits.sources(), 0u);
}

TEST(SourceLimits, WhoCannotBeNamedIsNotLimited) {
  SourceLimits limits(1);
  const SourceKey unknown = source_key("");
  EXPECT_FALSE(unknown.known());
  EXPECT_TRUE(limits.add(unknown));
  EXPECT_TRUE(limits.add(unknown));
  limits.remove(unknown);
  EXPECT_EQ(limits.sources(), 0u);
}

}  // namespace
}  // namespace engine
