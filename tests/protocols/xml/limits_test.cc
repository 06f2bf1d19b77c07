// Each limit at its border, seen as early as the bytes show it, and the memory it bounds.
#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>

#include "tests/protocols/xml/reading.h"

namespace xml {
namespace {

std::string repeated(base::Bytes text, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i) out.append(text);
  return out;
}

std::string nested(size_t depth) { return repeated("<a>", depth) + repeated("</a>", depth); }

TEST(Limits, Depth) {
  const Limits limits{.depth = 5};
  EXPECT_EQ(parse_alone(nested(5), limits), Verdict::ok);
  EXPECT_EQ(parse_alone(nested(6), limits), Verdict::too_deep);
  EXPECT_EQ(parse_alone("<a><a><a><a><a/><a/></a></a></a></a>", limits), Verdict::ok);
  EXPECT_EQ(parse_alone("<a><a><a><a><a><a/></a></a></a></a></a>", limits), Verdict::too_deep);
  EXPECT_EQ(hear(kHeader + nested(5), limits), "header " + nested(5) + " idle");
}

TEST(Limits, DepthIsSeenWithTheFirstByteOfTheTag) {
  const Limits limits{.depth = 3};
  const std::string stream = kHeader + "<a><b c='>'><d><e";
  EXPECT_EQ(hear(stream, limits), "header error:too_deep");
  EXPECT_EQ(hear_byte_by_byte(stream, limits), "header error:too_deep");
  EXPECT_EQ(hear_byte_by_byte(stream.substr(0, stream.size() - 1), limits), "header more");
}

TEST(Limits, Attributes) {
  const Limits limits{.attributes = 3};
  EXPECT_EQ(parse_alone("<a b='' c='' xmlns:d='u'/>", limits), Verdict::ok);
  EXPECT_EQ(parse_alone("<a b='' c='' xmlns:d='u' e=''/>", limits), Verdict::too_many_attributes);
}

TEST(Limits, PrefixesInScope) {
  const Limits limits{.attributes = 2};
  EXPECT_EQ(parse_alone("<a xmlns:b='u' xmlns:c='u'><a xmlns='v'/></a>", limits), Verdict::ok);
  EXPECT_EQ(parse_alone("<a xmlns:b='u' xmlns:c='u'><a xmlns:d='v'/></a>", limits),
            Verdict::too_many_attributes);
  EXPECT_EQ(parse_alone("<a><b xmlns:b='u' xmlns:c='u'/><b xmlns:b='u' xmlns:c='u'/></a>", limits),
            Verdict::ok);
}

TEST(Limits, NameBytes) {
  const Limits limits{.name_bytes = 5};
  EXPECT_EQ(parse_alone("<abcde fghij=''/>", limits), Verdict::ok);
  const std::string behind = " i='1'>0123456789abcdef0123456789abcdef</a>";  // read by windows
  EXPECT_EQ(parse_alone("<a fghij=''" + behind, limits), Verdict::ok);
  EXPECT_EQ(parse_alone("<a fghijk=''" + behind, limits), Verdict::name_too_long);
  EXPECT_EQ(parse_alone("<abcdef" + behind, limits), Verdict::name_too_long);
  EXPECT_EQ(parse_alone("<abcdef/>", limits), Verdict::name_too_long);
  EXPECT_EQ(parse_alone("<a bcdefg=''/>", limits), Verdict::name_too_long);
  EXPECT_EQ(parse_alone("<ab:cde xmlns:ab='u'/>", limits), Verdict::name_too_long);
  const std::string longest(255, 'n');
  EXPECT_EQ(parse_alone("<" + longest + "/>"), Verdict::ok);
  EXPECT_EQ(parse_alone("<" + longest + "n/>"), Verdict::name_too_long);
  EXPECT_EQ(parse_alone("<" + std::string(70000, 'n') + "/>", {.name_bytes = 100000}),
            Verdict::name_too_long);
}

TEST(Limits, StanzaBytes) {
  const Limits limits{.stanza_bytes = 200};
  const std::string exact = "<a>" + std::string(193, 'x') + "</a>";
  const std::string larger = "<a>" + std::string(194, 'x') + "</a>";
  ASSERT_EQ(exact.size(), 200u);
  EXPECT_EQ(parse_alone(exact, limits), Verdict::ok);
  EXPECT_EQ(parse_alone(larger, limits), Verdict::stanza_too_big);
  EXPECT_EQ(hear(kHeader + exact + exact, limits), "header " + exact + " " + exact + " idle");
  EXPECT_EQ(hear_byte_by_byte(kHeader + exact, limits), "header " + exact + " idle");
  EXPECT_EQ(hear(kHeader + larger, limits), "header error:stanza_too_big");
  // Said with the first byte too many, not with the stanza's end.
  const std::string unfinished = kHeader + larger.substr(0, 201);
  EXPECT_EQ(hear_byte_by_byte(unfinished, limits), "header error:stanza_too_big");
  EXPECT_EQ(hear_byte_by_byte(kHeader + larger.substr(0, 200), limits), "header more");
}

TEST(Limits, HeaderAndEndTagAreLimitedToo) {
  const Limits limits{.stanza_bytes = 300};
  const std::string endless = "<stream:stream a='" + std::string(400, 'x');
  EXPECT_EQ(hear(endless, limits), "error:stanza_too_big");
  EXPECT_EQ(hear_byte_by_byte(endless, limits), "error:stanza_too_big");
  EXPECT_EQ(hear_byte_by_byte(kHeader + "</stream" + std::string(400, ' '), limits),
            "header error:stanza_too_big");
  EXPECT_EQ(hear("<?xml version='1.0'?>" + std::string(400, ' '), limits), "error:stanza_too_big");
}

TEST(Limits, WhatIsKeptOfAHeaderIsLimited) {
  EXPECT_EQ(hear("<s:s xmlns:s='" + std::string(1900, 'u') + "'><s:a/>"), "header <s:a/> idle");
  EXPECT_EQ(hear("<s:s xmlns:s='" + std::string(2100, 'u') + "'>"), "error:too_many_attributes");
}

TEST(Limits, GarbageIsNotKeptBeyondTheStanzaLimit) {
  const Limits limits{.stanza_bytes = 1000};
  Listener listener(limits);
  ASSERT_TRUE(listener.feed(kHeader + "<a b='"));
  size_t most = 0;
  while (listener.feed("xxxxxxxxxxxxxxxx")) {
    most = std::max(most, listener.reader.carried_bytes());
  }
  EXPECT_LE(most, 1000u);
  EXPECT_EQ(listener.reader.carried_bytes(), 0u);
  EXPECT_EQ(listener.heard, "header error:stanza_too_big");
}

size_t allocated() { return mallinfo2().uordblks; }

// 3 MB of <a> before login: refused where the depth ends, at no cost.
TEST(Limits, ThreeMegabytesOfNestedElementsCostNothing) {
  const std::string flood = repeated("<a>", 1 << 20);
  Listener listener(Limits{.depth = 64, .stanza_bytes = 10240});
  ASSERT_TRUE(listener.feed(kHeader));
  const size_t before = allocated();
  size_t sent = 0;
  while (sent < flood.size() && listener.feed(base::Bytes(flood).substr(sent, 100))) sent += 100;
  EXPECT_EQ(listener.heard, "header error:too_deep");
  EXPECT_LE(sent, 64u * 3);
  if (before == 0) GTEST_SKIP() << "a sanitizer's allocator does not count";
  EXPECT_LE(allocated(), before + 4 * (sent + 100) + 4096);
}

// The same without nesting: what is held stays within four times what was received.
TEST(Limits, CarriedBytesCostAtMostFourTimesWhatCame) {
  Document document;
  const Limits limits{.stanza_bytes = 1 << 20};
  for (const size_t size : {100u, 1000u, 5000u, 100000u, 600000u}) {
    StreamReader reader;
    base::Bytes in = kHeader;
    ASSERT_EQ(reader.next(in, document, limits), StreamEvent::header);
    const std::string stanza = "<a>" + std::string(size, 'x');
    const size_t before = allocated();
    for (size_t at = 0; at < stanza.size(); at += 50) {
      base::Bytes piece = base::Bytes(stanza).substr(at, 50);
      ASSERT_EQ(reader.next(piece, document, limits), StreamEvent::need_more);
    }
    EXPECT_EQ(reader.carried_bytes(), stanza.size());
    if (before == 0) GTEST_SKIP() << "a sanitizer's allocator does not count";
    EXPECT_LE(allocated(), before + 4 * stanza.size()) << size;
  }
}

}  // namespace
}  // namespace xml
