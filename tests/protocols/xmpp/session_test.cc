// Bound sessions: binding, what a client may send, how its stanzas are stamped and where they go.
#include <gtest/gtest.h>

#include "engine/trace/counters.h"
#include "tests/protocols/xmpp/support/dialogue.h"

namespace xmpp_test {
namespace {

std::string with_policy(FakeNode& node, im::ConflictPolicy policy) {
  xmpp::Options options = default_options();
  auto im = std::make_shared<im::Options>(*options.im);
  im->conflict = policy;
  options.im = im;
  node.set_options(options);
  const auto first = node.connect();
  enter(node, first, "alice", "wonderland", "desk");
  const auto second = node.connect();
  log_in(node, second);
  node.send(second, bind_request("desk"));
  node.advance(base::Duration::seconds(1));
  return node.take(second) + "|" + node.take(first);
}

TEST(Bind, AnOlderSessionIsReplacedByDefault) {
  FakeNode node;
  const std::string answers = with_policy(node, im::ConflictPolicy::replace);
  EXPECT_TRUE(has(answers, "<jid>alice@localhost/desk</jid>"));
  EXPECT_TRUE(has(answers, "|<stream:error><conflict")) << answers;
  EXPECT_EQ(node.service().session_count(), 1u);
}

TEST(Bind, TheNewcomerCanBeRefusedAndTriesAgain) {
  FakeNode node;
  const std::string answers = with_policy(node, im::ConflictPolicy::refuse);
  EXPECT_TRUE(has(answers, "id='bind-1'><error type='modify'><conflict")) << answers;
  EXPECT_FALSE(has(answers, "<stream:error>"));
  EXPECT_EQ(node.service().session_count(), 1u);
  node.send(1, bind_request("sofa"));
  EXPECT_TRUE(has(node.take(1), "<jid>alice@localhost/sofa</jid>"));
}

TEST(Bind, TheNewcomerCanBeRenamed) {
  FakeNode node;
  const std::string answers = with_policy(node, im::ConflictPolicy::rename);
  EXPECT_TRUE(has(answers, "<jid>alice@localhost/"));
  EXPECT_FALSE(has(answers, "<jid>alice@localhost/desk</jid>"));
  EXPECT_EQ(node.service().session_count(), 2u);
}

TEST(Bind, AnAnswerInTheTurnOfTheLoginTimeoutComesTooLate) {
  FakeNode node;
  const auto client = node.connect();
  log_in(node, client);
  node.hold_store = true;
  node.send(client, bind_request("desk"));
  // The last tick ends the stream; its session goes a tick later, after the answer.
  node.advance(default_options().login_timeout);
  EXPECT_TRUE(has(node.take(client), "<connection-timeout"));
  node.release_store();
  node.advance(base::Duration::seconds(1));
  EXPECT_EQ(node.service().session_count(), 0u);
}

TEST(Bind, WithoutAWishTheServerChooses) {
  for (const base::Bytes wish :
       {"", "<resource/>", "<resource></resource>"}) {
    FakeNode node;
    const auto client = node.connect();
    log_in(node, client);
    node.send(client, "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>" +
                          std::string(wish) + "</bind></iq>");
    const std::string jid = content(node.take(client), "jid");
    EXPECT_TRUE(jid.starts_with("alice@localhost/"));
    EXPECT_GE(jid.size(), std::string("alice@localhost/").size() + 16);
  }
}

TEST(Bind, ABadWishIsABadRequestAndTheStreamLives) {
  FakeNode node;
  const auto client = node.connect();
  log_in(node, client);
  node.send(client, bind_request(std::string(1024, 'r')));
  EXPECT_TRUE(has(node.take(client), "<error type='modify'><bad-request"));
  node.send(client, "<iq type='get' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>");
  EXPECT_TRUE(has(node.take(client), "<bad-request"));
  node.send(client, "<iq type='set'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>");
  EXPECT_TRUE(has(node.take(client), "<bad-request"));
  node.send(client, bind_request("desk"));
  EXPECT_TRUE(has(node.take(client), "<jid>"));
}

TEST(Bind, NothingElseMayComeFirst) {
  for (const base::Bytes early : {"<presence/>", "<message to='bob@localhost'/>",
                                  "<iq type='get' id='1'><query xmlns='jabber:iq:roster'/></iq>"}) {
    FakeNode node;
    const auto client = node.connect();
    log_in(node, client);
    node.send(client, early);
    EXPECT_TRUE(has(node.take(client), "<not-authorized"));
    EXPECT_TRUE(node.closed(client));
  }
}

TEST(Bind, OneResourceAStream) {
  FakeNode node;
  const auto client = node.connect();
  enter(node, client);
  node.send(client, bind_request("another"));
  EXPECT_TRUE(has(node.take(client), "<not-allowed"));
}

// TRUST X24: a thousand resources for one user.
TEST(Bind, SessionsOfOneAccountAreLimited) {
  FakeNode node;
  size_t refused = 0;
  for (int i = 0; i < 40; ++i) {
    const auto client = node.connect();
    log_in(node, client);
    node.send(client, bind_request("r" + std::to_string(i)));
    if (has(node.take(client), "<error type='wait'><resource-constraint")) ++refused;
  }
  EXPECT_EQ(refused, 24u);
  node.advance(base::Duration::seconds(1));
  EXPECT_EQ(node.service().session_count(), 16u);
}

TEST(Bind, AnAccountDeletedMeanwhileEndsTheStream) {
  FakeNode node;
  const auto client = node.connect();
  log_in(node, client);
  im::StoreRequest request;
  request.kind = im::StoreKind::delete_account;
  request.user = "alice@localhost";
  node.store.answer(request);
  node.send(client, bind_request("desk"));
  EXPECT_TRUE(has(node.take(client), "<not-authorized"));
  EXPECT_TRUE(node.closed(client));
  node.advance(base::Duration::seconds(1));
  EXPECT_EQ(node.service().session_count(), 0u);
}

class Bound : public testing::Test {
 protected:
  void SetUp() override {
    alice_ = node_.connect();
    bob_ = node_.connect();
    alice_jid_ = enter(node_, alice_, "alice", "wonderland", "desk");
    bob_jid_ = enter(node_, bob_, "bob", "builder", "phone");
    node_.send(bob_, "<presence/>");
    node_.take(bob_);
  }
  std::string says(const std::string& xml) {
    node_.send(alice_, xml);
    return node_.take(alice_);
  }
  FakeNode node_;
  FakeNode::Client alice_ = 0;
  FakeNode::Client bob_ = 0;
  std::string alice_jid_;
  std::string bob_jid_;
};

TEST_F(Bound, AMessageArrivesStampedAndOtherwiseByteForByte) {
  const std::string inside =
      "<body>a &amp; b</body><x:y  xmlns:x='urn:z' a = \"1\"><!" "[CDATA[<]]></x:y>";
  says("<message from='alice@localhost' to='bob@localhost/phone' id='m1' type='chat' "
       "xml:lang='de'>" + inside + "</message>");
  // The recipient's own account adds its stanza id (XEP-0359) behind everything.
  EXPECT_TRUE(node_.take(bob_).starts_with(
      "<message from='alice@localhost/desk' to='bob@localhost/phone' id='m1' type='chat' "
      "xml:lang='de'>" + inside + "<stanza-id "));
}

TEST_F(Bound, ASenderMayOnlyBeOneself) {
  says("<message from='ALICE@localhost/desk' to='bob@localhost/phone'><body>x</body></message>");
  EXPECT_TRUE(has(node_.take(bob_), "from='alice@localhost/desk'"));
  const std::string error = says("<message from='bob@localhost' to='bob@localhost'/>");
  EXPECT_TRUE(has(error, "<invalid-from"));
  EXPECT_TRUE(node_.closed(alice_));
  EXPECT_EQ(node_.take(bob_), "");
}

TEST_F(Bound, AnotherOfOnesResourcesIsNotOneself) {
  EXPECT_TRUE(has(says("<presence from='alice@localhost/sofa'/>"), "<invalid-from"));
}

// TRUST X12, X13: what only the server may say is taken out, every one of it.
TEST_F(Bound, ForgedStanzaIdsAndDelaysAreRemoved) {
  const uint64_t before = trace::total(trace::Counter::xmpp_forgeries_removed);
  says("<message to='bob@localhost/phone' type='chat'>"
       "<stanza-id xmlns='urn:xmpp:sid:0' by='bob@localhost' id='1'/><body>x</body>"
       "<stanza-id xmlns='urn:xmpp:sid:0' by='localhost' id='2'/>"
       "<stanza-id xmlns='urn:xmpp:sid:0' by='alice@localhost' id='3'/>"
       "<origin-id xmlns='urn:xmpp:sid:0' id='mine'/>"
       "<delay xmlns='urn:xmpp:delay' from='localhost' stamp='2002-09-10T23:08:25Z'/>"
       "<delay xmlns='urn:xmpp:delay' from='bob@localhost' stamp='2002-09-10T23:08:26Z'/>"
       "<delay xmlns='urn:xmpp:delay' from='LocalHost' stamp='2002-09-10T23:08:27Z'/>"
       "<delay xmlns='urn:xmpp:delay' from='room.elsewhere' stamp='2002-09-10T23:08:25Z'/>"
       "</message>");
  const std::string got = node_.take(bob_);
  EXPECT_EQ(count(got, "<stanza-id"), 1u) << got;   // the recipient's account's own
  EXPECT_FALSE(has(got, "id='1'") || has(got, "id='2'") || has(got, "id='3'"));
  EXPECT_FALSE(has(got, "from='localhost'"));
  EXPECT_FALSE(has(got, "08:26Z") || has(got, "08:27Z")) << got;
  EXPECT_TRUE(has(got, "<body>x</body><origin-id xmlns='urn:xmpp:sid:0' id='mine'/>"
                       "<delay xmlns='urn:xmpp:delay' from='room.elsewhere'"));
  EXPECT_EQ(trace::total(trace::Counter::xmpp_forgeries_removed), before + 6);
}

TEST_F(Bound, ACarbonFromSomebodyElseKeepsItsRealSender) {
  says("<message to='bob@localhost/phone' type='chat'><received xmlns='urn:xmpp:carbons:2'>"
       "<forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' "
       "from='carol@localhost/x'><body>forged</body></message></forwarded></received></message>");
  EXPECT_TRUE(has(node_.take(bob_), "<message from='alice@localhost/desk'"));
}

TEST_F(Bound, ARosterPushFromAnotherClientIsAnOrdinaryIqWithItsRealSender) {
  const auto tablet = node_.connect();
  enter(node_, tablet, "alice", "wonderland", "tablet");
  says("<iq type='set' id='p' to='alice@localhost/tablet'><query xmlns='jabber:iq:roster'>"
       "<item jid='evil@localhost' subscription='both'/></query></iq>");
  EXPECT_TRUE(has(node_.take(tablet), "from='alice@localhost/desk'"));
}

TEST_F(Bound, BadAddressesAreMalformed) {
  for (const base::Bytes to : {"", "@", "a@", "@b", "a@b@c", "a b@c", "/r", "a@/r"}) {
    const std::string error =
        says("<message id='m' to='" + std::string(to) + "'><body>x</body></message>");
    EXPECT_TRUE(has(error, "<jid-malformed")) << to << ": " << error;
    EXPECT_TRUE(has(error, "id='m'"));
  }
  EXPECT_FALSE(node_.closed(alice_));
}

TEST_F(Bound, IqsMustBeWhole) {
  for (const base::Bytes iq : {
           "<iq type='get'><ping xmlns='urn:xmpp:ping'/></iq>",
           "<iq type='get' id=''><ping xmlns='urn:xmpp:ping'/></iq>",
           "<iq type='get' id='1'/>",
           "<iq type='set' id='1'/>",
           "<iq type='get' id='1'><a xmlns='x'/><b xmlns='x'/></iq>",
           "<iq id='1'><ping xmlns='urn:xmpp:ping'/></iq>",
           "<iq type='ask' id='1'><ping xmlns='urn:xmpp:ping'/></iq>",
       }) {
    EXPECT_TRUE(has(says(std::string(iq)), "<bad-request")) << iq;
  }
  EXPECT_FALSE(node_.closed(alice_));
}

TEST_F(Bound, PresenceMustBeSensible) {
  EXPECT_TRUE(has(says("<presence type='hello' id='1'/>"), "<bad-request"));
  EXPECT_TRUE(has(says("<presence id='1'><show>gone fishing</show></presence>"), "<bad-request"));
  EXPECT_TRUE(has(says("<presence><show/></presence>"), "<show/>"));
  EXPECT_TRUE(has(says("<presence id='1'><priority>high</priority></presence>"), "<bad-request"));
  EXPECT_TRUE(has(says("<presence id='1'><priority>128</priority></presence>"), "<bad-request"));
  EXPECT_TRUE(has(says("<presence><show>away</show><priority> +5 </priority></presence>"),
                  "<presence from='alice@localhost/desk'"));
}

TEST_F(Bound, UnknownRequestsAreUnavailable) {
  for (const base::Bytes to : {"", " to='localhost'", " to='alice@localhost'",
                               " to='bob@localhost'"}) {
    EXPECT_TRUE(has(says("<iq type='get' id='1'" + std::string(to) +
                         "><nobody xmlns='urn:knows'/></iq>"),
                    "<service-unavailable"))
        << to;
  }
}

TEST_F(Bound, HooksAnswerHostAndSelf) {
  EXPECT_EQ(says("<iq type='get' id='1' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>"),
            "<iq from='localhost' to='alice@localhost/desk' id='1' type='result'/>");
  EXPECT_EQ(says("<iq type='get' id='2'><ping xmlns='urn:xmpp:ping'/></iq>"),
            "<iq to='alice@localhost/desk' id='2' type='result'/>");
  EXPECT_EQ(says("<iq type='set' id='3'>"
                 "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>"),
            "<iq to='alice@localhost/desk' id='3' type='result'/>");
}

TEST_F(Bound, AnswersToTheServerAreSwallowed) {
  EXPECT_EQ(says("<iq type='result' id='1'/><iq type='error' id='2' to='localhost'/>"
                 "<iq type='result' id='3' to='alice@localhost'/>"),
            "");
}

TEST_F(Bound, FirstLevelElementsThatAreNoStanzasEndTheStream) {
  EXPECT_TRUE(has(says("<unknown/>"), "<unsupported-stanza-type"));
  EXPECT_TRUE(node_.closed(alice_));
  EXPECT_EQ(node_.service().session_count(), 1u);
  node_.send(bob_, "<message xmlns='jabber:server'/>");
  EXPECT_TRUE(has(node_.take(bob_), "<invalid-namespace"));
}

TEST_F(Bound, TheLanguageOfTheStreamHoldsForItsStanzas) {
  FakeNode node;
  const auto client = node.connect();
  const auto other = node.connect();
  enter(node, other, "bob", "builder", "phone");
  node.send(client, header() + plain("alice", "wonderland"));
  std::string restart = header();
  restart.insert(restart.size() - 1, " xml:lang='fr'");
  node.send(client, restart + bind_request("desk"));
  node.send(client, "<message to='bob@localhost/phone'><body>x</body></message>");
  EXPECT_TRUE(has(node.take(other), "xml:lang='fr'"));
  node.send(client, "<message to='bob@localhost/phone' xml:lang='it'><body>x</body></message>");
  EXPECT_TRUE(has(node.take(other), "xml:lang='it'"));
}

TEST_F(Bound, AStanzaTooBigEndsTheSession) {
  EXPECT_TRUE(has(says("<message to='bob@localhost'><body>" + std::string(300000, 'x')),
                  "<policy-violation"));
  EXPECT_EQ(node_.service().session_count(), 1u);
}

TEST_F(Bound, AReloadIsSeenByTheNextStanza) {
  xmpp::Options options = default_options();
  options.after_authentication.stanza_bytes = 20000;
  node_.set_options(options);
  EXPECT_TRUE(has(says("<message><body>" + std::string(21000, 'x')), "<policy-violation"));
}

TEST_F(Bound, SessionsAreListedWithTheirFacts) {
  std::vector<std::string> jids;
  node_.service().for_each_session([&](const xmpp::SessionFacts& facts) {
    jids.emplace_back(facts.jid);
    EXPECT_EQ(facts.remote_address, "192.0.2.1");
    EXPECT_EQ(facts.mechanism, "PLAIN");
    EXPECT_EQ(facts.tls, "none");
    EXPECT_EQ(facts.stream_management, "off");
  });
  EXPECT_EQ(jids, (std::vector<std::string>{"bob@localhost/phone", "alice@localhost/desk"}));
}

TEST_F(Bound, ASessionEndsWithItsConnectionAndSaysSo) {
  const auto watcher = node_.connect();
  enter(node_, watcher, "bob", "builder", "tablet");
  node_.send(watcher, "<presence/>");
  node_.take(watcher);
  node_.drop(bob_);
  EXPECT_TRUE(has(node_.take(watcher), "<presence from='bob@localhost/phone'"));
  EXPECT_EQ(node_.service().session_count(), 2u);
}

}  // namespace
}  // namespace xmpp_test
