#include "protocols/xml/scan/structure.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/base/random.h"
#include "tests/protocols/xml/reading.h"

namespace xml {
namespace {

std::vector<uint32_t> expected(base::Bytes in) {
  std::vector<uint32_t> out;
  for (uint32_t i = 0; i < in.size(); ++i) {
    if (base::Bytes("<>\"'").find(in[i]) != base::Bytes::npos) out.push_back(i);
  }
  return out;
}

// Dense, sparse and mixed blocks; every byte value.
std::string random_block(base::Prng& random, size_t size) {
  const uint64_t style = random.step() % 3;
  std::string out;
  for (size_t i = 0; i < size; ++i) {
    const uint64_t dice = random.step();
    const bool structural = style == 0 || (style == 1 && dice % 8 == 0);
    out.push_back(structural ? "<>\"'"[dice / 8 % 4] : static_cast<char>(dice >> 32));
  }
  return out;
}

TEST(Structure, EveryImplementationFindsTheSame) {
  base::Prng random(1);
  for (const base::Bytes name : {"portable", "sse2", "avx2"}) {
    const IndexFunction function = index_function_by_name(name);
    if (function == nullptr) continue;  // not this processor's
    for (int round = 0; round < 2000; ++round) {
      const Block block(random_block(random, kBlock * kBatchBlocks));
      uint32_t offsets[kBatchBlocks * kBlock + 8];
      uint8_t seen = 0;
      const uint32_t count = function(block.view().data(), kBatchBlocks, 100, offsets, seen);
      std::vector<uint32_t> wanted = expected(block.view());
      for (uint32_t& offset : wanted) offset += 100;
      ASSERT_EQ(std::vector<uint32_t>(offsets, offsets + count), wanted) << name;
    }
  }
  EXPECT_NE(index_function_by_name("portable"), nullptr);
  EXPECT_EQ(index_function_by_name("other"), nullptr);
}

TEST(Structure, EveryImplementationSeesTheRareBytes) {
  for (const base::Bytes name : {"portable", "sse2", "avx2"}) {
    const IndexFunction function = index_function_by_name(name);
    if (function == nullptr) continue;
    for (int value = 0; value < 256; ++value) {
      for (const size_t at : {0u, 15u, 16u, 31u, 63u}) {
        std::string text(kBlock, 'x');
        text[at] = static_cast<char>(value);
        uint32_t offsets[kBlock + 8];
        uint8_t seen = 0;
        function(text.data(), 1, 0, offsets, seen);
        const uint8_t wanted = value == '&'    ? kSeenAmpersand
                               : value < 0x20  ? kSeenControl
                               : value >= 0x80 ? kSeenNonAscii
                                               : 0;
        EXPECT_EQ(seen, wanted) << name << " " << value;
      }
    }
  }
}

TEST(Structure, EverySizeIsReadToItsEndAndNoFurther) {
  base::Prng random(2);
  for (size_t size = 0; size < 600; ++size) {
    const Block block(random_block(random, size));
    Structure structure(block.view());
    for (const uint32_t offset : expected(block.view())) ASSERT_EQ(structure.next(), offset);
    EXPECT_EQ(structure.next(), size);
    EXPECT_EQ(structure.next(), size);
  }
}

TEST(Structure, SkippingGoesForward) {
  const std::string text = std::string(300, ' ') + "<" + std::string(300, ' ') + ">'";
  Structure structure(text);
  structure.skip_to(301);
  EXPECT_EQ(structure.next(), 601u);
  structure.skip_to(10);
  EXPECT_EQ(structure.next(), 602u);
  structure.skip_to(603);
  EXPECT_EQ(structure.next(), 603u);
}

}  // namespace
}  // namespace xml
