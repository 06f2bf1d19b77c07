// SASL on a stream: what is offered when, the flows, and every way to do it wrong.
#include <gtest/gtest.h>

#include "engine/trace/counters.h"
#include "tests/protocols/xmpp/support/dialogue.h"

namespace xmpp_test {
namespace {

constexpr base::Bytes kAbort = "<abort xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>";

std::string features_of(FakeNode& node, FakeNode::Client client) {
  node.send(client, header());
  return node.take(client);
}

std::string challenge_of(base::Bytes xml) { return unbase64(content(xml, "challenge")); }

// A whole SCRAM exchange; the last answer of the server.
std::string scram(FakeNode& node, FakeNode::Client client, base::Bytes mechanism,
                  ScramClient& scram) {
  node.send(client, auth(mechanism, scram.first()));
  const std::string answer = node.take(client);
  if (!has(answer, "<challenge")) return answer;
  node.send(client, response(scram.final(challenge_of(answer))));
  return node.take(client);
}

TEST(Sasl, NothingIsOfferedInTheClearWhereTlsIsDemanded) {
  FakeNode node;
  const auto client = node.connect(0);
  const std::string features = features_of(node, client);
  EXPECT_TRUE(has(features, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/>"));
  EXPECT_FALSE(has(features, "mechanism"));
  node.send(client, plain("alice", "wonderland"));
  EXPECT_TRUE(has(node.take(client), "<encryption-required/>"));
}

TEST(Sasl, AListenerWithoutTlsAndWithoutTheSwitchOffersNoLogin) {
  FakeNode node;
  const auto client = node.connect(3);
  const std::string features = features_of(node, client);
  EXPECT_FALSE(has(features, "starttls"));
  EXPECT_FALSE(has(features, "mechanism"));
}

TEST(Sasl, UnderTlsEverythingIsOfferedStrongestFirst) {
  FakeNode node;
  const auto client = node.connect(2);
  node.secure(client);
  const std::string features = features_of(node, client);
  EXPECT_TRUE(has(features,
                  "<mechanism>SCRAM-SHA-256-PLUS</mechanism>"
                  "<mechanism>SCRAM-SHA-1-PLUS</mechanism><mechanism>SCRAM-SHA-256</mechanism>"
                  "<mechanism>SCRAM-SHA-1</mechanism><mechanism>PLAIN</mechanism>"));
  EXPECT_TRUE(has(features, "<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'>"
                            "<channel-binding type='tls-exporter'/>"
                            "<channel-binding type='tls-server-end-point'/>"));
  EXPECT_FALSE(has(features, "<starttls"));
}

TEST(Sasl, Tls12HasNoExporterBinding) {
  FakeNode node;
  const auto client = node.connect(2);
  node.secure(client, 0x0303, "");
  const std::string features = features_of(node, client);
  EXPECT_FALSE(has(features, "tls-exporter"));
  EXPECT_TRUE(has(features, "tls-server-end-point"));
}

TEST(Sasl, PlainCanBeTurnedOff) {
  xmpp::Options options = default_options();
  options.sasl_plain = false;
  FakeNode node(1, options);
  const auto client = node.connect();
  EXPECT_FALSE(has(features_of(node, client), "PLAIN"));
  node.send(client, plain("alice", "wonderland"));
  EXPECT_TRUE(has(node.take(client), "<invalid-mechanism/>"));
}

TEST(Sasl, ScramWorksWithBothHashesAndTheClientCanCheckTheServer) {
  for (const bool sha1 : {false, true}) {
    FakeNode node;
    const auto client = node.connect();
    features_of(node, client);
    ScramClient half;
    half.kind = sha1 ? base::HashKind::sha1 : base::HashKind::sha256;
    const std::string last = scram(node, client, sha1 ? "SCRAM-SHA-1" : "SCRAM-SHA-256", half);
    EXPECT_EQ(unbase64(content(last, "success")), "v=" + half.server_signature);
  }
}

TEST(Sasl, PlusWorksWithBothBindingsAndBothHashes) {
  for (const bool sha1 : {false, true}) {
    for (const bool exporter : {false, true}) {
      FakeNode node;
      const auto client = node.connect(2);
      node.secure(client);
      features_of(node, client);
      ScramClient half;
      half.kind = sha1 ? base::HashKind::sha1 : base::HashKind::sha256;
      half.gs2 = exporter ? "p=tls-exporter,," : "p=tls-server-end-point,,";
      half.binding = exporter ? "exporter-octets" : "end-point-octets";
      const std::string last =
          scram(node, client, sha1 ? "SCRAM-SHA-1-PLUS" : "SCRAM-SHA-256-PLUS", half);
      EXPECT_TRUE(has(last, "<success")) << last;
    }
  }
}

TEST(Sasl, AWrongBindingIsRefused) {
  FakeNode node;
  const auto client = node.connect(2);
  node.secure(client);
  features_of(node, client);
  ScramClient half;
  half.gs2 = "p=tls-exporter,,";
  half.binding = "another session's octets";
  EXPECT_TRUE(has(scram(node, client, "SCRAM-SHA-256-PLUS", half), "<not-authorized/>"));
}

TEST(Sasl, ABindingOfTheOtherTypeIsRefused) {
  FakeNode node;
  const auto client = node.connect(2);
  node.secure(client);
  features_of(node, client);
  ScramClient half;
  half.gs2 = "p=tls-exporter,,";
  half.binding = "end-point-octets";
  EXPECT_TRUE(has(scram(node, client, "SCRAM-SHA-256-PLUS", half), "<not-authorized/>"));
}

// TRUST X22: somebody has stripped -PLUS from the list on its way to the client.
TEST(Sasl, AClientThatSaysWeDoNotBindIsRefusedWhereWeDo) {
  FakeNode node;
  const auto client = node.connect(2);
  node.secure(client);
  features_of(node, client);
  ScramClient half;
  half.gs2 = "y,,";
  EXPECT_TRUE(has(scram(node, client, "SCRAM-SHA-256", half), "<not-authorized/>"));
}

TEST(Sasl, TheSameClientIsWelcomeWhereWeDoNotBind) {
  FakeNode node;
  const auto client = node.connect();
  features_of(node, client);
  ScramClient half;
  half.gs2 = "y,,";
  EXPECT_TRUE(has(scram(node, client, "SCRAM-SHA-256", half), "<success"));
}

TEST(Sasl, PlusIsNotThereInTheClear) {
  FakeNode node;
  const auto client = node.connect();
  features_of(node, client);
  node.send(client, auth("SCRAM-SHA-256-PLUS", "p=tls-exporter,,n=alice,r=x"));
  EXPECT_TRUE(has(node.take(client), "<invalid-mechanism/>"));
}

TEST(Sasl, TheChallengeCarriesTheHashOfWhatWasOffered) {
  FakeNode node;
  const auto client = node.connect(2);
  node.secure(client);
  features_of(node, client);
  ScramClient half;
  node.send(client, auth("SCRAM-SHA-256", half.first()));
  const std::string challenge = challenge_of(node.take(client));
  const std::string list =
      "PLAIN\x1eSCRAM-SHA-1\x1eSCRAM-SHA-1-PLUS\x1eSCRAM-SHA-256\x1eSCRAM-SHA-256-PLUS"
      "\x1ftls-exporter\x1etls-server-end-point";
  EXPECT_TRUE(challenge.ends_with(
      ",h=" + base64(base::hash(base::HashKind::sha256, list).view())))
      << challenge;
}

TEST(Sasl, AWrongPasswordIsNotAuthorized) {
  FakeNode node;
  const auto client = node.connect();
  features_of(node, client);
  ScramClient half;
  half.password = "wrong";
  EXPECT_TRUE(has(scram(node, client, "SCRAM-SHA-256", half), "<not-authorized/>"));
  node.send(client, plain("alice", "wrong"));
  EXPECT_TRUE(has(node.take(client), "<not-authorized/>"));
  node.send(client, plain("alice", "wonderland"));
  EXPECT_TRUE(has(node.take(client), "<success"));
}

TEST(Sasl, AccountsCannotBeProbed) {
  FakeNode node;
  std::string salts[2];
  for (int round = 0; round < 2; ++round) {
    const auto client = node.connect();
    features_of(node, client);
    ScramClient half;
    half.user = "nobody";
    node.send(client, auth("SCRAM-SHA-256", half.first()));
    const std::string challenge = challenge_of(node.take(client));
    salts[round] = challenge.substr(challenge.find(",s="));
    node.send(client, response(half.final(challenge)));
    EXPECT_TRUE(has(node.take(client), "<not-authorized/>"));
  }
  EXPECT_EQ(salts[0], salts[1]);
  const auto client = node.connect();
  features_of(node, client);
  node.send(client, auth("SCRAM-SHA-256", "n,,n=alice,r=x"));
  const std::string known = challenge_of(node.take(client));
  // Same iteration count, same length of salt, same shape.
  EXPECT_EQ(known.substr(known.find(",s=")).size(), salts[0].size());
}

TEST(Sasl, NoncesAreNeverTheSame) {
  FakeNode node;
  std::string nonces[2];
  for (auto& nonce : nonces) {
    const auto client = node.connect();
    features_of(node, client);
    node.send(client, auth("SCRAM-SHA-256", "n,,n=alice,r=x"));
    nonce = challenge_of(node.take(client));
    nonce = nonce.substr(0, nonce.find(','));
    EXPECT_GE(nonce.size(), 2u + 1 + 32);
  }
  EXPECT_NE(nonces[0], nonces[1]);
}

// TRUST X23.
TEST(Sasl, AForeignNonceIsRefused) {
  FakeNode node;
  const auto client = node.connect();
  features_of(node, client);
  ScramClient half;
  node.send(client, auth("SCRAM-SHA-256", half.first()));
  std::string challenge = challenge_of(node.take(client));
  challenge[challenge.find(',') - 1] ^= 1;
  node.send(client, response(half.final(challenge)));
  EXPECT_TRUE(has(node.take(client), "<not-authorized/>"));
}

// TRUST X7: an identity other than the account's own bare JID is refused.
TEST(Sasl, OnlyTheOwnBareJidMayBeTheAuthorizationIdentity) {
  struct Case {
    base::Bytes authzid;
    base::Bytes answer;
  };
  const Case cases[] = {
      {"alice@localhost", "<success"},         {"ALICE@LOCALHOST", "<success"},
      {"bob@localhost", "<invalid-authzid/>"}, {"alice@example.org", "<invalid-authzid/>"},
      {"alice", "<invalid-authzid/>"},         {"alice@localhost/r", "<invalid-authzid/>"},
      {"@", "<invalid-authzid/>"},             {"localhost", "<invalid-authzid/>"},
  };
  for (const Case& c : cases) {
    FakeNode node;
    const auto client = node.connect();
    features_of(node, client);
    node.send(client, plain("alice", "wonderland", c.authzid));
    EXPECT_TRUE(has(node.take(client), c.answer)) << c.authzid;
    const auto other = node.connect();
    features_of(node, other);
    ScramClient half;
    half.gs2 = "n,a=" + std::string(c.authzid) + ",";
    EXPECT_TRUE(has(scram(node, other, "SCRAM-SHA-1", (half.kind = base::HashKind::sha1, half)),
                    c.answer))
        << c.authzid;
  }
}

TEST(Sasl, UsernamesArePreparedAndBadOnesRefused) {
  FakeNode node;
  const auto client = node.connect();
  features_of(node, client);
  node.send(client, plain("ali ce", "wonderland"));
  EXPECT_TRUE(has(node.take(client), "<not-authorized/>"));
  node.send(client, plain("alice@localhost", "wonderland"));
  EXPECT_TRUE(has(node.take(client), "<not-authorized/>"));
  node.send(client, plain("ALICE", "wonderland"));
  EXPECT_TRUE(has(node.take(client), "<success"));
}

TEST(Sasl, EncodingIsStrict) {
  for (const base::Bytes text : {"not base64!", "AGFs\naWNl", "AA=", "A", "AAA", "===="}) {
    FakeNode node;
    const auto client = node.connect();
    features_of(node, client);
    node.send(client, "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>" +
                          std::string(text) + "</auth>");
    EXPECT_TRUE(has(node.take(client), "<incorrect-encoding/>")) << text;
  }
}

TEST(Sasl, AnEqualsSignIsAnEmptyInitialResponse) {
  FakeNode node;
  const auto client = node.connect();
  features_of(node, client);
  node.send(client, "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>=</auth>");
  EXPECT_TRUE(has(node.take(client), "<malformed-request/>"));
}

TEST(Sasl, WithoutAnInitialResponseThereIsAnEmptyChallenge) {
  FakeNode node;
  const auto client = node.connect();
  features_of(node, client);
  node.send(client,
            "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-256'/>");
  EXPECT_EQ(node.take(client), "<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
  ScramClient half;
  node.send(client, response(half.first()));
  node.send(client, response(half.final(challenge_of(node.take(client)))));
  EXPECT_TRUE(has(node.take(client), "<success"));
}

TEST(Sasl, AnAbortEndsTheExchangeAndAnotherMayBegin) {
  FakeNode node;
  const auto client = node.connect();
  features_of(node, client);
  ScramClient half;
  node.send(client, auth("SCRAM-SHA-256", half.first()));
  node.take(client);
  node.send(client, kAbort);
  EXPECT_TRUE(has(node.take(client), "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
                                     "<aborted/></failure>"));
  EXPECT_TRUE(has(scram(node, client, "SCRAM-SHA-256", half), "<success"));
}

// TRUST X27: out of order, nonsense, and again and again.
TEST(Sasl, MessagesOutOfOrderAreMalformed) {
  ScramClient half;
  const std::string first = auth("SCRAM-SHA-256", half.first());
  const std::string cases[] = {
      response("early"),
      first + first,
      first + plain("alice", "wonderland"),
      first + response(""),
      first + response("garbage"),
      "<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>",
      "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>",
  };
  for (const std::string& c : cases) {
    FakeNode node;
    const auto client = node.connect();
    features_of(node, client);
    node.send(client, c);
    EXPECT_TRUE(has(node.take(client), "<malformed-request/>")) << c;
    EXPECT_FALSE(node.closed(client));
  }
}

TEST(Sasl, UnknownMechanismsAreInvalid) {
  for (const base::Bytes name :
       {"DIGEST-MD5", "CRAM-MD5", "ANONYMOUS", "EXTERNAL", "", "plain", "SCRAM-SHA-512"}) {
    FakeNode node;
    const auto client = node.connect();
    features_of(node, client);
    node.send(client, auth(name, "x"));
    EXPECT_TRUE(has(node.take(client), "<invalid-mechanism/>")) << name;
  }
}

TEST(Sasl, AfterThreeFailuresTheStreamEnds) {
  FakeNode node;
  const uint64_t before = trace::total(trace::Counter::xmpp_limit_login_failures);
  const auto client = node.connect();
  features_of(node, client);
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(node.closed(client));
    node.send(client, i == 1 ? std::string(kAbort) : plain("alice", "wrong"));
  }
  const std::string answers = node.take(client);
  EXPECT_EQ(count(answers, "<failure"), 3u);
  EXPECT_TRUE(has(answers, "<policy-violation"));
  EXPECT_TRUE(answers.ends_with("</stream:stream>"));
  EXPECT_TRUE(node.closed(client));
  EXPECT_EQ(trace::total(trace::Counter::xmpp_limit_login_failures), before + 1);
}

TEST(Sasl, TenThousandAbortsCostFiveThousandStreams) {
  FakeNode node;
  const std::string aborts = std::string(kAbort) + std::string(kAbort);
  for (int i = 0; i < 5000; ++i) {
    const auto client = node.connect();
    node.send(client, header() + aborts);
    node.drop(client);
  }
  EXPECT_EQ(node.service().stream_count(), 0u);
}

TEST(Sasl, AStoreThatFailsIsATemporaryFailure) {
  FakeNode node;
  node.fail_store = true;
  const auto client = node.connect();
  features_of(node, client);
  node.send(client, plain("alice", "wonderland"));
  EXPECT_TRUE(has(node.take(client), "<temporary-auth-failure/>"));
  node.send(client, auth("SCRAM-SHA-256", "n,,n=alice,r=x"));
  EXPECT_TRUE(has(node.take(client), "<temporary-auth-failure/>"));
}

TEST(Sasl, AuthenticatingTwiceIsNotPossible) {
  FakeNode node;
  const auto client = node.connect();
  log_in(node, client);
  node.send(client, plain("bob", "builder"));
  EXPECT_TRUE(has(node.take(client), "<unsupported-stanza-type"));
}

TEST(Sasl, ABrokenUserNameOfEveryKindIsAnErrorNotACrash) {
  FakeNode node;
  for (const base::Bytes name : {"", "@", "/", "a/b", "a b", "\xc2\xa0", "\xe2\x80\xae"}) {
    const auto client = node.connect();
    features_of(node, client);
    node.send(client, auth("SCRAM-SHA-256", "n,,n=" + std::string(name) + ",r=x"));
    EXPECT_TRUE(has(node.take(client), "<failure")) << name;
  }
}

}  // namespace
}  // namespace xmpp_test
