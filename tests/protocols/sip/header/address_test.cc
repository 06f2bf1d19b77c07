#include "protocols/sip/header/address.h"

#include <gtest/gtest.h>

#include "tests/protocols/sip/header/with_fields.h"

namespace sip {
namespace {

Address parsed(base::Bytes value) {
  Address out;
  EXPECT_TRUE(parse_address(value, out)) << value;
  return out;
}

std::string name_of(base::Bytes value) {
  std::string out;
  append_display_name(parsed(value), out);
  return out;
}

TEST(Address, FormsOfRfc3261AreRead) {
  const Address quoted = parsed("\"A. G. Bell\" <sip:agb@bell-telephone.com> ;tag=a48s");
  EXPECT_EQ(quoted.display_name, "A. G. Bell");
  EXPECT_EQ(quoted.uri, "sip:agb@bell-telephone.com");
  EXPECT_EQ(quoted.tag, "a48s");
  EXPECT_TRUE(quoted.bracketed);
  const Address words = parsed("Anonymous Caller  <sip:c8oqz84zk7z@privacy.org>;tag=hyh8");
  EXPECT_EQ(words.display_name, "Anonymous Caller");
  EXPECT_EQ(words.tag, "hyh8");
  EXPECT_EQ(parsed("<sip:a@b>").tag, "");
  EXPECT_EQ(parsed("sip:a@b").uri, "sip:a@b");
}

// §20: without brackets what follows belongs to the header, with them to the URI.
TEST(Address, ParametersOfABareUriAreTheHeaders) {
  const Address bare = parsed("sip:+12125551212@phone2net.com;tag=887s;x=\"a;b\"");
  EXPECT_EQ(bare.uri, "sip:+12125551212@phone2net.com");
  EXPECT_EQ(bare.tag, "887s");
  EXPECT_FALSE(bare.bracketed);
  const Address inside = parsed("<sip:a@b;tag=no>");
  EXPECT_EQ(inside.uri, "sip:a@b;tag=no");
  EXPECT_EQ(inside.tag, "");
}

// RFC 4475 §3.1.1.1, §3.1.1.6: escapes and no space in front of the bracket.
TEST(Address, DisplayNamesAreUnescaped) {
  EXPECT_EQ(name_of("\"J Rosenberg \\\\\\\"\"  <sip:j@example.com>"), "J Rosenberg \\\"");
  EXPECT_EQ(name_of("caller<sip:caller@example.com>;tag=323"), "caller");
  EXPECT_EQ(name_of("\"\"<sip:a@b>"), "");
  EXPECT_EQ(name_of("two\r\n words <sip:a@b>"), "two words");
  EXPECT_EQ(name_of("J\xc3\xb6rg <sip:a@b>"), "J\xc3\xb6rg");
}

TEST(Address, MalformedOnesAreRefused) {
  for (const base::Bytes value : {"",
                                  " ",
                                  "<>",
                                  "<sip:a@b",
                                  "\"Bell <sip:a@b>",
                                  "Bell sip:a@b",
                                  "<sip:a@b> x",
                                  "sip:",
                                  "a@b",
                                  "<sip:a b@c>",
                                  "\"Bell\" sip:a@b",
                                  "<sip:a@b>;",
                                  "<sip:a@b>;=1",
                                  "<sip:a@b>;tag=",
                                  "<sip:a@b>;tag",
                                  "<sip:a@b>;tag=\"a b\"",
                                  "sip:a@b?Route=x",
                                  "<4x:a@b>",
                                  "<sip:a@b>,<sip:c@d>",
                                  "Bell, <sip:a@b>"}) {
    Address out;
    EXPECT_FALSE(parse_address(value, out)) << value;
  }
}

TEST(Address, FromAndToComeFromTheirOwnFields) {
  WithFields one("t: <sip:b@b>\r\nf: <sip:a@a>;tag=1\r\n");
  Address out;
  ASSERT_EQ(read_from(one.message, out), Read::ok);
  EXPECT_EQ(out.uri, "sip:a@a");
  ASSERT_EQ(read_to(one.message, out), Read::ok);
  EXPECT_EQ(out.uri, "sip:b@b");
  WithFields none("Via: x\r\nTo: <broken\r\n");
  EXPECT_EQ(read_from(none.message, out), Read::absent);
  EXPECT_EQ(read_to(none.message, out), Read::malformed);
}

TEST(Contact, ExpiresAndPreferenceAreRead) {
  Contact out;
  ASSERT_TRUE(parse_contact("<sip:a@b>;q=0.75;expires=3600", out));
  EXPECT_EQ(out.q, 750);
  EXPECT_TRUE(out.has_expires);
  EXPECT_EQ(out.expires, 3600u);
  ASSERT_TRUE(parse_contact("sip:a@b", out));
  EXPECT_EQ(out.q, 1000);
  EXPECT_FALSE(out.has_expires);
  ASSERT_TRUE(parse_contact("*", out));
  EXPECT_TRUE(out.star);
}

// §10.3: a malformed expires counts as none given; so does one that is too large.
TEST(Contact, ExpiresBeyondReasonCountsAsNoneGiven) {
  Contact out;
  ASSERT_TRUE(parse_contact("<sip:a@b>;expires=280297596632815", out));
  EXPECT_FALSE(out.has_expires);
  ASSERT_TRUE(parse_contact("<sip:a@b>;expires=soon", out));
  EXPECT_FALSE(out.has_expires);
}

TEST(Contact, PreferenceOutsideItsRangeIsRefused) {
  Contact out;
  for (const base::Bytes q : {"1.001", "2", "0.1234", ".5", "0,5", "-1", "0.x", "10"}) {
    EXPECT_FALSE(parse_contact("<sip:a@b>;q=" + std::string(q), out)) << q;
  }
  for (const base::Bytes q : {"0", "0.", "0.000", "1", "1.000"}) {
    EXPECT_TRUE(parse_contact("<sip:a@b>;q=" + std::string(q), out)) << q;
  }
}

TEST(Contact, ADialogHasExactlyOne) {
  Contact out;
  EXPECT_EQ(read_only_contact(WithFields("m: <sip:a@b>\r\n").message, out), Read::ok);
  EXPECT_EQ(read_only_contact(WithFields("To: x\r\n").message, out), Read::absent);
  EXPECT_EQ(read_only_contact(WithFields("m: *\r\n").message, out), Read::malformed);
  EXPECT_EQ(read_only_contact(WithFields("m:\r\n").message, out), Read::malformed);
  EXPECT_EQ(read_only_contact(WithFields("m: <sip:a@b>, <sip:c@d>\r\n").message, out),
            Read::malformed);
  EXPECT_EQ(read_only_contact(WithFields("m: <sip:a@b>\r\nm: <sip:c@d>\r\n").message, out),
            Read::malformed);
}

TEST(Address, RouteSetIsReadOverLinesAndCommas) {
  WithFields one("Route: <sip:p1;lr>, <sip:p2;lr>\r\nRoute: <sip:p3;lr>\r\n");
  ListReader list(one.message, HeaderId::route);
  Address out;
  std::string uris;
  while (next_address(list, out) == Read::ok) uris.append(out.uri).append(" ");
  EXPECT_EQ(uris, "sip:p1;lr sip:p2;lr sip:p3;lr ");
  EXPECT_EQ(next_address(list, out), Read::absent);
  WithFields empty("Route: <sip:p1;lr>,,<sip:p2;lr>\r\n");
  ListReader gap(empty.message, HeaderId::route);
  EXPECT_EQ(next_address(gap, out), Read::ok);
  EXPECT_EQ(next_address(gap, out), Read::malformed);
}

}  // namespace
}  // namespace sip
