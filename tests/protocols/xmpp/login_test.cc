// From the first byte to a bound session, cut anywhere, on one shard and across shards.
#include <gtest/gtest.h>

#include "tests/protocols/xmpp/support/dialogue.h"

namespace xmpp_test {
namespace {

std::string whole_login() {
  return header() + plain("alice", "wonderland") + header() + bind_request("desk") +
         "<iq type='set' id='s'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>"
         "<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq><presence/>";
}

// The answers without what is random in them.
std::string without_ids(std::string text) {
  for (size_t at = text.find(" id='"); at != std::string::npos; at = text.find(" id='", at + 1)) {
    const size_t end = text.find('\'', at + 5);
    if (end - at - 5 == 32) text.erase(at + 5, 32);
  }
  return text;
}

TEST(Login, EveryStepIsAnsweredInOrder) {
  FakeNode node;
  const auto client = node.connect();
  node.send(client, header());
  const std::string first = node.take(client);
  EXPECT_TRUE(first.starts_with("<?xml version='1.0'?><stream:stream xmlns='jabber:client'"));
  EXPECT_EQ(attribute(first, "from"), "localhost");
  EXPECT_EQ(attribute(first.substr(30), "id").size(), 32u);
  EXPECT_TRUE(has(first, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"));
  EXPECT_TRUE(has(first, "<mechanism>SCRAM-SHA-256</mechanism>"));
  node.send(client, plain("alice", "wonderland"));
  EXPECT_EQ(node.take(client), "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
  node.send(client, header());
  const std::string second = node.take(client);
  EXPECT_TRUE(has(second, "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"));
  EXPECT_TRUE(has(second, "<optional/></session>"));
  EXPECT_TRUE(has(second, "<sm xmlns='urn:xmpp:sm:3'/>"));
  EXPECT_FALSE(has(second, "<mechanisms"));
  node.send(client, bind_request("desk"));
  EXPECT_EQ(node.take(client),
            "<iq type='result' id='bind-1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
            "<jid>alice@localhost/desk</jid></bind></iq>");
  EXPECT_EQ(node.service().session_count(), 1u);
}

TEST(Login, ADialogueCutAtEveryByteGivesTheSameAnswers) {
  const std::string dialogue = whole_login();
  std::string expected;
  for (size_t cut = 0; cut < dialogue.size(); ++cut) {
    FakeNode node;
    const auto client = node.connect();
    node.send(client, dialogue.substr(0, cut));
    node.send(client, dialogue.substr(cut));
    const std::string answers = without_ids(node.take(client));
    if (cut == 0) expected = answers;
    ASSERT_EQ(answers, expected) << "cut at " << cut;
  }
  EXPECT_TRUE(has(expected, "<jid>alice@localhost/desk</jid>"));
  EXPECT_TRUE(has(expected, " id='r' type='result'"));
  EXPECT_EQ(count(expected, "<presence"), 1u);   // her own, back to her
}

TEST(Login, ByteByByteWithASlowStoreAndAMoveLosesNothing) {
  FakeNode node(3);
  node.partition.owners["alice@localhost"] = 2;
  const auto client = node.connect(1, 0);
  node.hold_store = true;
  for (const char byte : whole_login()) {
    node.send(client, base::Bytes(&byte, 1));
    if (node.asked % 2 == 1) node.release_store();
  }
  for (int i = 0; i < 5; ++i) node.release_store();
  const std::string answers = node.take(client);
  EXPECT_EQ(node.shard_of(client), 2);
  EXPECT_TRUE(has(answers, "<jid>alice@localhost/desk</jid>"));
  EXPECT_TRUE(has(answers, " id='s' type='result'"));
  EXPECT_TRUE(has(answers, " id='r' type='result'"));
  EXPECT_EQ(node.service(2).session_count(), 1u);
  EXPECT_EQ(node.service(0).stream_count(), 0u);
}

TEST(Login, SuccessComesFromTheOwnersShardAndTheFirstStanzaIsHandledThere) {
  FakeNode node(2);
  node.partition.owners["alice@localhost"] = 1;
  const auto client = node.connect(1, 0);
  node.send(client, whole_login());
  EXPECT_EQ(node.shard_of(client), 1);
  EXPECT_TRUE(has(node.take(client), "<jid>alice@localhost/desk</jid>"));
  EXPECT_EQ(node.service(0).session_count(), 0u);
}

TEST(Login, PipelinedBytesBeyondTheLimitEndTheStreamWhileTheStoreIsSlow) {
  FakeNode node;
  node.hold_store = true;
  const auto client = node.connect();
  node.send(client, header() + plain("alice", "wonderland") + std::string(70000, ' '));
  EXPECT_TRUE(has(node.take(client), "<policy-violation"));
  EXPECT_TRUE(node.closed(client));
  node.release_store();
}

TEST(Login, ReadingStopsWhileAnAnswerIsAwaited) {
  FakeNode node;
  node.hold_store = true;
  const auto client = node.connect();
  node.send(client, header() + plain("alice", "wonderland") + " ");
  EXPECT_TRUE(node.paused(client));
  node.release_store();
  EXPECT_FALSE(node.paused(client));
  EXPECT_TRUE(has(node.take(client), "<success"));
}

TEST(Login, AConnectionLostWhileTheStoreIsAskedLeavesNothing) {
  FakeNode node;
  node.hold_store = true;
  const auto client = node.connect();
  node.send(client, header() + plain("alice", "wonderland"));
  node.drop(client);
  node.release_store();
  EXPECT_EQ(node.service().stream_count(), 0u);
  EXPECT_EQ(node.service().session_count(), 0u);
}

TEST(Login, AConnectionLostWhileTheAccountLoadsLeavesNothing) {
  FakeNode node;
  const auto client = node.connect();
  log_in(node, client);
  node.hold_store = true;
  node.send(client, bind_request("desk"));
  EXPECT_EQ(node.service().session_count(), 1u);
  node.drop(client);
  EXPECT_EQ(node.service().session_count(), 0u);
  node.release_store();
}

TEST(Login, TakingTooLongEndsTheStream) {
  FakeNode node;
  const auto silent = node.connect();
  const auto halfway = node.connect();
  node.send(halfway, header());
  node.take(halfway);
  node.advance(base::Duration::seconds(29));
  EXPECT_FALSE(node.closed(silent));
  node.advance(base::Duration::seconds(2));
  // The error comes with a header, even where none was asked for.
  EXPECT_TRUE(node.take(silent).starts_with("<?xml version='1.0'?><stream:stream"));
  EXPECT_TRUE(has(node.take(halfway), "<connection-timeout"));
  EXPECT_TRUE(node.closed(silent));
  EXPECT_EQ(node.service().stream_count(), 0u);
}

TEST(Login, AByteASecondEndsAtTheLoginTimeout) {
  FakeNode node;
  const auto client = node.connect();
  const std::string dialogue = whole_login();
  for (int i = 0; i < 40 && !node.closed(client); ++i) {
    node.send(client, dialogue.substr(static_cast<size_t>(i), 1));
    node.advance(base::Duration::seconds(1));
  }
  EXPECT_TRUE(node.closed(client));
}

// TRUST X3: twenty thousand connections, left at each stage, leave nothing behind.
TEST(Login, ConnectionsLeftAtEachStageLeaveNothingBehind) {
  FakeNode node;
  const std::string dialogue = whole_login();
  for (int i = 0; i < 2000; ++i) {
    const auto client = node.connect();
    node.send(client, dialogue.substr(0, static_cast<size_t>(i) % dialogue.size()));
    node.drop(client);
  }
  EXPECT_EQ(node.service().stream_count(), 0u);
  EXPECT_EQ(node.service().session_count(), 0u);
}

// The store is asked for a registration in the middle of a SCRAM exchange, and answers when the
// stream has moved, or has entered its session.
TEST(Login, ARegistrationsAnswerThatComesAfterTheLoginIsForNobody) {
  for (const engine::ShardId owner : {0, 1}) {
    xmpp::Options options = default_options();
    options.registration = true;
    FakeNode node(2, options);
    node.partition.owners["alice@localhost"] = owner;
    const auto client = node.connect();
    ScramClient scram;
    node.send(client, header() + auth("SCRAM-SHA-256", scram.first()));
    const std::string challenge = unbase64(content(node.take(client), "challenge"));
    node.hold_store = true;
    node.send(client,
              "<iq type='set' id='r'><query xmlns='jabber:iq:register'><username>new</username>"
              "<password>secret</password></query></iq>" +
                  response(scram.final(challenge)));
    EXPECT_TRUE(has(node.take(client), "<success"));
    EXPECT_EQ(node.shard_of(client), owner);
    node.hold_store = false;
    node.send(client, header() + bind_request("desk"));
    EXPECT_TRUE(has(node.take(client), "<jid>alice@localhost/desk</jid>"));
    node.release_store();
    EXPECT_EQ(node.take(client), "");
    EXPECT_FALSE(node.closed(client));
  }
}

TEST(Login, SeveralDomainsAreChosenByTheHeader) {
  FakeNode node;
  node.add_user("alice@example.org", "other");
  const auto client = node.connect();
  node.send(client, header("example.org"));
  EXPECT_EQ(attribute(node.take(client), "from"), "example.org");
  node.send(client, plain("alice", "wonderland"));
  EXPECT_TRUE(has(node.take(client), "<not-authorized/>"));
  node.send(client, plain("alice", "other"));
  EXPECT_TRUE(has(node.take(client), "<success"));
}

}  // namespace
}  // namespace xmpp_test
