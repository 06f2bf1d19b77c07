// RFC 3261 §19.1.4: equal_uris().
#include <gtest/gtest.h>

#include "protocols/sip/message/uri.h"

namespace sip {
namespace {

bool equal(base::Bytes a, base::Bytes b) {
  Uri first;
  Uri second;
  EXPECT_TRUE(parse_uri(a, first)) << a;
  EXPECT_TRUE(parse_uri(b, second)) << b;
  const bool answer = equal_uris(first, second);
  EXPECT_EQ(equal_uris(second, first), answer) << a << " " << b;
  return answer;
}

TEST(UriCompare, ExamplesOfTheRfcThatAreEqual) {
  EXPECT_TRUE(
      equal("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"));
  EXPECT_TRUE(equal("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"));
  EXPECT_TRUE(equal("sip:carol@chicago.com", "sip:carol@chicago.com;security=on"));
  EXPECT_TRUE(equal("sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
                    "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com"));
  EXPECT_TRUE(equal("sip:alice@atlanta.com?subject=project%20x&priority=urgent",
                    "sip:alice@atlanta.com?priority=urgent&subject=project%20x"));
}

TEST(UriCompare, ExamplesOfTheRfcThatAreNot) {
  EXPECT_FALSE(equal("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"));
  EXPECT_FALSE(equal("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"));
  EXPECT_FALSE(equal("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"));
  EXPECT_FALSE(equal("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"));
  EXPECT_FALSE(equal("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"));
  EXPECT_FALSE(equal("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"));
  EXPECT_FALSE(equal("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"));
}

TEST(UriCompare, SchemesUsersAndPasswordsCount) {
  EXPECT_FALSE(equal("sip:a@b", "sips:a@b"));
  EXPECT_FALSE(equal("sip:b", "sip:a@b"));
  EXPECT_FALSE(equal("sip:a:x@b", "sip:a@b"));
  EXPECT_FALSE(equal("sip:a:x@b", "sip:a:X@b"));
  EXPECT_FALSE(equal("sip:a%3Bb@c", "sip:a;b@c"));  // reserved: not what it is escaped from
}

TEST(UriCompare, Ipv6AddressesAreComparedAsAddresses) {
  EXPECT_TRUE(equal("sip:a@[2001:db8::1]", "sip:a@[2001:DB8:0:0:0:0:0:1]"));
  EXPECT_FALSE(equal("sip:a@[2001:db8::1]", "sip:a@[2001:db8::2]"));
}

TEST(UriCompare, NumbersAreComparedWithoutSeparators) {
  EXPECT_TRUE(equal("tel:+1-201-555-0123", "tel:+1(201)5550123"));
  EXPECT_FALSE(equal("tel:+12015550123", "tel:12015550123"));
  EXPECT_FALSE(equal("tel:7042;phone-context=a", "tel:7042;phone-context=b"));
}

TEST(UriCompare, EveryUriEqualsItself) {
  EXPECT_TRUE(equal("tel:7042;a=1;a=2", "tel:7042;a=1;a=2"));  // found by fuzzing
  EXPECT_FALSE(equal("tel:7042;a=1;a=2", "tel:7042;a=2;a=1"));
}

TEST(UriCompare, OthersAreComparedAsText) {
  EXPECT_TRUE(equal("mailto:a@b", "mailto:a@b"));
  EXPECT_FALSE(equal("mailto:a@b", "mailto:A@b"));
}

}  // namespace
}  // namespace sip
