#include "protocols/sip/message/header_id.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <string>

namespace sip {
namespace {

std::string changed(base::Bytes text, int (*how)(int)) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(how(c));
  return out;
}

TEST(HeaderId, EveryNameIsFoundInEveryCase) {
#define HEADER(name, wire, compact, values)                                    \
  EXPECT_EQ(find_header_id(wire), HeaderId::name);                             \
  EXPECT_EQ(find_header_id(changed(wire, std::toupper)), HeaderId::name);      \
  EXPECT_EQ(find_header_id(changed(wire, std::tolower)), HeaderId::name);      \
  EXPECT_EQ(wire_name(HeaderId::name), wire);                                  \
  if (compact != 0) {                                                          \
    const char letter[] = {compact, static_cast<char>(std::toupper(compact))}; \
    EXPECT_EQ(find_header_id(base::Bytes(letter, 1)), HeaderId::name);         \
    EXPECT_EQ(find_header_id(base::Bytes(letter + 1, 1)), HeaderId::name);     \
  }
#include "protocols/sip/message/headers.def"
#undef HEADER
}

// A name one byte off is another name, whichever byte it is and whatever it becomes.
TEST(HeaderId, NamesOneByteOffAreUnknownOrAnother) {
#define HEADER(name, wire, compact, values)                               \
  for (size_t at = 0; at < sizeof(wire) - 1; ++at) {                      \
    for (int c = 0; c < 256; ++c) {                                       \
      std::string text = wire;                                            \
      if (std::tolower(text[at]) == std::tolower(c)) continue;            \
      text[at] = static_cast<char>(c);                                    \
      const bool token = std::isalnum(c) != 0 || c == '-';                \
      if (token) {                                                        \
        EXPECT_NE(find_header_id(text), HeaderId::name) << text;          \
      }                                                                   \
    }                                                                     \
  }                                                                       \
  EXPECT_NE(find_header_id(base::Bytes(wire).substr(1)), HeaderId::name); \
  EXPECT_EQ(find_header_id(wire "x"), HeaderId::unknown);
#include "protocols/sip/message/headers.def"
#undef HEADER
}

TEST(HeaderId, WhatIsNoNameIsUnknown) {
  for (const base::Bytes name : {"", "z", "1", "\x16", "-", "X-Cisco-Guid", "Vi",
                                 "A-Header-Name-Longer-Than-Any-That-Is-Known"}) {
    EXPECT_EQ(find_header_id(name), HeaderId::unknown) << name;
  }
}

TEST(HeaderId, SingleValuedOnesAreThoseOfTheTable) {
  const uint64_t single = single_valued_headers();
  EXPECT_NE(single & bit_of(HeaderId::call_id), 0u);
  EXPECT_NE(single & bit_of(HeaderId::cseq), 0u);
  EXPECT_NE(single & bit_of(HeaderId::event), 0u);
  EXPECT_EQ(single & bit_of(HeaderId::via), 0u);
  EXPECT_EQ(single & bit_of(HeaderId::contact), 0u);
  EXPECT_EQ(single & bit_of(HeaderId::unknown), 0u);
}

}  // namespace
}  // namespace sip
