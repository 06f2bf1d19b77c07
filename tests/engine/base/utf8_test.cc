#include "engine/base/utf8.h"

#include <gtest/gtest.h>

namespace base {
namespace {

// RFC 3629 by its definition: decode, then see that encoding again gives the same octets.
bool valid_by_definition(Bytes text) {
  const auto octet = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const size_t length = text.size();
  uint32_t code = 0;
  if (length == 1) return octet(0) < 0x80;
  if (length == 2 && (octet(0) & 0xE0) == 0xC0)
    code = octet(0) & 0x1F;
  else if (length == 3 && (octet(0) & 0xF0) == 0xE0)
    code = octet(0) & 0x0F;
  else if (length == 4 && (octet(0) & 0xF8) == 0xF0)
    code = octet(0) & 0x07;
  else
    return false;
  for (size_t i = 1; i < length; ++i) {
    if ((octet(i) & 0xC0) != 0x80) return false;
    code = code << 6 | (octet(i) & 0x3F);
  }
  static constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  return code >= kSmallest[length] && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
}

TEST(Utf8, AgreesWithTheDefinitionOnEveryThreeOctets) {
  for (uint32_t bits = 0; bits < 1u << 24; ++bits) {
    const char text[] = {static_cast<char>(bits >> 16), static_cast<char>(bits >> 8),
                         static_cast<char>(bits)};
    const uint8_t first = static_cast<uint8_t>(text[0]);
    const size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : 3;
    const bool valid = first < 0xF0 && valid_by_definition({text, length});
    ASSERT_EQ(valid ? length : 0, utf8_sequence({text, 3})) << std::hex << bits;
  }
}

TEST(Utf8, FourOctetsAtTheBorders) {
  EXPECT_EQ(4u, utf8_sequence("\xF0\x90\x80\x80"));
  EXPECT_EQ(4u, utf8_sequence("\xF4\x8F\xBF\xBF"));
  EXPECT_EQ(0u, utf8_sequence("\xF0\x8F\xBF\xBF"));  // overlong
  EXPECT_EQ(0u, utf8_sequence("\xF4\x90\x80\x80"));  // past U+10FFFF
  EXPECT_EQ(0u, utf8_sequence("\xF5\x80\x80\x80"));
  EXPECT_EQ(0u, utf8_sequence("\xF0\x90\x80\x41"));
}

TEST(Utf8, TruncatedSequencesAreNone) {
  EXPECT_EQ(0u, utf8_sequence(""));
  EXPECT_EQ(0u, utf8_sequence("\xC3"));
  EXPECT_EQ(0u, utf8_sequence("\xE2\x82"));
  EXPECT_EQ(0u, utf8_sequence("\xF0\x9F\x98"));
  EXPECT_TRUE(valid_utf8("h\xC3\xA9llo \xE2\x82\xAC \xF0\x9F\x98\x80"));
  EXPECT_FALSE(valid_utf8("h\xC3\xA9llo \xE2\x82"));
}

}  // namespace
}  // namespace base
