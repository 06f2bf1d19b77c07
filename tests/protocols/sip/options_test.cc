#include "protocols/sip/options.h"

#include <gtest/gtest.h>

namespace sip {
namespace {

TEST(Options, ListenersStandTogether) {
  Options options;
  EXPECT_FALSE(options.owns(0));
  options.first_listener = 2;
  options.listeners = {ListenerKind::udp, ListenerKind::tcp};
  EXPECT_FALSE(options.owns(1));
  EXPECT_TRUE(options.owns(2));
  EXPECT_TRUE(options.owns(3));
  EXPECT_FALSE(options.owns(4));
}

}  // namespace
}  // namespace sip
