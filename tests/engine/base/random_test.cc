#include "engine/base/random.h"

#include <gtest/gtest.h>

#include <set>

namespace base {
namespace {

TEST(Random, OneSeedOneSequence) {
  Prng a(4711), b(4711), c(4712);
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const uint64_t word = a.next();
    EXPECT_EQ(word, b.next());
    differs = differs || word != c.next();
  }
  EXPECT_TRUE(differs);
}

TEST(Random, BelowReachesEveryValueAndNoOther) {
  Prng random(1);
  int seen[6] = {};
  for (int i = 0; i < 6000; ++i) {
    const uint64_t value = random.below(6);
    ASSERT_LT(value, 6u);
    ++seen[value];
  }
  for (const int times : seen) EXPECT_NEAR(1000, times, 150);
  EXPECT_EQ(0u, random.below(1));
}

TEST(Random, TokensAreLowercaseHexAndDiffer) {
  Prng random(1);
  std::set<std::string> tokens;
  for (int i = 0; i < 1000; ++i) {
    Sink token;
    random.token(16, token);
    EXPECT_EQ(32u, token.size());
    EXPECT_EQ(std::string::npos, token.find_first_not_of("0123456789abcdef"));
    tokens.insert(token);
  }
  EXPECT_EQ(1000u, tokens.size());
}

TEST(Random, FillOfAnyLengthTouchesNoMore) {
  for (size_t length = 0; length < 20; ++length) {
    Prng random(length);
    std::string block(length + 1, '#');
    random.fill(block.data(), length);
    EXPECT_EQ('#', block.back());
  }
}

TEST(RandomDeathTest, BelowZeroIsOurMistake) {
  Prng random(1);
  EXPECT_DEATH(random.below(0), "CHECK failed");
}

}  // namespace
}  // namespace base
