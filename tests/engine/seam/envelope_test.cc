#include "engine/seam/envelope.h"

#include <gtest/gtest.h>

#include <cstring>

namespace engine {
namespace {

TEST(Envelope, HoldsAsManyBytesAsWereAskedFor) {
  for (const uint32_t size : {0u, 1u, 7u, 1000u, 300000u}) {
    const EnvelopePtr envelope = make_envelope(size);
    std::memset(envelope->data(), 'x', size);  // the sanitizer sees one byte too far
    EXPECT_EQ(std::string(size, 'x'), envelope->payload());
    EXPECT_EQ(size, envelope->size);
  }
}

TEST(Envelope, IsHeldBackAndNeverCoalescedUnlessToldSo) {
  const EnvelopePtr envelope = make_envelope(1);
  EXPECT_EQ(OverflowPolicy::hold, envelope->overflow);
  EXPECT_EQ(0u, envelope->key);
}

}  // namespace
}  // namespace engine
