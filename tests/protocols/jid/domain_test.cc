#include <gtest/gtest.h>

#include <string>

#include "protocols/jid/jid.h"

namespace jid {
namespace {

std::string domain(base::Bytes in) {
  std::string out;
  return prepare_domain(in, out) ? out : "(refused)";
}

TEST(Domain, AsciiIsLowercasedAndLosesItsFinalDot) {
  EXPECT_EQ(domain("localhost"), "localhost");
  EXPECT_EQ(domain("Example.COM"), "example.com");
  EXPECT_EQ(domain("example.com."), "example.com");
  EXPECT_EQ(domain("192.0.2.1"), "192.0.2.1");
}

TEST(Domain, LabelsAreLettersDigitsAndInnerHyphens) {
  EXPECT_EQ(domain("a-b.c9"), "a-b.c9");
  for (const base::Bytes bad : {"", ".", "..", ".a", "a..b", "a..", "-a.b", "a-.b", "a_b", "a b",
                                "a!b", "ab--c.d", "a@b", "a/b", "a:5222", "a%b"}) {
    EXPECT_EQ(domain(bad), "(refused)") << bad;
  }
}

TEST(Domain, LabelsHave63AndNames253OctetsAtMost) {
  const std::string label(63, 'a');
  EXPECT_EQ(domain(label), label);
  EXPECT_EQ(domain(label + "a"), "(refused)");
  const std::string name = label + "." + label + "." + label + "." + std::string(61, 'a');
  ASSERT_EQ(name.size(), 253u);
  EXPECT_EQ(domain(name), name);
  EXPECT_EQ(domain(name + "a"), "(refused)");
}

TEST(Domain, InternationalNamesHaveOneForm) {
  EXPECT_EQ(domain("b\u00fccher.example"), "b\u00fccher.example");
  EXPECT_EQ(domain("B\u00dcCHER.example"), "b\u00fccher.example");
  EXPECT_EQ(domain("bu\u0308cher.example"), "b\u00fccher.example");
  EXPECT_EQ(domain("xn--bcher-kva.example"), "b\u00fccher.example");
  EXPECT_EQ(domain("XN--Bcher-KVA.example."), "b\u00fccher.example");
  EXPECT_EQ(domain("fa\u00df.de"), "fa\u00df.de");
  EXPECT_EQ(domain("\u4f8b\u3048\u3002jp"), "\u4f8b\u3048.jp");
  EXPECT_EQ(domain("\uff45xample.com"), "example.com");
}

// Its lower case is not what IDNA folds it to.
TEST(Domain, CherokeeHasOneFormToo) {
  EXPECT_EQ(domain("\u13f4\u13eb.example"), "\u13f4\u13eb.example");
  EXPECT_EQ(domain("\u13fc\uabbb.example"), "\u13f4\u13eb.example");
  EXPECT_EQ(domain("xn--bcer.example"), "\u13f4\u13eb.example");
}

TEST(Domain, WhatIdna2008ForbidsIsRefused) {
  EXPECT_EQ(domain("\u265a.example"), "(refused)");    // a symbol
  EXPECT_EQ(domain("a\u200db.example"), "(refused)");  // a joiner out of context
  EXPECT_EQ(domain("\u0301a.example"), "(refused)");   // begins with a mark
  EXPECT_EQ(domain("a\u05d0.example"), "(refused)");   // bidi
  EXPECT_EQ(domain("xn--a"), "(refused)");             // no A-label
  EXPECT_EQ(domain("xn--bcher-kva-.example"), "(refused)");
  EXPECT_EQ(domain("xn--abc-.example"), "(refused)");  // an A-label of plain ASCII
  EXPECT_EQ(domain("\u00e9_a.example"), "(refused)");
}

TEST(Domain, Ipv6LiteralsAreWrittenAsRfc5952Wants) {
  EXPECT_EQ(domain("[::1]"), "[::1]");
  EXPECT_EQ(domain("[2001:DB8:0:0:0:0:0:1]"), "[2001:db8::1]");
  for (const base::Bytes bad :
       {"[", "[]", "[::1", "::1", "[::1]x", "[127.0.0.1]", "[fe80::1%1]", "[::1]."}) {
    EXPECT_EQ(domain(bad), "(refused)") << bad;
  }
}

}  // namespace
}  // namespace jid
