#include "engine/base/digest.h"

#include <gtest/gtest.h>

#include <string>

namespace {

using base::HashKind;

std::string hex(const base::Digest& digest) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : digest.view()) {
    out.push_back(kDigits[static_cast<unsigned char>(c) >> 4]);
    out.push_back(kDigits[static_cast<unsigned char>(c) & 15]);
  }
  return out;
}

std::string unhex(const std::string& text) {
  std::string out;
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    out.push_back(static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16)));
  }
  return out;
}

TEST(Digest, HashesOfTheStandardExamples) {  // FIPS 180-4
  EXPECT_EQ(hex(base::hash(HashKind::md5, "abc")), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(hex(base::hash(HashKind::sha1, "abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(hex(base::hash(HashKind::sha256, "abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(base::hash(HashKind::sha1, "")), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
}

TEST(Digest, HmacOfRfc4231AndRfc2202) {
  const std::string key(20, '\x0b');
  EXPECT_EQ(hex(base::hmac(HashKind::sha256, key, "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex(base::hmac(HashKind::sha1, key, "Hi There")),
            "b617318655057264e28bc0b6fb378c8ef146be00");
  EXPECT_EQ(hex(base::hmac(HashKind::sha256, "Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  // A key longer than a block is hashed first.
  EXPECT_EQ(hex(base::hmac(HashKind::sha256, std::string(131, '\xaa'),
                           "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Digest, HmacWithAnEmptyKeyDoesNotReuseTheLastOne) {
  const auto empty = hex(base::hmac(HashKind::sha256, {}, {}));
  (void)base::hmac(HashKind::sha256, "another key", "data");
  EXPECT_EQ(hex(base::hmac(HashKind::sha256, {}, {})), empty);
  EXPECT_EQ(empty, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Digest, Pbkdf2OfRfc6070AndRfc7914) {
  EXPECT_EQ(hex(base::pbkdf2(HashKind::sha1, "password", "salt", 1)),
            "0c60c80f961f0e71f3a9b524af6012062fe037a6");
  EXPECT_EQ(hex(base::pbkdf2(HashKind::sha1, "password", "salt", 2)),
            "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957");
  EXPECT_EQ(hex(base::pbkdf2(HashKind::sha1, "password", "salt", 4096)),
            "4b007901b765489abead49d926f721d065a429c1");
  // RFC 7914 §11 asks for 64 octets; the first 32 are the first block, which is ours.
  EXPECT_EQ(hex(base::pbkdf2(HashKind::sha256, "passwd", "salt", 1)),
            "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc");
}

// A whole SCRAM exchange from its RFC: what the server would check and answer.
struct ScramExample {
  HashKind kind;
  std::string salt;
  std::string auth_message;
  std::string client_proof;
  std::string server_signature;
};

void expect_exchange(const ScramExample& example) {
  const auto salted = base::pbkdf2(example.kind, "pencil", unhex(example.salt), 4096);
  const auto client_key = base::hmac(example.kind, salted.view(), "Client Key");
  const auto stored_key = base::hash(example.kind, client_key.view());
  const auto client_signature = base::hmac(example.kind, stored_key.view(), example.auth_message);
  base::Digest proof = client_key;
  for (size_t i = 0; i < proof.length; ++i) proof.octets[i] ^= client_signature.octets[i];
  EXPECT_EQ(hex(proof), example.client_proof);
  const auto server_key = base::hmac(example.kind, salted.view(), "Server Key");
  EXPECT_EQ(hex(base::hmac(example.kind, server_key.view(), example.auth_message)),
            example.server_signature);
}

TEST(Digest, ScramSha1ExampleOfRfc5802) {
  expect_exchange({HashKind::sha1, "4125c247e43ab1e93c6dff76",
                   "n=user,r=fyko+d2lbbFgONRv9qkxdawL,"
                   "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096,"
                   "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j",
                   "bf45fcbf7073d93d022466c94321745fe1c8e13b",
                   "ae617da6a57c4bbb2e0286568dae1d251905b0a4"});
}

TEST(Digest, ScramSha256ExampleOfRfc7677) {
  expect_exchange({HashKind::sha256, "5b6d99689d12358eeca04b141236fa81",
                   "n=user,r=rOprNGfwEbeRWgbNEkqO,"
                   "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                   "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"
                   "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
                   "747cdb65aa56224e2352137e52d7bdcad6a0f738df30782caa69a2cfb0277554",
                   "eabae24d1062db75a9451ff0b6ea7e98c8546549ff741e672d3251b2397de46e"});
}

TEST(Digest, EqualOnlyWhenLengthAndContentAre) {
  EXPECT_TRUE(base::equal_in_constant_time("", ""));
  EXPECT_TRUE(base::equal_in_constant_time("abc", "abc"));
  EXPECT_FALSE(base::equal_in_constant_time("abc", "abd"));
  EXPECT_FALSE(base::equal_in_constant_time("abc", "abcd"));
  EXPECT_FALSE(base::equal_in_constant_time("abc", ""));
}

}  // namespace
