#include "protocols/sip/transaction/token.h"

#include <gtest/gtest.h>

#include <cctype>
#include <set>
#include <string>

namespace sip {
namespace {

constexpr base::HashKey kKey{11, 12};

std::string token(const Place& place, TokenUse use = TokenUse::tag) {
  std::string out;
  append_token(kKey, use, place, out);
  EXPECT_EQ(out.size(), kTokenBytes);
  return out;
}

TEST(Token, PlacesComeBackAtEveryBorder) {
  for (const uint16_t shard : {0, 1, 1023}) {
    for (const uint32_t slot : {0u, 1u, 77'777u, kSlotsMax - 1}) {
      for (const uint16_t generation : {0, 1, 0xffff}) {
        const Place place{shard, slot, generation};
        Place read;
        ASSERT_TRUE(read_token(kKey, TokenUse::tag, token(place), read));
        EXPECT_EQ(read, place);
      }
    }
  }
}

TEST(Token, CaseIsFoldedByWhoeverLikes) {
  std::string text = token({5, 6, 7});
  for (char& c : text) c = static_cast<char>(std::toupper(c));
  Place read;
  ASSERT_TRUE(read_token(kKey, TokenUse::tag, text, read));
  EXPECT_EQ(read, (Place{5, 6, 7}));
}

TEST(Token, WhatWeHaveNotMadeIsRefused) {
  const std::string good = token({5, 6, 7});
  Place read;
  EXPECT_FALSE(read_token(kKey, TokenUse::branch, good, read));
  EXPECT_FALSE(read_token({11, 13}, TokenUse::tag, good, read));
  for (const base::Bytes text : {"", "1", "zzzzzzzzzzzzz", "uuuuuuuuuuuuu", "0000000000000"}) {
    EXPECT_FALSE(read_token(kKey, TokenUse::tag, text, read)) << text;
  }
  EXPECT_FALSE(read_token(kKey, TokenUse::tag, good + "0", read));
  // Any digit changed: the check holds, save for one in 65,536.
  int passed = 0;
  for (size_t at = 0; at < good.size(); ++at) {
    for (const char c : base::Bytes("0123456789abcdefghjkmnpqrstvwxyz")) {
      std::string text = good;
      if (text[at] == c) continue;
      text[at] = c;
      passed += read_token(kKey, TokenUse::tag, text, read) ? 1 : 0;
    }
  }
  EXPECT_EQ(passed, 0);
}

TEST(Token, EveryPlaceHasItsOwn) {
  std::set<std::string> seen;
  for (uint32_t slot = 0; slot < 1000; ++slot) seen.insert(token({1, slot, 1}));
  EXPECT_EQ(seen.size(), 1000u);
}

}  // namespace
}  // namespace sip
