#include "engine/shard/mailbox.h"

#include <gtest/gtest.h>

#include <cstring>
#include <thread>

namespace engine {
namespace {

EnvelopePtr numbered(uint64_t number) {
  EnvelopePtr envelope = make_envelope(sizeof number);
  std::memcpy(envelope->data(), &number, sizeof number);
  return envelope;
}

uint64_t number_of(const Envelope& envelope) {
  uint64_t number = 0;
  std::memcpy(&number, envelope.payload().data(), sizeof number);
  return number;
}

TEST(Mailbox, NothingIsSeenBeforeItIsPublished) {
  Mailbox mailbox(8);
  EnvelopePtr envelope = numbered(1);
  ASSERT_TRUE(mailbox.push(envelope));
  EXPECT_TRUE(mailbox.empty());
  EXPECT_EQ(mailbox.pop(), nullptr);
  EXPECT_TRUE(mailbox.publish());
  EXPECT_FALSE(mailbox.publish()) << "nothing new";
  EXPECT_EQ(number_of(*mailbox.pop()), 1u);
}

TEST(Mailbox, FullLeavesTheEnvelopeWithTheCaller) {
  Mailbox mailbox(4);
  for (uint64_t i = 0; i < 4; ++i) {
    EnvelopePtr envelope = numbered(i);
    ASSERT_TRUE(mailbox.push(envelope));
  }
  EnvelopePtr envelope = numbered(4);
  EXPECT_FALSE(mailbox.push(envelope));
  ASSERT_NE(envelope, nullptr);
  mailbox.publish();
  EXPECT_EQ(number_of(*mailbox.pop()), 0u);
  EXPECT_TRUE(mailbox.take_full()) << "the writer wants to know that there is room";
  EXPECT_FALSE(mailbox.take_full());
  EXPECT_TRUE(mailbox.push(envelope));
}

TEST(Mailbox, IsFullWhenItHoldsTooManyBytes) {
  Mailbox mailbox(8);
  EnvelopePtr huge = make_envelope(Mailbox::kBytesMax + 1);
  ASSERT_TRUE(mailbox.push(huge)) << "one fits whatever its size";
  EnvelopePtr small = numbered(1);
  EXPECT_FALSE(mailbox.push(small));
  mailbox.publish();
  EXPECT_NE(mailbox.pop(), nullptr);
  EXPECT_TRUE(mailbox.take_full());
  EXPECT_TRUE(mailbox.push(small));
  EnvelopePtr half = make_envelope(Mailbox::kBytesMax / 2);
  EXPECT_TRUE(mailbox.push(half));
  half = make_envelope(Mailbox::kBytesMax / 2);
  EXPECT_TRUE(mailbox.push(half));
  small = numbered(2);
  EXPECT_FALSE(mailbox.push(small));
}

TEST(Mailbox, KeepsOrderAcrossManyRoundsOfTheRing) {
  Mailbox mailbox(4);
  uint64_t sent = 0;
  uint64_t got = 0;
  while (got < 1000) {
    EnvelopePtr envelope = numbered(sent);
    while (mailbox.push(envelope)) envelope = numbered(++sent);
    mailbox.publish();
    for (int i = 0; i < 3; ++i) EXPECT_EQ(number_of(*mailbox.pop()), got++);
  }
}

TEST(Mailbox, TwoThreadsLoseAndReorderNothing) {
  constexpr uint64_t kCount = 300'000;
  Mailbox mailbox(64);
  std::thread writer([&mailbox] {
    for (uint64_t i = 0; i < kCount; ++i) {
      EnvelopePtr envelope = numbered(i);
      while (!mailbox.push(envelope)) {
        mailbox.publish();
        std::this_thread::yield();
      }
      if (i % 7 == 0) mailbox.publish();
    }
    mailbox.publish();
  });
  for (uint64_t expected = 0; expected < kCount;) {
    const EnvelopePtr envelope = mailbox.pop();
    if (envelope == nullptr) {
      mailbox.take_full();
      std::this_thread::yield();
      continue;
    }
    ASSERT_EQ(number_of(*envelope), expected);
    ++expected;
  }
  writer.join();
}

}  // namespace
}  // namespace engine
