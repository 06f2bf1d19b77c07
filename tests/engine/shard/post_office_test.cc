#include "engine/shard/post_office.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "engine/trace/counters.h"

namespace engine {
namespace {

constexpr ShardId kHere = 0;
constexpr ShardId kThere = 1;

EnvelopePtr letter(const std::string& text, OverflowPolicy overflow, uint64_t key = 0) {
  EnvelopePtr envelope = make_envelope(static_cast<uint32_t>(text.size()));
  std::memcpy(envelope->data(), text.data(), text.size());
  envelope->to = kThere;
  envelope->overflow = overflow;
  envelope->key = key;
  return envelope;
}

class PostOfficeTest : public testing::Test {
 protected:
  static constexpr uint32_t kCapacity = 4;
  static constexpr uint32_t kWaiting = 10;

  bool post(const std::string& text, OverflowPolicy overflow, uint64_t key = 0) {
    return office_.post(letter(text, overflow, key)) == nullptr;
  }
  void fill() {
    for (uint32_t i = 0; i < kCapacity; ++i) {
      ASSERT_TRUE(post("f" + std::to_string(i), OverflowPolicy::hold));
    }
  }
  // Everything the other shard gets, one turn of each after the other.
  std::vector<std::string> drain() {
    std::vector<std::string> got;
    for (bool more = true; more;) {
      office_.publish();
      more = false;
      while (const EnvelopePtr envelope = mesh_.mailbox(kHere, kThere).pop()) {
        got.emplace_back(envelope->payload());
        EXPECT_EQ(envelope->from, kHere);
        more = true;
      }
    }
    return got;
  }

  Mesh mesh_{{.shards = 2, .mailbox_capacity = kCapacity}};
  PostOffice office_{kHere, mesh_, kWaiting};
};

using Texts = std::vector<std::string>;

TEST_F(PostOfficeTest, HeldMailKeepsItsOrderAndStopsReading) {
  fill();
  EXPECT_FALSE(office_.holding());
  EXPECT_TRUE(post("a", OverflowPolicy::hold));
  EXPECT_TRUE(post("b", OverflowPolicy::hold));
  EXPECT_TRUE(office_.holding());
  EXPECT_EQ(drain(), (Texts{"f0", "f1", "f2", "f3", "a", "b"}));
  EXPECT_FALSE(office_.holding());
}

TEST_F(PostOfficeTest, NothingOvertakesWaitingMail) {
  fill();
  EXPECT_TRUE(post("waits", OverflowPolicy::hold));
  office_.publish();
  mesh_.mailbox(kHere, kThere).pop();
  // There is room again, but an older one waits.
  EXPECT_TRUE(post("later", OverflowPolicy::hold));
  EXPECT_EQ(drain(), (Texts{"f1", "f2", "f3", "waits", "later"}));
}

TEST_F(PostOfficeTest, NewerTakesThePlaceOfTheWaitingOneWithItsKey) {
  fill();
  EXPECT_TRUE(post("alice away", OverflowPolicy::coalesce, 1));
  EXPECT_TRUE(post("bob away", OverflowPolicy::coalesce, 2));
  EXPECT_TRUE(post("alice here", OverflowPolicy::coalesce, 1));
  EXPECT_FALSE(office_.holding()) << "presence does not stop anybody's reading";
  EXPECT_TRUE(office_.waiting());
  EXPECT_EQ(drain(), (Texts{"f0", "f1", "f2", "f3", "alice here", "bob away"}));
  // Nothing waits under these keys any more.
  fill();
  EXPECT_TRUE(post("alice gone", OverflowPolicy::coalesce, 1));
  EXPECT_EQ(drain().back(), "alice gone");
}

TEST_F(PostOfficeTest, KeyZeroIsNeverCoalesced) {
  fill();
  EXPECT_TRUE(post("x", OverflowPolicy::coalesce));
  EXPECT_TRUE(post("y", OverflowPolicy::coalesce));
  EXPECT_EQ(drain(), (Texts{"f0", "f1", "f2", "f3", "x", "y"}));
}

TEST_F(PostOfficeTest, RefusedMailComesBackAtOnce) {
  fill();
  const uint64_t before = trace::total(trace::Counter::mail_refused);
  const EnvelopePtr refused = office_.post(letter("iq", OverflowPolicy::refuse));
  ASSERT_NE(refused, nullptr);
  EXPECT_EQ(refused->payload(), "iq");
  EXPECT_EQ(trace::total(trace::Counter::mail_refused), before + 1);
  EXPECT_FALSE(office_.waiting());
}

TEST_F(PostOfficeTest, BeyondItsLimitHoldIsRefusedAndPresenceDropped) {
  fill();
  for (uint32_t i = 0; i < kWaiting; ++i) EXPECT_TRUE(post("w", OverflowPolicy::hold));
  EXPECT_FALSE(post("one too many", OverflowPolicy::hold));
  const uint64_t before = trace::total(trace::Counter::mail_dropped);
  EXPECT_TRUE(post("presence", OverflowPolicy::coalesce, 5));
  EXPECT_EQ(trace::total(trace::Counter::mail_dropped), before + 1);
  EXPECT_EQ(drain().size(), kCapacity + kWaiting);
}

TEST_F(PostOfficeTest, MailToOurselvesGoesTheSameWay) {
  EnvelopePtr envelope = letter("note", OverflowPolicy::hold);
  envelope->to = kHere;
  EXPECT_EQ(office_.post(std::move(envelope)), nullptr);
  office_.publish_to(kHere);
  EXPECT_EQ(mesh_.mailbox(kHere, kHere).pop()->payload(), "note");
}

}  // namespace
}  // namespace engine
