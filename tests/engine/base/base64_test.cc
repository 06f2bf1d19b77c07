#include "engine/base/base64.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>

#include "engine/base/random.h"

namespace base {
namespace {

std::string encoded(Bytes data) {
  Sink out;
  base64_encode(data, out);
  return out;
}

// Decodes from an exact-fit heap block, so that the sanitizer sees one octet too far.
bool decodes(Bytes text, Sink& out) {
  const std::unique_ptr<char[]> block(new char[text.size()]);
  std::memcpy(block.get(), text.data(), text.size());
  return base64_decode({block.get(), text.size()}, out);
}

TEST(Base64, TestVectorsOfRfc4648) {
  EXPECT_EQ("", encoded(""));
  EXPECT_EQ("Zg==", encoded("f"));
  EXPECT_EQ("Zm8=", encoded("fo"));
  EXPECT_EQ("Zm9v", encoded("foo"));
  EXPECT_EQ("Zm9vYg==", encoded("foob"));
  EXPECT_EQ("Zm9vYmE=", encoded("fooba"));
  EXPECT_EQ("Zm9vYmFy", encoded("foobar"));
}

TEST(Base64, WhatIsEncodedComesBack) {
  Prng random(1);
  for (size_t length = 0; length < 200; ++length) {
    Sink data(length, '\0');
    random.fill(data.data(), length);
    Sink back = "kept";
    ASSERT_TRUE(decodes(encoded(data), back));
    EXPECT_EQ("kept" + data, back);
  }
}

TEST(Base64, WhatIsNotCanonicalIsRefusedAndLeavesNoTrace) {
  const char* bad[] = {"Z",    "Zg",   "Zg=",      "Zg===",  "=",     "====",     "Zh==",
                       "Zm9=", "Z===", "Zg= =",    "Zm9v\n", " Zm9v", "Zm9vZg",   "Zg==Zm9v",
                       "Zm9-", "Zm_v", "Zm9v====", "A=AA",   "AA=A",  "Zm8=Zg==", "\xC3\xA9=="};
  for (const char* text : bad) {
    Sink out = "kept";
    EXPECT_FALSE(decodes(text, out)) << text;
    EXPECT_EQ("kept", out) << text;
  }
  Sink out;
  EXPECT_FALSE(decodes(Bytes("AAA\0", 4), out));
}

TEST(Base64, OnlyOneTextDecodesToEachOctet) {
  int accepted = 0;
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const char text[] = {static_cast<char>(first), static_cast<char>(second), '=', '='};
      Sink out;
      if (!base64_decode({text, 4}, out)) continue;
      ++accepted;
      EXPECT_EQ(Bytes(text, 4), encoded(out));
    }
  }
  EXPECT_EQ(256, accepted);
}

}  // namespace
}  // namespace base
