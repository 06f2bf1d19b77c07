#include "protocols/sip/header/digest.h"

#include <gtest/gtest.h>

#include "tests/protocols/sip/header/with_fields.h"

namespace sip {
namespace {

const std::string kBob =
    "Digest username=\"bob\", realm=\"biloxi.com\", nonce=\"dcd98b7102dd\", "
    "uri=\"sip:bob@biloxi.com\", qop=auth, nc=0000001f, cnonce=\"0a4f113b\", "
    "response=\"6629fae49393a05397450978507c4ef1\", opaque=\"5ccc069c403ebaf9\"";

std::string with(base::Bytes what, base::Bytes instead) {
  std::string text = kBob;
  const size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), instead);
}

Read read(base::Bytes value) {
  DigestCredentials out;
  return parse_credentials(value, out);
}

// RFC 3261 §22.4.
TEST(Digest, CredentialsAreRead) {
  DigestCredentials out;
  ASSERT_EQ(parse_credentials(kBob, out), Read::ok);
  EXPECT_EQ(out.username, "bob");
  EXPECT_EQ(out.realm, "biloxi.com");
  EXPECT_EQ(out.uri, "sip:bob@biloxi.com");
  EXPECT_EQ(out.qop, "auth");
  EXPECT_EQ(out.nonce_count, 31u);
  EXPECT_EQ(out.nonce_count_text, "0000001f");
  EXPECT_EQ(out.algorithm, DigestAlgorithm::md5);
}

TEST(Digest, AlgorithmsAreToldApart) {
  DigestCredentials out;
  ASSERT_EQ(parse_credentials(kBob + ",algorithm=SHA-256", out), Read::ok);
  EXPECT_EQ(out.algorithm, DigestAlgorithm::sha256);
  ASSERT_EQ(parse_credentials(kBob + " , algorithm = md5", out), Read::ok);
  EXPECT_EQ(out.algorithm, DigestAlgorithm::md5);
  ASSERT_EQ(parse_credentials(kBob + ",algorithm=MD5-sess", out), Read::ok);
  EXPECT_EQ(out.algorithm, DigestAlgorithm::other);
  EXPECT_EQ(wire_name(DigestAlgorithm::md5), "MD5");
  EXPECT_EQ(wire_name(DigestAlgorithm::sha256), "SHA-256");
}

// RFC 4475 §3.3.7: an unknown scheme is not ours to read.
TEST(Digest, AnotherSchemeCountsAsNone) {
  EXPECT_EQ(read("NoOneKnowsThisScheme opaque-data=here"), Read::absent);
  EXPECT_EQ(read("Basic YTpi"), Read::absent);
}

TEST(Digest, WhatMustBeThereMustBeThere) {
  EXPECT_EQ(read(with("username=\"bob\", ", "")), Read::malformed);
  EXPECT_EQ(read(with("realm=\"biloxi.com\", ", "")), Read::malformed);
  EXPECT_EQ(read(with("nonce=\"dcd98b7102dd\", ", "")), Read::malformed);
  EXPECT_EQ(read(with("uri=\"sip:bob@biloxi.com\", ", "")), Read::malformed);
  EXPECT_EQ(read(with("response=\"6629fae49393a05397450978507c4ef1\", ", "")), Read::malformed);
  EXPECT_EQ(read(with("nc=0000001f, ", "")), Read::malformed);
  EXPECT_EQ(read(with("cnonce=\"0a4f113b\", ", "")), Read::malformed);
  // RFC 2069's way has none of the three.
  EXPECT_EQ(read(with("qop=auth, nc=0000001f, cnonce=\"0a4f113b\", ", "")), Read::ok);
}

TEST(Digest, MalformedCredentialsAreRefused) {
  EXPECT_EQ(read(with("0000001f", "1f")), Read::malformed);
  EXPECT_EQ(read(with("0000001f", "0000001g")), Read::malformed);
  EXPECT_EQ(read(with("0000001f", "000000001f")), Read::malformed);
  EXPECT_EQ(read(with("realm=\"biloxi.com\"", "realm=\"biloxi.com")), Read::malformed);
  EXPECT_EQ(read(with("qop=auth,", "qop,")), Read::malformed);
  EXPECT_EQ(read(kBob + ","), Read::malformed);
  EXPECT_EQ(read(kBob + " x"), Read::malformed);
  EXPECT_EQ(read("Digest"), Read::malformed);
  EXPECT_EQ(read("Digest,"), Read::malformed);
  EXPECT_EQ(read(""), Read::malformed);
}

// Two readers could take different ones.
TEST(Digest, NothingIsGivenTwice) {
  for (const base::Bytes twice : {"username=\"eve\"", "realm=\"x\"", "nonce=\"x\"", "uri=\"x\"",
                                  "response=\"x\"", "cnonce=\"x\"", "qop=auth", "nc=00000001"}) {
    EXPECT_EQ(read(kBob + ", " + std::string(twice)), Read::malformed) << twice;
  }
}

TEST(Digest, CredentialsOfTheRealmAreFoundAmongOthers) {
  WithFields one("Authorization: Basic YTpi\r\nAuthorization: " + with("biloxi.com\"", "x\"") +
                 "\r\nAuthorization: " + with("username=\"bob\"", "username=\"carol\"") + "\r\n");
  DigestCredentials out;
  ASSERT_EQ(read_credentials(one.message, HeaderId::authorization, "biloxi.com", out), Read::ok);
  EXPECT_EQ(out.username, "carol");
  EXPECT_EQ(read_credentials(one.message, HeaderId::authorization, "y", out), Read::absent);
  EXPECT_EQ(read_credentials(one.message, HeaderId::proxy_authorization, "x", out), Read::absent);
}

TEST(Digest, RealmIsComparedAsWhatItMeans) {
  WithFields one("Authorization: " + with("realm=\"biloxi.com\"", "realm=\"a\\\"b\"") + "\r\n");
  DigestCredentials out;
  EXPECT_EQ(read_credentials(one.message, HeaderId::authorization, "a\"b", out), Read::ok);
  EXPECT_EQ(read_credentials(one.message, HeaderId::authorization, "a\\\"b", out), Read::absent);
}

// §20.44.
TEST(Digest, ChallengesAreRead) {
  DigestChallenge out;
  ASSERT_EQ(parse_challenge("Digest realm=\"atlanta.com\", domain=\"sip:boxesbybob.com\", "
                            "qop=\"auth-int,auth\", nonce=\"f84f1cec\", opaque=\"\", stale=TRUE, "
                            "algorithm=SHA-256",
                            out),
            Read::ok);
  EXPECT_EQ(out.realm, "atlanta.com");
  EXPECT_EQ(out.nonce, "f84f1cec");
  EXPECT_TRUE(out.stale);
  EXPECT_TRUE(out.offers_auth);
  EXPECT_EQ(out.algorithm, DigestAlgorithm::sha256);
  ASSERT_EQ(parse_challenge("Digest realm=\"\", nonce=\"1\", qop=\"auth-int\"", out), Read::ok);
  EXPECT_FALSE(out.offers_auth);
  EXPECT_FALSE(out.stale);
  EXPECT_EQ(parse_challenge("Digest realm=\"a\"", out), Read::malformed);
  EXPECT_EQ(parse_challenge("Negotiate", out), Read::absent);
}

}  // namespace
}  // namespace sip
