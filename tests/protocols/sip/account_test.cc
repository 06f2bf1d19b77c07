#include "protocols/sip/account.h"

#include <gtest/gtest.h>

namespace sip {
namespace {

std::string account_of(base::Bytes text) {
  im::Options im;
  im.domains = {"first.example", "second.example"};
  sip::Options sip;
  sip.hosts = {"192.0.2.1", "[2001:db8::1]", "node.example"};
  sip::Uri uri;
  EXPECT_TRUE(sip::parse_uri(text, uri));
  std::string found;
  return find_account(uri, im, sip, found) ? found : "";
}

TEST(Account, OfADomainThatIsServed) {
  EXPECT_EQ(account_of("sip:bob@second.example"), "bob@second.example");
  EXPECT_EQ(account_of("sip:bob@Second.example:5070;transport=tcp;gr=x"), "bob@second.example/x");
}

TEST(Account, OfAnotherNameOfTheNodeIsTheFirstDomains) {
  EXPECT_EQ(account_of("sip:bob@192.0.2.1:5060"), "bob@first.example");
  EXPECT_EQ(account_of("sip:bob@[2001:db8::1];gr=x"), "bob@first.example/x");
  EXPECT_EQ(account_of("sip:bob@Node.example"), "bob@first.example");
}

TEST(Account, ARedirectionNamesUsersOfOtherDomainsWhole) {
  EXPECT_EQ(account_of("sip:bob%40second.example@192.0.2.1;gr=x"), "bob@second.example/x");
  EXPECT_EQ(account_of("sip:bob%40work%40second.example@192.0.2.1"), "bob\\40work@second.example");
  EXPECT_EQ(account_of("sip:bob%40work@192.0.2.1"), "bob\\40work@first.example");
  EXPECT_EQ(account_of("sip:bob%40first.example@second.example"),
            "bob\\40first.example@second.example");
}

TEST(Account, OfNobodyHere) {
  EXPECT_EQ(account_of("sip:bob@other.example"), "");
  EXPECT_EQ(account_of("sip:first.example"), "");
  EXPECT_EQ(account_of("sip:192.0.2.1"), "");
  EXPECT_EQ(account_of("sips:bob@first.example"), "");
  EXPECT_EQ(account_of("tel:+1"), "");
}

}  // namespace
}  // namespace sip
