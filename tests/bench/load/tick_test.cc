#include "bench/load/client/tick.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace load {
namespace {

std::vector<uint32_t> ticks_of(const std::vector<std::string>& pieces) {
  TickReader reader;
  std::vector<uint32_t> found;
  for (const std::string& piece : pieces) {
    reader.feed(piece, [&](uint32_t tick) { found.push_back(tick); });
  }
  return found;
}

std::string tick(uint32_t sequence) {
  std::string text(kTickBytes, ' ');
  write_tick(text.data(), sequence);
  return text;
}

TEST(Tick, WhatIsWrittenIsRead) {
  for (const uint32_t sequence : {0U, 1U, 9U, 10U, 0xABCDEFU, 0xFFFFFFFFU}) {
    EXPECT_EQ(std::vector<uint32_t>{sequence}, ticks_of({"<body>" + tick(sequence) + " hello"}));
  }
}

TEST(Tick, StreamCutAtEveryByteGivesTheSameTicks) {
  const std::string stream = "<a>" + tick(7) + "</a><b>" + tick(0xFEDC) + tick(8) + "</b>";
  const std::vector<uint32_t> all = {7, 0xFEDC, 8};
  for (size_t at = 0; at <= stream.size(); ++at) {
    EXPECT_EQ(all, ticks_of({stream.substr(0, at), stream.substr(at)})) << at;
  }
  std::vector<std::string> bytes;
  for (const char c : stream) bytes.emplace_back(1, c);
  EXPECT_EQ(all, ticks_of(bytes));
}

TEST(Tick, WhatOnlyLooksLikeOneIsNone) {
  EXPECT_TRUE(ticks_of({"~", "~0123456", "~0123456g ~ABCDEF00 ~/1234567 ~:1234567"}).empty());
}

}  // namespace
}  // namespace load
