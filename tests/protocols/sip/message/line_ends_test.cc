#include "protocols/sip/message/line_ends.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

namespace sip {
namespace {

// What is right, byte by byte: every LF, and what follows a CR.
std::vector<uint32_t> expected(base::Bytes text) {
  std::vector<uint32_t> out;
  for (uint32_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' || (i > 0 && text[i - 1] == '\r')) out.push_back(i);
  }
  return out;
}

// From an exact-fit heap block, so that a sanitizer sees every byte read behind it.
std::vector<uint32_t> found(base::Bytes text) {
  const std::unique_ptr<char[]> block(new char[text.size()]);
  text.copy(block.get(), text.size());
  LineEnds ends(base::Bytes(block.get(), text.size()));
  std::vector<uint32_t> out;
  for (uint32_t at = ends.next(); at != kNoLineEnd; at = ends.next()) out.push_back(at);
  EXPECT_EQ(ends.next(), kNoLineEnd);
  return out;
}

std::string random_text(std::mt19937& random, size_t size) {
  constexpr base::Bytes kBytes = "\r\n\r\nabc \xff";
  std::string out;
  for (size_t i = 0; i < size; ++i) out.push_back(kBytes[random() % kBytes.size()]);
  return out;
}

TEST(LineEnds, AreFoundInTextsOfEveryLength) {
  std::mt19937 random(4475);
  for (size_t size = 0; size < 1300; ++size) {
    const std::string text = random_text(random, size);
    ASSERT_EQ(found(text), expected(text)) << size;
  }
}

TEST(LineEnds, ReturnThatEndsABlockMarksTheNextOnesFirstByte) {
  for (const size_t at : {62u, 63u, 64u, 127u, 511u, 512u, 1023u}) {
    std::string text(1100, 'x');
    text[at] = '\r';
    EXPECT_EQ(found(text), std::vector<uint32_t>{static_cast<uint32_t>(at + 1)});
    text[at + 1] = '\n';
    EXPECT_EQ(found(text), std::vector<uint32_t>{static_cast<uint32_t>(at + 1)});
  }
  EXPECT_TRUE(found(std::string(63, 'x') + "\r").empty());
}

TEST(LineEnds, EveryImplementationGivesTheSameWords) {
  std::mt19937 random(3261);
  for (size_t size = kBlock; size < 700; ++size) {
    const std::string text = random_text(random, size);
    std::vector<uint64_t> words((size + kBlock - 1) / kBlock);
    uint64_t carry = size % 2;
    line_end_function_by_name("portable")(text.data(), static_cast<uint32_t>(size), words.data(),
                                          carry);
    for (const base::Bytes name : {"sse2", "avx2"}) {
      const LineEndFunction function = line_end_function_by_name(name);
      if (function == nullptr) continue;
      std::vector<uint64_t> other(words.size());
      uint64_t other_carry = size % 2;
      function(text.data(), static_cast<uint32_t>(size), other.data(), other_carry);
      ASSERT_EQ(other, words) << name << size;
      // Behind a partial block nothing is carried to.
      if (size % kBlock == 0) {
        ASSERT_EQ(other_carry, carry) << name << size;
      }
    }
  }
}

TEST(LineEnds, NamesThatAreNoneHaveNoFunction) {
  EXPECT_EQ(line_end_function_by_name("mmx"), nullptr);
  EXPECT_NE(line_end_function_by_name("portable"), nullptr);
  EXPECT_NE(line_end_function(), nullptr);
}

}  // namespace
}  // namespace sip
