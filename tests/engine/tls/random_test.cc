#include "engine/tls/random.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace {

TEST(SecureRandom, DrawsOfEveryLengthDiffer) {
  engine::SecureRandom random;
  std::set<std::string> seen;
  size_t drawn = 0;
  for (size_t length = 8; length < 1100; length += 13) {  // below, across and past one block
    std::string out(length, '\0');
    random.fill(out.data(), out.size());
    EXPECT_NE(out, std::string(length, '\0'));
    seen.insert(out.substr(0, 8));
    seen.insert(out.substr(length - 8));
    drawn += length == 8 ? 1 : 2;
  }
  EXPECT_EQ(seen.size(), drawn);
}

TEST(SecureRandom, TwoSourcesShareNothing) {
  engine::SecureRandom one;
  engine::SecureRandom other;
  EXPECT_NE(one.next(), other.next());
}

TEST(SecureRandom, EmptyRequestsAreAllowed) {
  engine::SecureRandom random;
  random.fill(nullptr, 0);
  EXPECT_NE(random.next(), random.next());
}

}  // namespace
