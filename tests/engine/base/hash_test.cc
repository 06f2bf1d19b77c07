#include "engine/base/hash.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <set>

namespace base {
namespace {

// SipHash-1-3 of "", "\0", "\0\1", … under the key 00 01 … 0f: the published vectors of the
// function as implemented by several languages' standard libraries.
TEST(Hash, KnownAnswersOfSipHash13) {
  const HashKey key{0x0706050403020100u, 0x0f0e0d0c0b0a0908u};
  const uint64_t answers[] = {0xabac0158050fc4dcu, 0xc9f49bf37d57ca93u, 0x82cb9b024dc7d44du,
                              0x8bf80ab8e7ddf7fbu, 0xcf75576088d38328u, 0xdef9d52f49533b67u,
                              0xc50d2b50c59f22a7u, 0xd3927d989bb11140u, 0x369095118d299a8eu};
  char text[16];
  for (int i = 0; i < 16; ++i) text[i] = static_cast<char>(i);
  for (size_t length = 0; length < std::size(answers); ++length) {
    EXPECT_EQ(answers[length], siphash13(key, {text, length})) << length;
  }
}

TEST(Hash, ReadsNoOctetPastTheEnd) {
  for (size_t length = 0; length < 33; ++length) {
    const std::unique_ptr<char[]> block(new char[length]);
    std::memset(block.get(), 'x', length);
    EXPECT_EQ(keyed_hash(std::string(length, 'x')), keyed_hash({block.get(), length}));
  }
}

TEST(Hash, AnotherKeyGivesAnotherOrder) {
  int same_bucket = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::string text = "user" + std::to_string(i) + "@example.org";
    same_bucket += siphash13({1, 2}, text) % 64 == siphash13({1, 3}, text) % 64;
  }
  EXPECT_LT(same_bucket, 60);  // 1 in 64 by chance
}

TEST(Hash, EveryBitOfTheInputMoves32BitsOfTheHash) {
  std::string text = "romeo@montague.example";
  const uint64_t before = siphash13({7, 9}, text);
  for (size_t bit = 0; bit < text.size() * 8; ++bit) {
    text[bit / 8] = static_cast<char>(text[bit / 8] ^ (1 << bit % 8));
    const int moved = std::popcount(before ^ siphash13({7, 9}, text));
    EXPECT_GT(moved, 12);
    EXPECT_LT(moved, 52);
    text[bit / 8] = static_cast<char>(text[bit / 8] ^ (1 << bit % 8));
  }
}

TEST(StringMap, IsAskedWithAView) {
  StringMap<int> map;
  map["romeo@example.org"] = 1;
  const Bytes full = "romeo@example.org/orchard";
  EXPECT_EQ(1u, map.count(full.substr(0, full.find('/'))));
  EXPECT_TRUE(map.find(full) == map.end());
}

// In a process of its own, since the other tests rely on the key they have.
TEST(HashDeathTest, OnlyTheFirstKeyCounts) {
  EXPECT_EXIT(
      {
        Prng random(1);
        const uint64_t without = keyed_hash("romeo");
        set_hash_key(random);
        const uint64_t first = keyed_hash("romeo");
        set_hash_key(random);
        std::exit(first != without && keyed_hash("romeo") == first ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace base
