#include "protocols/jid/jid.h"

#include <gtest/gtest.h>

#include <string>

namespace jid {
namespace {

std::string normal(base::Bytes in) {
  std::string scratch;
  JidView view;
  return parse(in, scratch, view) ? std::string(view.full()) : "(refused)";
}

bool refused(base::Bytes in) { return normal(in) == "(refused)"; }

TEST(Jid, PartsOfAFullAddress) {
  std::string scratch;
  JidView view;
  ASSERT_TRUE(parse("juliet@example.com/balcony/2@x", scratch, view));
  EXPECT_EQ(view.local(), "juliet");
  EXPECT_EQ(view.domain(), "example.com");
  EXPECT_EQ(view.resource(), "balcony/2@x");
  EXPECT_EQ(view.bare(), "juliet@example.com");
  EXPECT_EQ(view.bare_jid().full(), "juliet@example.com");
  EXPECT_FALSE(view.bare_jid().has_resource());
  EXPECT_TRUE(view.has_local());
  EXPECT_EQ(Jid(view).view(), view);
}

TEST(Jid, PartsThatAreAbsent) {
  std::string scratch;
  JidView view;
  ASSERT_TRUE(parse("example.com", scratch, view));
  EXPECT_FALSE(view.has_local());
  EXPECT_FALSE(view.has_resource());
  EXPECT_EQ(view.domain(), "example.com");
  EXPECT_EQ(view.local(), "");
  EXPECT_EQ(view.resource(), "");
  ASSERT_TRUE(parse("example.com/a@b", scratch, view));
  EXPECT_FALSE(view.has_local());
  EXPECT_EQ(view.resource(), "a@b");
}

TEST(Jid, NormalAsciiIsNotCopied) {
  const std::string in = "juliet@example.com/foo bar";
  std::string scratch;
  JidView view;
  ASSERT_TRUE(parse(in, scratch, view));
  EXPECT_EQ(view.full().data(), in.data());
  EXPECT_TRUE(scratch.empty());
}

// RFC 7622 §3.5, table 1.
TEST(Jid, ValidExamplesOfRfc7622) {
  EXPECT_EQ(normal("juliet@example.com"), "juliet@example.com");
  EXPECT_EQ(normal("juliet@example.com/foo"), "juliet@example.com/foo");
  EXPECT_EQ(normal("juliet@example.com/foo bar"), "juliet@example.com/foo bar");
  EXPECT_EQ(normal("juliet@example.com/foo@bar"), "juliet@example.com/foo@bar");
  EXPECT_EQ(normal("foo\\20bar@example.com"), "foo\\20bar@example.com");
  EXPECT_EQ(normal("fussball@example.com"), "fussball@example.com");
  EXPECT_EQ(normal("fu\u00dfball@example.com"), "fu\u00dfball@example.com");
  EXPECT_EQ(normal("\u03c0@example.com"), "\u03c0@example.com");
  EXPECT_EQ(normal("\u03a3@example.com/foo"), "\u03c3@example.com/foo");
  EXPECT_EQ(normal("\u03c3@example.com/foo"), "\u03c3@example.com/foo");
  EXPECT_EQ(normal("\u03c2@example.com/foo"), "\u03c2@example.com/foo");
  EXPECT_EQ(normal("king@example.com/\u265a"), "king@example.com/\u265a");
  EXPECT_EQ(normal("example.com"), "example.com");
  EXPECT_EQ(normal("example.com/foobar"), "example.com/foobar");
  EXPECT_EQ(normal("a.example.com/b@example.net"), "a.example.com/b@example.net");
}

// RFC 7622 §3.5, table 2.
TEST(Jid, InvalidExamplesOfRfc7622) {
  EXPECT_TRUE(refused("\"juliet\"@example.com"));
  EXPECT_TRUE(refused("foo bar@example.com"));
  EXPECT_TRUE(refused("juliet@example.com/"));
  EXPECT_TRUE(refused("@example.com/"));
  EXPECT_TRUE(refused("henry\u2163@example.com"));
  EXPECT_TRUE(refused("\u265a@example.com"));
  EXPECT_TRUE(refused("juliet@"));
  EXPECT_TRUE(refused("/foobar"));
}

TEST(Jid, EmptyAndHalfAddressesAreRefused) {
  EXPECT_TRUE(refused(""));
  EXPECT_TRUE(refused("@"));
  EXPECT_TRUE(refused("/"));
  EXPECT_TRUE(refused("@example.com"));
  EXPECT_TRUE(refused("a@b@example.com"));
  EXPECT_TRUE(refused("a@/b"));
  EXPECT_TRUE(refused("a@.com"));
}

TEST(Jid, EightCharactersAreKeptOutOfLocalparts) {
  for (const char c : std::string("\"&':<>")) {
    EXPECT_TRUE(refused(std::string("a") + c + "b@example.com")) << c;
    std::string out;
    EXPECT_FALSE(prepare_local(std::string("a") + c + "b", out)) << c;
  }
  std::string out;
  EXPECT_FALSE(prepare_local("a/b", out));
  EXPECT_FALSE(prepare_local("a@b", out));
  EXPECT_FALSE(prepare_local("a b", out));
  // In their fullwidth forms they become what they are by width mapping.
  EXPECT_FALSE(prepare_local("a\uff20b", out));
  EXPECT_FALSE(prepare_local("a\uff0fb", out));
  EXPECT_EQ(out, "");
}

TEST(Jid, ControlCharactersAndBadUtf8AreRefusedInEveryPart) {
  for (const std::string& bad :
       {std::string("\x01"), std::string("\x7f"), std::string("\xff"), std::string("\xc0\xaf"),
        std::string("\xed\xa0\x80"), std::string("\xe2\x82"), std::string(1, '\0')}) {
    EXPECT_TRUE(refused("a" + bad + "@example.com"));
    EXPECT_TRUE(refused("a@exa" + bad + "mple.com"));
    EXPECT_TRUE(refused("a@example.com/r" + bad));
  }
}

TEST(Jid, EachPartHasAtMost1023Octets) {
  const std::string longest(1023, 'a');
  EXPECT_FALSE(refused(longest + "@example.com/" + longest));
  EXPECT_TRUE(refused(longest + "a@example.com"));
  EXPECT_TRUE(refused("a@example.com/a" + longest));
  std::string greek;
  while (greek.size() < 1022) greek += "\u03c0";
  EXPECT_FALSE(refused(greek + "@example.com"));
  EXPECT_TRUE(refused(greek + "\u03c0@example.com"));
  EXPECT_TRUE(refused(std::string(1 << 20, 'a') + "@example.com"));
  EXPECT_TRUE(refused("a@example.com/" + std::string(1 << 20, '\xc3')));
}

TEST(Jid, ParsingTwiceChangesNothing) {
  for (const base::Bytes in :
       {"JULIET@EXAMPLE.COM/Balcony", "\u0130stanbul@example.com", "A\u030a@example.com",
        "\uff21\uff22@example.com", "\uff76\uff9e@example.com", "a@B\u00dcCHER.example/x\u3000y",
        "a@xn--bcher-kva.example", "a@[2001:DB8:0:0::1]/x", "\u1e9e@example.com.",
        "\u03a3\u0391\u03a3@example.com", "\u05d0\u05d1@\u05d0\u05d1.example/\u05d0 a"}) {
    const std::string once = normal(in);
    ASSERT_NE(once, "(refused)") << in;
    EXPECT_EQ(normal(once), once) << in;
  }
}

TEST(Jid, EqualAddressesHaveEqualText) {
  EXPECT_EQ(normal("Juliet@Example.COM"), normal("juliet@example.com"));
  EXPECT_NE(normal("juliet@example.com/A"), normal("juliet@example.com/a"));
  EXPECT_EQ(normal("\u00e5@example.com"), normal("A\u030a@example.com"));
}

}  // namespace
}  // namespace jid
