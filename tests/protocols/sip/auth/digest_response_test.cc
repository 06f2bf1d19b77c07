#include "protocols/sip/auth/digest_response.h"

#include <gtest/gtest.h>

namespace sip {
namespace {

// RFC 7616 §3.9.1.
constexpr base::Bytes kHead =
    "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", uri=\"/dir/index.html\", "
    "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", nc=00000001, "
    "cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", qop=auth, ";
constexpr base::Bytes kPassword = "Circle of Life";

DigestCredentials credentials(const std::string& text) {
  DigestCredentials out;
  EXPECT_EQ(parse_credentials(text, out), Read::ok);
  return out;
}

std::string key(DigestAlgorithm algorithm, base::Bytes password = kPassword) {
  return digest_key(algorithm, "Mufasa", "http-auth@example.org", password);
}

TEST(DigestResponse, IsThatOfTheRfc) {
  const std::string md5 =
      std::string(kHead) + "algorithm=MD5, response=\"8ca523f5e9506fed4657c9700eebdbec\"";
  EXPECT_TRUE(proves(credentials(md5), key(DigestAlgorithm::md5), "GET"));
  const std::string sha256 = std::string(kHead) +
                             "algorithm=SHA-256, response="
                             "\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\"";
  EXPECT_TRUE(proves(credentials(sha256), key(DigestAlgorithm::sha256), "GET"));
}

TEST(DigestResponse, OfAnotherPasswordMethodOrAlgorithmProvesNothing) {
  const std::string text =
      std::string(kHead) + "algorithm=MD5, response=\"8ca523f5e9506fed4657c9700eebdbec\"";
  const DigestCredentials given = credentials(text);
  EXPECT_FALSE(proves(given, key(DigestAlgorithm::md5, "Circle of life"), "GET"));
  EXPECT_FALSE(proves(given, key(DigestAlgorithm::md5), "POST"));
  EXPECT_FALSE(proves(given, key(DigestAlgorithm::sha256), "GET"));
  DigestCredentials shorter = given;
  shorter.response = given.response.substr(1);
  EXPECT_FALSE(proves(shorter, key(DigestAlgorithm::md5), "GET"));
}

TEST(DigestResponse, CountsWhatQuotedValuesMean) {
  const std::string plain = std::string(kHead) + "algorithm=MD5, response=\"0\"";
  std::string escaped = plain;
  escaped.replace(escaped.find("f2/w"), 4, "\\f2/w");
  const std::string secret = key(DigestAlgorithm::md5);
  EXPECT_EQ(digest_response(credentials(escaped), secret, "GET"),
            digest_response(credentials(plain), secret, "GET"));
}

}  // namespace
}  // namespace sip
