// The bookkeeping of stream management (XEP-0198) alone.
#include "protocols/xmpp/stream_management.h"

#include <gtest/gtest.h>

namespace xmpp_test {
namespace {

using xmpp::StreamManagement;

StreamManagement make(bool resumable = true) {
  static uint64_t shard_bytes = 0;
  base::Prng random(7);
  return StreamManagement(resumable, 300, random, shard_bytes);
}

bool acked(StreamManagement& acks, uint32_t h) {
  if (!acks.plausible(h)) return false;
  acks.acked(h, [](base::Bytes) {});
  return true;
}

TEST(AckQueue, HoldsWhatWasSentUntilItIsAcknowledged) {
  StreamManagement acks = make();
  for (const base::Bytes stanza : {"one", "two", "three"}) acks.sent(stanza);
  EXPECT_EQ(acks.unacked_count(), 3u);
  EXPECT_EQ(acks.unacked_bytes(), 11u);
  EXPECT_EQ(acks.largest_bytes(), 5u);
  EXPECT_TRUE(acked(acks, 2));
  std::string left;
  acks.for_each_unacked([&](base::Bytes packed) { left += packed; });
  EXPECT_EQ(left, "three");
  EXPECT_TRUE(acked(acks, 2));   // the same again is no news
  EXPECT_TRUE(acked(acks, 3));
  EXPECT_EQ(acks.unacked_bytes(), 0u);
  EXPECT_EQ(acks.largest_bytes(), 0u);
}

TEST(AckQueue, RefusesMoreThanWasSentAndLessThanWasAcknowledged) {
  StreamManagement acks = make();
  acks.sent("one");
  EXPECT_FALSE(acked(acks, 2));
  EXPECT_FALSE(acked(acks, UINT32_MAX));
  EXPECT_TRUE(acked(acks, 1));
  EXPECT_FALSE(acked(acks, 0));
  EXPECT_EQ(acks.sent_count(), 1u);
}

TEST(AckQueue, CountsModulo32Bits) {
  StreamManagement acks = make();
  acks.set_counts(UINT32_MAX, UINT32_MAX - 1);
  acks.received();
  EXPECT_EQ(acks.h(), 0u);
  for (int i = 0; i < 4; ++i) acks.sent("x");
  EXPECT_EQ(acks.sent_count(), 2u);
  EXPECT_TRUE(acked(acks, UINT32_MAX));
  EXPECT_TRUE(acked(acks, 0));
  EXPECT_EQ(acks.unacked_count(), 2u);
  EXPECT_FALSE(acked(acks, 3));
  EXPECT_TRUE(acked(acks, 2));
}

TEST(AckQueue, ALongLifeDoesNotGrowIt) {
  StreamManagement acks = make();
  for (uint32_t i = 0; i < 100000; ++i) {
    acks.sent("stanza");
    if (i >= 100) {
      ASSERT_TRUE(acked(acks, i - 99));
    }
  }
  EXPECT_EQ(acks.unacked_count(), 100u);
}

TEST(AckQueue, RestoredItBelievesAnyNumberOnce) {
  StreamManagement acks = make();
  acks.restore("0123456789abcdef", 7, {{UINT32_MAX, "a"}, {0, "b"}, {5, "c"}});
  EXPECT_EQ(acks.h(), 7u);
  acks.sent("later");
  std::string gone;
  ASSERT_TRUE(acks.plausible(3));
  acks.acked(3, [&](base::Bytes packed) { gone += packed; });
  EXPECT_EQ(gone, "ab");
  EXPECT_EQ(acks.unacked_count(), 2u);
  EXPECT_EQ(acks.sent_count(), 5u) << "the client counts on from what it said";
  EXPECT_FALSE(acks.plausible(6));
  EXPECT_TRUE(acked(acks, 5));
}

TEST(AckQueue, IdsAreLongAndOnlyForThoseWhoMayResume) {
  StreamManagement acks = make();
  EXPECT_EQ(acks.id().size(), 32u);
  EXPECT_TRUE(acks.is(acks.id()));
  EXPECT_FALSE(acks.is(""));
  EXPECT_FALSE(make(false).is(make(false).id()));
}

}  // namespace
}  // namespace xmpp_test
