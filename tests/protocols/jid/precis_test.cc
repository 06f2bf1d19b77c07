#include <gtest/gtest.h>

#include <string>

#include "protocols/jid/jid.h"

namespace jid {
namespace {

std::string local(base::Bytes in) {
  std::string out;
  return prepare_local(in, out) ? out : "(refused)";
}

std::string password(base::Bytes in) {
  std::string out;
  return prepare_password(in, out) ? out : "(refused)";
}

// RFC 8265 §3.5, tables 1 and 2 (UsernameCasePreserved's examples, folded).
TEST(Precis, UsernameExamplesOfRfc8265) {
  EXPECT_EQ(local("juliet"), "juliet");
  EXPECT_EQ(local("fussball"), "fussball");
  EXPECT_EQ(local("fu\u00dfball"), "fu\u00dfball");
  EXPECT_EQ(local("\u03c0"), "\u03c0");
  EXPECT_EQ(local("\u03a3"), "\u03c3");
  EXPECT_EQ(local("\u03c3"), "\u03c3");
  EXPECT_EQ(local("\u03c2"), "\u03c2");
  EXPECT_EQ(local("foo bar"), "(refused)");
  EXPECT_EQ(local(""), "(refused)");
  EXPECT_EQ(local("henry\u2163"), "(refused)");
  EXPECT_EQ(local("\u221e"), "(refused)");
}

// RFC 8265 §4.3, tables 5 and 6.
TEST(Precis, OpaqueStringExamplesOfRfc8265) {
  EXPECT_EQ(password("correct horse battery staple"), "correct horse battery staple");
  EXPECT_EQ(password("Correct Horse Battery Staple"), "Correct Horse Battery Staple");
  EXPECT_EQ(password("\u03c0\u00df\u00e5"), "\u03c0\u00df\u00e5");
  EXPECT_EQ(password("Jack of \u2666s"), "Jack of \u2666s");
  EXPECT_EQ(password("foo\u1680bar"), "foo bar");
  EXPECT_EQ(password(""), "(refused)");
  EXPECT_EQ(password("my cat is a \tby"), "(refused)");
}

TEST(Precis, FullwidthAndHalfwidthAreMappedInNamesOnly) {
  EXPECT_EQ(local("\uff21\uff42\uff11"), "ab1");
  EXPECT_EQ(local("\uff76\uff9e"), "\u30ac");
  EXPECT_EQ(password("\uff21"), "\uff21");
}

TEST(Precis, TextIsComposed) {
  EXPECT_EQ(local("A\u030a"), "\u00e5");
  EXPECT_EQ(password("e\u0301"), "\u00e9");
}

TEST(Precis, UnassignedPrivateAndIgnorableAreRefused) {
  for (const base::Bytes bad : {"a\u0378", "a\ue000", "a\u00ad", "a\u200b", "a\u2060", "a\ufdd0",
                                "a\U000e0001", "a\u115f", "a\u1100", "a\ufffe"}) {
    EXPECT_EQ(local(bad), "(refused)") << bad;
    EXPECT_EQ(password(bad), "(refused)") << bad;
  }
}

TEST(Precis, SymbolsAndPunctuationAreForResourcesOnly) {
  for (const base::Bytes symbol : {"\u265a", "\u2026", "\u00bd", "\u2163", "\u01c5", "\u20ac"}) {
    EXPECT_EQ(local(symbol), "(refused)") << symbol;
    EXPECT_EQ(password(symbol), symbol);
  }
}

TEST(Precis, JoinersNeedTheirContext) {
  EXPECT_EQ(local("\u0915\u094d\u200d\u0937"), "\u0915\u094d\u200d\u0937");
  EXPECT_EQ(local("\u0915\u094d\u200c\u0937"), "\u0915\u094d\u200c\u0937");
  EXPECT_EQ(local("\u0646\u0627\u0645\u0647\u200c\u0627\u06cc"),
            "\u0646\u0627\u0645\u0647\u200c\u0627\u06cc");
  EXPECT_EQ(local("a\u200db"), "(refused)");
  EXPECT_EQ(local("a\u200cb"), "(refused)");
  EXPECT_EQ(local("\u200d"), "(refused)");
  EXPECT_EQ(password("\u200c"), "(refused)");
}

TEST(Precis, ContextualRulesOfRfc5892) {
  EXPECT_EQ(local("l\u00b7l"), "l\u00b7l");
  EXPECT_EQ(local("a\u00b7l"), "(refused)");
  EXPECT_EQ(local("l\u00b7"), "(refused)");
  EXPECT_EQ(local("\u0375\u03b1"), "\u0375\u03b1");
  EXPECT_EQ(local("\u0375a"), "(refused)");
  EXPECT_EQ(local("\u0375"), "(refused)");
  EXPECT_EQ(local("\u05d0\u05f3"), "\u05d0\u05f3");
  EXPECT_EQ(local("\u05d0\u05f4"), "\u05d0\u05f4");
  EXPECT_EQ(local("a\u05f3"), "(refused)");
  EXPECT_EQ(local("\u05f4"), "(refused)");
  EXPECT_EQ(local("\u30fb\u30a2"), "\u30fb\u30a2");
  EXPECT_EQ(local("a\u30fbb"), "(refused)");
  EXPECT_EQ(local("\u0628\u0661"), "\u0628\u0661");
  EXPECT_EQ(local("\u0628\u0661\u06f1"), "(refused)");
  EXPECT_EQ(local("\u0628\u06f1\u0661"), "(refused)");
}

TEST(Precis, ExceptionsOfRfc5892) {
  EXPECT_EQ(local("\u3007"), "\u3007");
  EXPECT_EQ(local("a\u0640"), "(refused)");
  EXPECT_EQ(local("\u3031"), "(refused)");
  EXPECT_EQ(local("\u303b"), "(refused)");
}

TEST(Precis, BidiRuleOfRfc5893) {
  EXPECT_EQ(local("\u05d0\u05d1"), "\u05d0\u05d1");
  EXPECT_EQ(local("\u05d01"), "\u05d01");
  EXPECT_EQ(local("\u05d0\u05b0"), "\u05d0\u05b0");
  EXPECT_EQ(local("a\u05d0"), "(refused)");          // begins left-to-right
  EXPECT_EQ(local("1\u05d0"), "(refused)");          // begins with a digit
  EXPECT_EQ(local("\u05d0a"), "(refused)");          // mixes directions
  EXPECT_EQ(local("\u05d0-"), "(refused)");          // ends with a neutral
  EXPECT_EQ(local("\u06281\u0661"), "(refused)");    // European and Arabic digits
  EXPECT_EQ(password("a\u05d0"), "a\u05d0");         // OpaqueString has no such rule
}

TEST(Precis, OutputIsUntouchedWhenRefused) {
  std::string out = "before";
  EXPECT_FALSE(prepare_local("\u265a", out));
  EXPECT_FALSE(prepare_resource("\x01", out));
  EXPECT_FALSE(prepare_domain("-", out));
  EXPECT_EQ(out, "before");
}

}  // namespace
}  // namespace jid
