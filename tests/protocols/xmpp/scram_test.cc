// SCRAM as pure steps, against the examples of its RFCs and against clients that cheat.
#include "protocols/xmpp/sasl/scram.h"

#include <gtest/gtest.h>

#include "protocols/xmpp/sasl/plain.h"
#include "tests/protocols/xmpp/support/dialogue.h"

namespace xmpp_test {
namespace {

using xmpp::sasl::ChannelBindings;
using xmpp::sasl::Mechanism;
using xmpp::sasl::Scram;
using xmpp::sasl::Step;

im::ScramKeys keys_for(base::HashKind kind, base::Bytes password, base::Bytes salt,
                       uint32_t iterations) {
  const base::Digest salted = base::pbkdf2(kind, password, salt, iterations);
  const base::Digest client = base::hmac(kind, salted.view(), "Client Key");
  im::ScramKeys keys;
  keys.salt = salt;
  keys.iterations = iterations;
  keys.stored_key = base::hash(kind, client.view()).view();
  keys.server_key = base::hmac(kind, salted.view(), "Server Key").view();
  return keys;
}

TEST(Scram, TheExampleOfRfc5802Works) {
  Scram scram(Mechanism::scram_sha1, false);
  ASSERT_EQ(scram.client_first("n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL", {}), Step::ok);
  EXPECT_EQ(scram.username(), "user");
  const auto keys =
      keys_for(base::HashKind::sha1, "pencil", unbase64("QSXCR+Q6sek8bf92"), 4096);
  EXPECT_EQ(scram.server_first(keys, true, "3rfcNHYJY1ZVvWVs7j", ""),
            "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096");
  ASSERT_EQ(scram.client_final("c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,"
                               "p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts="),
            Step::ok);
  EXPECT_EQ(scram.server_final(), "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=");
}

TEST(Scram, TheExampleOfRfc7677Works) {
  Scram scram(Mechanism::scram_sha256, false);
  ASSERT_EQ(scram.client_first("n,,n=user,r=rOprNGfwEbeRWgbNEkqO", {}), Step::ok);
  const auto keys =
      keys_for(base::HashKind::sha256, "pencil", unbase64("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096);
  EXPECT_EQ(scram.server_first(keys, true, "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0", ""),
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,"
            "i=4096");
  ASSERT_EQ(scram.client_final("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                               "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="),
            Step::ok);
  EXPECT_EQ(scram.server_final(), "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
}

// The example of XEP-0474 §5.3; 'THIS IS FAKE CB DATA' is its channel binding.
TEST(Scram, TheExampleOfXep0474Works) {
  ChannelBindings bindings;
  bindings.exporter = "THIS IS FAKE CB DATA";
  bindings.server_end_point = "x";
  const auto set = xmpp::sasl::bit(Mechanism::scram_sha1) |
                   xmpp::sasl::bit(Mechanism::scram_sha1_plus);
  const std::string hash = xmpp::sasl::downgrade_hash(
      base::HashKind::sha1, static_cast<xmpp::sasl::MechanismSet>(set), bindings);
  EXPECT_EQ(hash, "G6k/rBLDqgOhRRaCuuatSDFkJ08=");
  Scram scram(Mechanism::scram_sha1_plus, true);
  const std::string nonce = "12C4CD5C-E38E-4A98-8F6D-15C38F51CCC6";
  const std::string ours = "a09117a6-ac50-4f2f-93f1-93799c2bddf6";
  ASSERT_EQ(scram.client_first("p=tls-exporter,,n=user,r=" + nonce, bindings), Step::ok);
  const auto keys =
      keys_for(base::HashKind::sha1, "pencil", unbase64("QSXCR+Q6sek8bf92"), 4096);
  scram.server_first(keys, true, ours, hash);
  ASSERT_EQ(scram.client_final("c=cD10bHMtZXhwb3J0ZXIsLFRISVMgSVMgRkFLRSBDQiBEQVRB,r=" + nonce +
                               ours + ",x=19C6532F-1CF4-4A27-A18D-DC9CEA41BBB3,"
                               "p=M/SIDjT+dfcxUh89jZEypRvFxB4="),
            Step::ok);
  EXPECT_EQ(scram.server_final(), "v=MQrMPvv7yv4x4Cq4W4Ih25EqS2c=");
}

TEST(Scram, DowngradeHashWithoutChannelBindingIsOfTheMechanismsAlone) {
  const auto set = static_cast<xmpp::sasl::MechanismSet>(
      xmpp::sasl::bit(Mechanism::plain) | xmpp::sasl::bit(Mechanism::scram_sha1));
  EXPECT_EQ(xmpp::sasl::downgrade_hash(base::HashKind::sha256, set, {}),
            base64(base::hash(base::HashKind::sha256, "PLAIN\x1eSCRAM-SHA-1").view()));
}

struct FirstCase {
  const char* message;
  Mechanism mechanism;
  bool plus_offered;
  Step step;
};

TEST(Scram, FirstMessagesAreHeldToTheGrammar) {
  ChannelBindings bindings;
  bindings.server_end_point = "hash";
  const auto plain = Mechanism::scram_sha256;
  const auto plus = Mechanism::scram_sha256_plus;
  const FirstCase cases[] = {
      {"n,,n=a,r=b", plain, false, Step::ok},
      {"n,,n=a,r=b,x=1", plain, false, Step::ok},
      {"n,a=a,n=a,r=b", plain, false, Step::ok},
      {"y,,n=a,r=b", plain, false, Step::ok},
      {"p=tls-server-end-point,,n=a,r=b", plus, true, Step::ok},
      {"", plain, false, Step::malformed},
      {"n", plain, false, Step::malformed},
      {"n,", plain, false, Step::malformed},
      {"n,,", plain, false, Step::malformed},
      {"n,,n=a", plain, false, Step::malformed},
      {"n,,n=a,r=", plain, false, Step::malformed},
      {"n,,n=,r=b", plain, false, Step::malformed},
      {"n,,r=b,n=a", plain, false, Step::malformed},
      {"n,,n=a,r=b,", plain, false, Step::malformed},
      {"n,,n=a,r=b,1=x", plain, false, Step::malformed},
      {"n,,n=a,r=b,x=", plain, false, Step::malformed},
      {"n,,n=a,r=b c", plain, false, Step::malformed},
      {"n,,n=a,r=b\x7f", plain, false, Step::malformed},
      {"n,,m=ext,n=a,r=b", plain, false, Step::malformed},
      {"n,,n=a,r=b,m=ext", plain, false, Step::malformed},
      {"n,,n=a=,r=b", plain, false, Step::malformed},
      {"n,,n=a=2c,r=b", plain, false, Step::malformed},
      {"n,,n=a=2,r=b", plain, false, Step::malformed},
      {"n,a=,n=a,r=b", plain, false, Step::malformed},
      {"n,b=a,n=a,r=b", plain, false, Step::malformed},
      {"x,,n=a,r=b", plain, false, Step::malformed},
      {"p=,,n=a,r=b", plus, true, Step::malformed},
      {"p=tls unique,,n=a,r=b", plus, true, Step::malformed},
      // TRUST X22, X23: flags that do not go with the mechanism, and the stripped list.
      {"y,,n=a,r=b", plain, true, Step::not_authorized},
      {"n,,n=a,r=b", plus, true, Step::malformed},
      {"y,,n=a,r=b", plus, true, Step::malformed},
      {"p=tls-server-end-point,,n=a,r=b", plain, true, Step::malformed},
      {"p=tls-unique,,n=a,r=b", plus, true, Step::not_authorized},
      {"p=tls-exporter,,n=a,r=b", plus, true, Step::not_authorized},   // not offered here
  };
  for (const FirstCase& c : cases) {
    Scram scram(c.mechanism, c.plus_offered);
    EXPECT_EQ(scram.client_first(c.message, bindings), c.step) << c.message;
  }
  Scram scram(plain, false);
  EXPECT_EQ(scram.client_first(base::Bytes("n,,n=a\0b,r=c", 12), {}), Step::malformed);
}

TEST(Scram, EscapedNamesAreUnescaped) {
  Scram scram(Mechanism::scram_sha1, false);
  ASSERT_EQ(scram.client_first("n,a=x=2Cy,n=a=3Db=2Cc,r=n", {}), Step::ok);
  EXPECT_EQ(scram.username(), "a=b,c");
  EXPECT_EQ(scram.authzid(), "x,y");
}

TEST(Scram, FinalMessagesAreHeldToTheExchange) {
  ScramClient client;
  const auto keys = keys_for(base::HashKind::sha256, "wonderland", "0123456789abcdef", 4);
  std::string server_first;
  const auto begin = [&] {
    auto scram = std::make_unique<Scram>(Mechanism::scram_sha256, false);
    EXPECT_EQ(scram->client_first(client.first(), {}), Step::ok);
    server_first = scram->server_first(keys, true, "server", "aGFzaA==");
    return scram;
  };
  auto scram = begin();
  const std::string good = client.final(server_first);
  EXPECT_EQ(scram->client_final(good), Step::ok);
  EXPECT_EQ(scram->server_final(), "v=" + client.server_signature);

  const auto replaced = [&](base::Bytes what, base::Bytes by) {
    std::string text = good;
    text.replace(text.find(what), what.size(), by);
    return text;
  };
  EXPECT_EQ(begin()->client_final(replaced("r=clientnonceserver", "r=clientnonceServer")),
            Step::not_authorized);
  EXPECT_EQ(begin()->client_final(replaced("r=clientnonceserver", "r=clientnonce")),
            Step::not_authorized);
  EXPECT_EQ(begin()->client_final(replaced("c=biws", "c=eSws")), Step::not_authorized);
  EXPECT_EQ(begin()->client_final(replaced("c=biws", "c=biw")), Step::malformed);
  EXPECT_EQ(begin()->client_final(replaced("c=biws,", "")), Step::malformed);
  EXPECT_EQ(begin()->client_final(replaced(",p=", ",p=AA")), Step::malformed);
  EXPECT_EQ(begin()->client_final(replaced(",p=", ",m=x,p=")), Step::malformed);
  EXPECT_EQ(begin()->client_final(good.substr(0, good.find(",p="))), Step::malformed);
  EXPECT_EQ(begin()->client_final("c=biws,r=clientnonceserver,p=AAAA"), Step::not_authorized);
  EXPECT_EQ(begin()->client_final(""), Step::malformed);
  client.password = "wrong";
  EXPECT_EQ(begin()->client_final(client.final(server_first)), Step::not_authorized);
}

TEST(Scram, AnUnknownUserIsRefusedEvenWithAProofThatFits) {
  ScramClient client;
  const auto keys = keys_for(base::HashKind::sha256, "wonderland", "0123456789abcdef", 4);
  Scram scram(Mechanism::scram_sha256, false);
  ASSERT_EQ(scram.client_first(client.first(), {}), Step::ok);
  const std::string server_first(scram.server_first(keys, false, "server", ""));
  EXPECT_EQ(scram.client_final(client.final(server_first)), Step::not_authorized);
}

TEST(Scram, ImaginaryKeysAreTheSameEveryTimeAndDifferByUserAndSecret) {
  const auto kind = base::HashKind::sha256;
  const auto one = xmpp::sasl::imaginary_keys(kind, "x@localhost", "secret", 10000);
  EXPECT_EQ(one.salt, xmpp::sasl::imaginary_keys(kind, "x@localhost", "secret", 10000).salt);
  EXPECT_EQ(one.salt.size(), 16u);
  EXPECT_NE(one.salt, xmpp::sasl::imaginary_keys(kind, "y@localhost", "secret", 10000).salt);
  EXPECT_NE(one.salt, xmpp::sasl::imaginary_keys(kind, "x@localhost", "Secret", 10000).salt);
  EXPECT_NE(one.salt,
            xmpp::sasl::imaginary_keys(base::HashKind::sha1, "x@localhost", "secret", 4).salt);
}

TEST(Plain, HasThreePartsOfWhichOnlyTheFirstMayBeEmpty) {
  xmpp::sasl::Plain parts;
  EXPECT_TRUE(xmpp::sasl::parse_plain(base::Bytes("z\0u\0p", 5), parts));
  EXPECT_EQ(parts.authzid, "z");
  EXPECT_EQ(parts.authcid, "u");
  EXPECT_EQ(parts.password, "p");
  EXPECT_TRUE(xmpp::sasl::parse_plain(base::Bytes("\0u\0p", 4), parts));
  EXPECT_FALSE(xmpp::sasl::parse_plain("", parts));
  EXPECT_FALSE(xmpp::sasl::parse_plain("u", parts));
  EXPECT_FALSE(xmpp::sasl::parse_plain(base::Bytes("u\0p", 3), parts));
  EXPECT_FALSE(xmpp::sasl::parse_plain(base::Bytes("\0\0p", 3), parts));
  EXPECT_FALSE(xmpp::sasl::parse_plain(base::Bytes("\0u\0", 3), parts));
  EXPECT_FALSE(xmpp::sasl::parse_plain(base::Bytes("\0u\0p\0q", 6), parts));
}

}  // namespace
}  // namespace xmpp_test
