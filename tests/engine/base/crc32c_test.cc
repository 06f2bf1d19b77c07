#include "engine/base/crc32c.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/base/random.h"

namespace base {

TEST(Crc32c, TheValuesOfTheStandardComeOut) {
  EXPECT_EQ(crc32c(0, "123456789"), 0xe3069283u);
  EXPECT_EQ(crc32c(0, std::string(32, '\0')), 0x8a9136aau);  // RFC 3720 B.4
  EXPECT_EQ(crc32c(0, std::string(32, '\xff')), 0x62a8ab43u);
  EXPECT_EQ(crc32c(0, ""), 0u);
}

TEST(Crc32c, InstructionAndTableAgreeAtEveryLengthAndAlignment) {
  Prng random(1);
  std::string bytes(300, '\0');
  random.fill(bytes.data(), bytes.size());
  for (size_t from = 0; from < 9; ++from) {
    for (size_t length = 0; from + length <= bytes.size(); ++length) {
      const Bytes part = Bytes(bytes).substr(from, length);
      ASSERT_EQ(crc32c(17, part), crc32c_by_table(17, part)) << from << " " << length;
    }
  }
}

TEST(Crc32c, PiecesGiveTheSumOfTheWhole) {
  const std::string text = "no acknowledged message is lost";
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    EXPECT_EQ(crc32c(crc32c(0, Bytes(text).substr(0, cut)), Bytes(text).substr(cut)),
              crc32c(0, text));
  }
}

TEST(Crc32c, EverySingleBitCounts) {
  std::string text = "no acknowledged message is lost";
  const uint32_t right = crc32c(0, text);
  for (size_t bit = 0; bit < 8 * text.size(); ++bit) {
    text[bit / 8] = static_cast<char>(text[bit / 8] ^ (1 << bit % 8));
    EXPECT_NE(crc32c(0, text), right);
    text[bit / 8] = static_cast<char>(text[bit / 8] ^ (1 << bit % 8));
  }
}

}  // namespace base
