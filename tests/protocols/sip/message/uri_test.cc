#include "protocols/sip/message/uri.h"

#include <gtest/gtest.h>

#include <string>

namespace sip {
namespace {

Uri parsed(base::Bytes text) {
  Uri out;
  EXPECT_TRUE(parse_uri(text, out)) << text;
  return out;
}

std::string record(base::Bytes text) {
  std::string out;
  EXPECT_TRUE(append_address_of_record(parsed(text), out)) << text;
  return out;
}

// RFC 3261 §19.1.3.
TEST(Uri, PartsOfASipUriAreFound) {
  const Uri uri = parsed("sips:alice:secretword@atlanta.com:5071;transport=tcp;lr?subject=x&p=y");
  EXPECT_EQ(uri.scheme, Uri::Scheme::sips);
  EXPECT_TRUE(uri.is_sip());
  EXPECT_EQ(uri.user, "alice");
  EXPECT_EQ(uri.password, "secretword");
  EXPECT_EQ(uri.host, "atlanta.com");
  EXPECT_EQ(uri.port, 5071);
  EXPECT_EQ(uri.parameters, "transport=tcp;lr");
  EXPECT_EQ(uri.headers, "subject=x&p=y");
  bool found = false;
  EXPECT_EQ(uri_parameter(uri, "Transport", found), "tcp");
  EXPECT_TRUE(found);
  EXPECT_TRUE(has_uri_parameter(uri, "LR"));
  EXPECT_FALSE(has_uri_parameter(uri, "maddr"));
}

TEST(Uri, ParametersInsideTheUserAreTheUsers) {
  const Uri uri = parsed("sip:alice;day=tuesday?x@atlanta.com");
  EXPECT_EQ(uri.user, "alice;day=tuesday?x");
  EXPECT_EQ(uri.parameters, "");
  EXPECT_FALSE(parsed("sip:atlanta.com").has_user);
  EXPECT_TRUE(parsed("sip:a:@b").has_password);
}

// RFC 5118 §4.1 to §4.3, §4.10.
TEST(Uri, Ipv6HostsStandInBrackets) {
  const Uri uri = parsed("sip:user@[2001:db8::10]:5070");
  EXPECT_EQ(uri.host, "[2001:db8::10]");
  EXPECT_EQ(uri.port, 5070);
  EXPECT_EQ(parsed("sip:[2001:db8::10]").host, "[2001:db8::10]");
  EXPECT_EQ(parsed("sip:[::ffff:192.0.2.10]").host, "[::ffff:192.0.2.10]");
  Uri out;
  EXPECT_FALSE(parse_uri("sip:[2001:db8::10", out));
  EXPECT_FALSE(parse_uri("sip:[]", out));
}

TEST(Uri, OtherSchemesAreKnownForWhatTheyAre) {
  EXPECT_EQ(parsed("tel:+1-201-555-0123;phone-context=x").user, "+1-201-555-0123");
  EXPECT_EQ(parsed("pres:juliet@example.com").scheme, Uri::Scheme::pres);
  EXPECT_EQ(parsed("im:juliet@example.com").scheme, Uri::Scheme::im);
  const Uri other = parsed("nobodyKnowsThisScheme:totallyopaquecontent");
  EXPECT_EQ(other.scheme, Uri::Scheme::other);
  EXPECT_EQ(other.scheme_name, "nobodyKnowsThisScheme");
  EXPECT_FALSE(other.is_sip());
}

TEST(Uri, MalformedOnesAreRefused) {
  for (const base::Bytes text : {"",
                                 ":",
                                 "sip",
                                 "sip:",
                                 ":a@b",
                                 "1sip:a",
                                 "s ip:a@b",
                                 "sip:@host",
                                 "sip::x@host",
                                 "sip:a@",
                                 "sip:a@b@c",
                                 "sip:a@b:",
                                 "sip:a@b:0",
                                 "sip:a@b:65536",
                                 "sip:a@b:5o60",
                                 "sip:a@b;",
                                 "sip:a@b;;lr",
                                 "sip:a@b;=x",
                                 "sip:a@b;a=%4",
                                 "sip:a%4@b",
                                 "sip:a%zz@b",
                                 "sip:a@b?",
                                 "sip:a@b?=x",
                                 "sip:a@b?x=y&",
                                 "sip:a b@c",
                                 "sip:a@b c",
                                 "sip:a\"@b",
                                 "sip:a@b/c",
                                 "tel:",
                                 "tel:+",
                                 "tel:---",
                                 "tel:12x45",
                                 "tel:1;",
                                 "pres:alice",
                                 "pres:@host",
                                 "im:a@b:5060",
                                 "http://a b",
                                 "sip:a@b?x<y"}) {
    Uri out;
    EXPECT_FALSE(parse_uri(text, out)) << text;
  }
}

TEST(Uri, ParametersBeyondTheLimitAreMalformed) {
  std::string text = "sip:a@b";
  for (uint32_t i = 0; i < 64; ++i) text += ";a";
  Uri out;
  EXPECT_TRUE(parse_uri(text, out));
  EXPECT_FALSE(parse_uri(text + ";a", out));
}

// RFC 3261 §10.3; RFC 4475 §3.1.1.3: escapes, NUL among them.
TEST(Uri, AddressesOfRecordAreCanonical) {
  EXPECT_EQ(record("sip:Alice@EXAMPLE.com:5060;transport=tcp?x=y"), "Alice@example.com");
  EXPECT_EQ(record("sips:%41lice:pw@example.com"), "Alice@example.com");
  EXPECT_EQ(record("pres:Alice@example.com"), "Alice@example.com");
  EXPECT_EQ(record("sip:Example.com"), "example.com");
  EXPECT_EQ(record("tel:+1-201-555-0123"), "+12015550123");
  EXPECT_EQ(record("tel:(201)555.0123;phone-context=x"), "2015550123");
  EXPECT_EQ(record("sip:null-%00-null@example.com"), std::string("null-\0-null@example.com", 23));
  std::string out;
  EXPECT_FALSE(append_address_of_record(parsed("mailto:a@b"), out));
}

TEST(Uri, EveryUserSurvivesEscapingAndBack) {
  std::string all;
  for (int c = 0; c < 256; ++c) all.push_back(static_cast<char>(c));
  std::string escaped;
  escape_user(all, escaped);
  const std::string text = "sip:" + escaped + "@example.com";
  const Uri uri = parsed(text);
  std::string back;
  ASSERT_TRUE(unescape(uri.user, back));
  EXPECT_EQ(back, all);
}

// RFC 7247's vectors that concern SIP's side alone.
TEST(Uri, UsersAreEscapedAsPeersDo) {
  std::string out;
  escape_user("f\xc3\xbc", out);
  EXPECT_EQ(out, "f%C3%BC");
  out.clear();
  escape_user("o'malley", out);
  EXPECT_EQ(out, "o'malley");
  out.clear();
  escape_user("m&m", out);
  EXPECT_EQ(out, "m&m");
}

TEST(Uri, MalformedEscapesAreNotDecoded) {
  std::string out;
  for (const base::Bytes text : {"%", "%4", "a%", "%g0", "%0g"}) {
    EXPECT_FALSE(unescape(text, out)) << text;
  }
}

TEST(Uri, ParametersAreTakenOneByOne) {
  base::Bytes rest = "a;b=c;d=";
  base::Bytes name;
  base::Bytes value;
  std::string out;
  while (next_uri_parameter(rest, name, value)) out.append(name).append("=").append(value) += ' ';
  EXPECT_EQ(out, "a= b=c d= ");
}

}  // namespace
}  // namespace sip
