#include "protocols/sip/trunk.h"

#include <gtest/gtest.h>

namespace sip {
namespace {

TEST(Trunk, KeepsWhatWaitsWholeAndInOrder) {
  Trunk trunk(TrunkPeer{});
  for (const char* name : {"first", "second"}) {
    std::string gone(name);
    Request how;
    how.method = "MESSAGE";
    how.uri = gone;
    how.call_id = gone;
    ASSERT_TRUE(trunk.wait(Method::message, how, gone, gone.size()));
    gone.assign("overwritten");
  }
  const auto waiting = trunk.take_waiting();
  ASSERT_EQ(waiting.size(), 2u);
  EXPECT_EQ(waiting[0]->how.uri, "first");
  EXPECT_EQ(waiting[0]->how.call_id, "first");
  EXPECT_EQ(waiting[0]->how.route, "");
  EXPECT_EQ(waiting[1]->rest, "second");
  EXPECT_EQ(waiting[1]->ticket, 6u);
  EXPECT_TRUE(trunk.take_waiting().empty());
}

TEST(Trunk, KeepsNoMoreThanItsLimit) {
  Trunk trunk(TrunkPeer{});
  const std::string body(600'000, 'x');
  EXPECT_TRUE(trunk.wait(Method::message, {}, body, 1));
  EXPECT_FALSE(trunk.wait(Method::message, {}, body, 2));
  EXPECT_EQ(trunk.take_waiting().size(), 1u);
  EXPECT_TRUE(trunk.wait(Method::message, {}, body, 3));
}

}  // namespace
}  // namespace sip
