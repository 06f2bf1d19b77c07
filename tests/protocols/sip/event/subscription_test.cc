#include "protocols/sip/event/subscription.h"

#include <gtest/gtest.h>

namespace sip {
namespace {

TEST(KeptSubscription, ComesBackAsItWas) {
  KeptSubscription kept;
  kept.package = "presence";
  kept.event_id = "e1";
  kept.identity = "bob@sip.example";
  kept.dialog = "packed";
  kept.granted = true;
  std::string bytes;
  pack(kept, bytes);
  KeptSubscription back;
  ASSERT_TRUE(unpack(bytes, back));
  EXPECT_EQ(back.package, kept.package);
  EXPECT_EQ(back.event_id, kept.event_id);
  EXPECT_EQ(back.identity, kept.identity);
  EXPECT_EQ(back.dialog, kept.dialog);
  EXPECT_TRUE(back.granted);
  for (size_t size = 0; size < bytes.size() - kept.dialog.size(); ++size) {
    EXPECT_FALSE(unpack(bytes.substr(0, size), back)) << size;
  }
}

TEST(SubscriptionNote, ComesBackAsItWas) {
  std::string bytes;
  pack(SubscriptionNote{{1234567}, 1000, 7}, bytes);
  EXPECT_LE(bytes.size(), engine::Journal::kNoteBytesMax);
  SubscriptionNote back;
  ASSERT_TRUE(unpack(bytes, back));
  EXPECT_EQ(back.expires.us, 1234567);
  EXPECT_EQ(back.cseq_reserved, 1000u);
  EXPECT_EQ(back.remote_cseq, 7u);
  EXPECT_FALSE(unpack(bytes + "x", back));
  EXPECT_FALSE(unpack(bytes.substr(1), back));
}

}  // namespace
}  // namespace sip
