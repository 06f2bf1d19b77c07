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

std::vector<uint32_t> offsets(const uint64_t* words, size_t size) {
  std::vector<uint32_t> out;
  for (uint32_t i = 0; i < size; ++i) {
    if ((words[i / kBlock] >> i % kBlock & 1) != 0) out.push_back(i);
  }
  return out;
}

TEST(Structure, EveryImplementationFindsTheSame) {
  base::Prng random(1);
  for (const base::Bytes name : {"portable", "sse2", "avx2"}) {
    const IndexFunction function = index_function_by_name(name);
    if (function == nullptr) continue;  // not this processor's
    for (int round = 0; round < 2000; ++round) {
      const size_t size = kBlock + random.step() % (kBlock * (kBatchBlocks - 1) + 1);
      const Block block(random_block(random, size));
      uint64_t words[kBatchBlocks];
      uint8_t seen = 0;
      function(block.view().data(), static_cast<uint32_t>(size), words, seen);
      ASSERT_EQ(offsets(words, size), expected(block.view())) << name << " " << size;
      const bool partial = size % kBlock != 0;
      ASSERT_EQ(partial ? words[size / kBlock] >> size % kBlock : 0, 0u) << name;
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
      for (const size_t at : {0u, 15u, 16u, 31u, 63u, 64u, 70u}) {
        std::string text(kBlock + 7, 'x');
        text[at] = static_cast<char>(value);
        uint64_t words[2];
        uint8_t seen = 0;
        function(text.data(), static_cast<uint32_t>(text.size()), words, seen);
        const uint8_t wanted = value == '&'    ? kSeenAmpersand
                               : value < 0x20  ? kSeenControl
                               : value >= 0x80 ? kSeenNonAscii
                                               : 0;
        EXPECT_EQ(seen, wanted) << name << " " << value << " " << at;
      }
    }
  }
}

TEST(Structure, EverySizeIsReadToItsEndAndNoFurther) {
  base::Prng random(2);
  for (size_t size = 0; size < 600; ++size) {
    const Block block(random_block(random, size));
    Structure structure(block.view());
    Structure::Cursor cursor;
    for (const uint32_t offset : expected(block.view())) {
      ASSERT_EQ(structure.next(cursor), offset);
      structure.put_back(offset, cursor);
      ASSERT_EQ(structure.next(cursor), offset);
    }
    EXPECT_EQ(structure.next(cursor), size);
    EXPECT_EQ(structure.next(cursor), size);
  }
}

TEST(Structure, SkippingGoesForward) {
  const std::string text = std::string(300, ' ') + "<" + std::string(300, ' ') + ">'";
  Structure structure(text);
  Structure::Cursor cursor;
  structure.skip_to(301, cursor);
  EXPECT_EQ(structure.next(cursor), 601u);
  structure.skip_to(10, cursor);
  EXPECT_EQ(structure.next(cursor), 602u);
  structure.skip_to(603, cursor);
  EXPECT_EQ(structure.next(cursor), 603u);
}

}  // namespace
}  // namespace xml
