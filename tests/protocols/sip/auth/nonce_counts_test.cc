#include "protocols/sip/auth/nonce_counts.h"

#include <gtest/gtest.h>

#include <string>

namespace sip {
namespace {

using Use = NonceCounts::Use;
constexpr base::Duration kLife = base::Duration::seconds(300);
constexpr base::Instant kNow{base::Duration::seconds(1000).ns};

TEST(NonceCounts, MustGrow) {
  NonceCounts counts(kLife);
  EXPECT_EQ(counts.use("alice", "n", kNow, 1, 11, kNow), Use::fresh);
  EXPECT_EQ(counts.use("alice", "n", kNow, 2, 12, kNow), Use::fresh);
  EXPECT_EQ(counts.use("alice", "n", kNow, 2, 13, kNow), Use::stale) << "another request";
  EXPECT_EQ(counts.use("alice", "n", kNow, 1, 11, kNow), Use::stale);
  EXPECT_EQ(counts.use("alice", "n", kNow, 9, 14, kNow), Use::fresh) << "some were lost";
  EXPECT_EQ(counts.use("bob", "n", kNow, 1, 15, kNow), Use::fresh) << "an account of its own";
}

TEST(NonceCounts, OfARequestSentTwiceAreTheSame) {
  NonceCounts counts(kLife);
  EXPECT_EQ(counts.use("alice", "n", kNow, 1, 11, kNow), Use::fresh);
  EXPECT_EQ(counts.use("alice", "n", kNow, 1, 11, kNow), Use::again);
}

TEST(NonceCounts, AreBoundedAndWhatIsForgottenIsStale) {
  NonceCounts counts(kLife);
  for (size_t i = 0; i <= NonceCounts::kNoncesMax; ++i) {
    const base::Instant made{kNow.ns + static_cast<int64_t>(i)};
    EXPECT_EQ(counts.use("alice", std::to_string(i), made, 1, i, kNow), Use::fresh);
  }
  EXPECT_EQ(counts.size(), NonceCounts::kNoncesMax);
  EXPECT_EQ(counts.use("alice", "0", kNow, 1, 0, kNow), Use::stale) << "it may have been used";
  EXPECT_EQ(counts.use("alice", "1", {kNow.ns + 1}, 2, 0, kNow), Use::fresh);
}

TEST(NonceCounts, GoWithTheirNonces) {
  NonceCounts counts(kLife);
  EXPECT_EQ(counts.use("alice", "n", kNow, 1, 11, kNow), Use::fresh);
  const base::Instant later = kNow + kLife + base::Duration::seconds(1);
  EXPECT_EQ(counts.use("alice", "m", later, 1, 12, later), Use::fresh);
  EXPECT_EQ(counts.size(), 1u);
}

}  // namespace
}  // namespace sip
