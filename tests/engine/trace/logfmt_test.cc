#include "engine/trace/logfmt.h"

#include <gtest/gtest.h>

#include "engine/base/random.h"
#include "engine/base/utf8.h"

namespace trace {
namespace {

std::string value(base::Bytes text, bool truncated = false) {
  base::Sink out;
  append_value(text, truncated, out);
  return out;
}

TEST(Logfmt, PlainValuesStandBare) {
  EXPECT_EQ("romeo@example.org/orchard", value("romeo@example.org/orchard"));
  EXPECT_EQ("SCRAM-SHA-256-PLUS", value("SCRAM-SHA-256-PLUS"));
}

TEST(Logfmt, EverythingElseIsQuoted) {
  EXPECT_EQ("\"\"", value(""));
  EXPECT_EQ("\"a b\"", value("a b"));
  EXPECT_EQ("\"a=b\"", value("a=b"));
  EXPECT_EQ("\"a\\\"b\"", value("a\"b"));
  EXPECT_EQ("\"a\\\\b\"", value("a\\b"));
  EXPECT_EQ("\"h\xC3\xA9\"", value("h\xC3\xA9"));
  EXPECT_EQ("\"abc\xE2\x80\xA6\"", value("abc", true));
}

TEST(Logfmt, APeerCannotForgeALine) {
  EXPECT_EQ("\"x\\ntime=2026 level=info user=admin\"", value("x\ntime=2026 level=info user=admin"));
  EXPECT_EQ("\"a\\r\\t\\u0000\\u001b[2J\\u007f\"", value(base::Bytes("a\r\t\0\x1b[2J\x7f", 9)));
  EXPECT_EQ("\"\\u0085\\u009b\"", value("\xC2\x85\xC2\x9B"));  // C1 controls
  EXPECT_EQ("\"\\u2028\\u202e\\u2066\"", value("\xE2\x80\xA8\xE2\x80\xAE\xE2\x81\xA6"));
  EXPECT_EQ("\"\\ufffd\\ufffda\"", value("\xFF\xC3"
                                         "a"));
}

TEST(Logfmt, WhateverTheOctetsAValueIsOneTokenOfUtf8) {
  base::Prng random(3);
  for (int round = 0; round < 20000; ++round) {
    char octets[12];
    random.fill(octets, sizeof octets);
    const std::string text = value({octets, random.below(sizeof octets)});
    EXPECT_TRUE(base::valid_utf8(text));
    for (const char c : text) EXPECT_TRUE(static_cast<uint8_t>(c) >= 0x20 && c != 0x7F);
    if (text.front() != '"') {
      EXPECT_EQ(std::string::npos, text.find_first_of(" \"="));
      continue;
    }
    size_t at = 1;  // the first quote that is not escaped is the last character
    while (at < text.size() && text[at] != '"') at += text[at] == '\\' ? 2 : 1;
    EXPECT_EQ(text.size() - 1, at) << text;
  }
}

}  // namespace
}  // namespace trace
