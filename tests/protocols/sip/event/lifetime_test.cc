#include "protocols/sip/event/lifetime.h"

#include <gtest/gtest.h>

namespace sip {
namespace {

TEST(Lifetime, IsWhatIsAskedForWithinLimits) {
  const Lifetimes limits;
  uint32_t seconds = 0;
  Essentials request;
  EXPECT_TRUE(choose_lifetime(request, limits, seconds));
  EXPECT_EQ(seconds, 3600u);
  request.has_expires = true;
  for (const auto& [asked, given] : {std::pair{0u, 0u}, {60u, 60u}, {7201u, 7200u}}) {
    request.expires = asked;
    EXPECT_TRUE(choose_lifetime(request, limits, seconds));
    EXPECT_EQ(seconds, given);
  }
  request.expires = 59;
  EXPECT_FALSE(choose_lifetime(request, limits, seconds));
}

}  // namespace
}  // namespace sip
