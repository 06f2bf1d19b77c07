// Stream management (XEP-0198): sessions that lose connections.
#include <gtest/gtest.h>

#include "engine/trace/counters.h"
#include "tests/protocols/xmpp/support/dialogue.h"

namespace xmpp_test {
namespace {

class Acks : public testing::Test {
 protected:
  void SetUp() override { start(default_options()); }
  void start(xmpp::Options options) {
    node_ = std::make_unique<FakeNode>(1, options);
    bob_ = node_->connect();
    enter(*node_, bob_, "bob", "builder", "phone");
    alice_ = node_->connect();
    enter(*node_, alice_, "alice", "wonderland", "desk");
    node_->send(alice_, "<presence/>");
    node_->take(alice_);
  }
  std::string enable(base::Bytes attributes = " resume='true'") {
    const std::string answer =
        says("<enable xmlns='urn:xmpp:sm:3'" + std::string(attributes) + "/>");
    id_ = attribute(answer, "id");
    return answer;
  }
  std::string says(const std::string& xml) {
    node_->send(alice_, xml);
    return node_->take(alice_);
  }
  void bob_writes(int n, int from = 1) {
    for (int i = from; i < from + n; ++i) {
      node_->send(bob_, "<message to='alice@localhost/desk' type='chat'><body>#" +
                            std::to_string(i) + "</body></message>");
    }
  }
  // A new connection of alice's that asks to resume; what it was answered after its features.
  std::string resume(base::Bytes id, base::Bytes h) {
    alice_ = node_->connect();
    log_in(*node_, alice_);
    return says("<resume xmlns='urn:xmpp:sm:3' previd='" + std::string(id) + "' h='" +
                std::string(h) + "'/>");
  }
  static std::string r() { return "<r xmlns='urn:xmpp:sm:3'/>"; }
  static std::string a(base::Bytes h) {
    return "<a xmlns='urn:xmpp:sm:3' h='" + std::string(h) + "'/>";
  }
  std::unique_ptr<FakeNode> node_;
  FakeNode::Client alice_ = 0;
  FakeNode::Client bob_ = 0;
  std::string id_;
};

TEST_F(Acks, EnablingIsAnsweredAsAsked) {
  EXPECT_EQ(enable(""), "<enabled xmlns='urn:xmpp:sm:3'/>");
}

TEST_F(Acks, ResumptionIsGivenWithAnIdAndALimit) {
  const std::string answer = enable(" resume='1' max='100000'");
  EXPECT_EQ(attribute(answer, "resume"), "true");
  EXPECT_EQ(attribute(answer, "max"), "300");
  EXPECT_EQ(id_.size(), 32u);
}

TEST_F(Acks, AShorterWishIsGranted) {
  EXPECT_EQ(attribute(enable(" resume='1' max='60'"), "max"), "60");
}

TEST_F(Acks, NoResumptionWhereItIsOff) {
  xmpp::Options options = default_options();
  options.resume_seconds = 0;
  start(options);
  EXPECT_EQ(enable(), "<enabled xmlns='urn:xmpp:sm:3'/>");
}

TEST_F(Acks, EnablingTwiceFails) {
  enable();
  EXPECT_EQ(enable(),
            "<failed xmlns='urn:xmpp:sm:3'><unexpected-request "
            "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>");
}

TEST_F(Acks, EnablingBeforeBindFails) {
  alice_ = node_->connect();
  log_in(*node_, alice_);
  EXPECT_TRUE(has(says("<enable xmlns='urn:xmpp:sm:3'/>"), "<unexpected-request"));
  EXPECT_FALSE(node_->closed(alice_));
}

TEST_F(Acks, ResumingABoundStreamFails) {
  enable();
  EXPECT_TRUE(has(says("<resume xmlns='urn:xmpp:sm:3' previd='" + id_ + "' h='0'/>"),
                  "<unexpected-request"));
}

TEST_F(Acks, OurCountIsOfStanzasSinceEnabling) {
  says("<message to='bob@localhost'/>");
  enable();
  EXPECT_EQ(says(r()), a("0"));
  const std::string two = "<message to='bob@localhost/phone'/><presence/>";
  EXPECT_EQ(count(says(two + r() + " \n" + r()), a("2")), 2u);
  EXPECT_TRUE(has(says(r()), a("2")));
  // Refused stanzas were handled too.
  EXPECT_TRUE(has(says("<iq type='get'/>" + r()), a("3")));
}

TEST_F(Acks, AnAskForAnAckWithoutEnablingEndsTheStream) {
  EXPECT_TRUE(has(says(r()), "<unsupported-stanza-type"));
}

TEST_F(Acks, AnUnknownElementOfTheNamespaceEndsTheStream) {
  enable();
  EXPECT_TRUE(has(says("<throttle xmlns='urn:xmpp:sm:3'/>"), "<unsupported-stanza-type"));
}

TEST_F(Acks, TheServerAsksSoonAfterTheFirstStanzaAndEveryEight) {
  enable();
  bob_writes(1);
  EXPECT_FALSE(has(node_->take(alice_), "<r "));
  node_->advance(base::Duration::milliseconds(400));
  EXPECT_EQ(node_->take(alice_), r());
  says(a("1"));
  bob_writes(8);
  EXPECT_EQ(count(node_->take(alice_), r()), 1u);
  bob_writes(20);
  EXPECT_FALSE(has(node_->take(alice_), "<r "));   // one request at a time
}

// What waits for an inactive client (XEP-0352) becomes unacknowledged when its stream goes.
TEST_F(Acks, WhatAnInactiveClientIsOwedMayBeTooMuchToResume) {
  for (const bool dropped : {false, true}) {
    xmpp::Options options = default_options();
    options.unacked_stanzas_max = 3;
    start(options);
    enable();
    says("<inactive xmlns='urn:xmpp:csi:0'/>");
    bob_writes(3);
    node_->send(bob_,
                "<message to='alice@localhost/desk' type='chat'><x xmlns='urn:x'/></message>");
    if (dropped) node_->drop(alice_);
    EXPECT_TRUE(has(resume(id_, "0"), "<item-not-found")) << dropped;
    EXPECT_FALSE(node_->closed(alice_));
    node_->advance(base::Duration::seconds(1));
    EXPECT_EQ(node_->service().session_count(), 1u) << dropped;  // bob's
    EXPECT_EQ(node_->store.offline_messages(), 3u) << dropped;
  }
}

TEST_F(Acks, StoredMessagesWaitForAcknowledgements) {
  xmpp::Options options = default_options();
  options.unacked_stanzas_max = 80;
  start(options);
  node_->drop(alice_);
  bob_writes(120);
  EXPECT_EQ(node_->store.offline_messages(), 120u);
  alice_ = node_->connect();
  enter(*node_, alice_, "alice", "wonderland", "desk");
  enable();
  EXPECT_EQ(count(says("<presence/>"), "<body>"), 50u);   // a page; her presence is one more
  EXPECT_EQ(count(says(a("10")), "<body>"), 0u);
  EXPECT_EQ(count(says(a("51")), "<body>"), 50u);
  node_->drop(alice_);
  EXPECT_EQ(count(resume(id_, "101"), "<body>"), 20u);
  EXPECT_FALSE(node_->closed(alice_));
  EXPECT_EQ(node_->store.offline_messages(), 20u) << "what was acknowledged has gone";
  says(a("121"));
  EXPECT_EQ(node_->store.offline_messages(), 0u);
}

TEST_F(Acks, APushThatWasNotAcknowledgedIsNotForTheNextSession) {
  enable();
  says("<iq type='get' id='g'><query xmlns='jabber:iq:roster'/></iq>");
  EXPECT_TRUE(has(says("<iq type='set' id='s'><query xmlns='jabber:iq:roster'>"
                       "<item jid='carol@localhost'/></query></iq>"),
                  "id='push-"));
  const FakeNode::Client next = node_->connect();
  enter(*node_, next, "alice", "wonderland", "desk");
  node_->advance(base::Duration::seconds(1));
  EXPECT_FALSE(has(node_->take(next), "jabber:iq:roster"));
}

TEST_F(Acks, ASilentClientIsDetachedAfterAMinute) {
  enable();
  bob_writes(1);
  const uint64_t before = trace::total(trace::Counter::xmpp_ack_timeouts);
  node_->advance(base::Duration::seconds(63));
  EXPECT_TRUE(has(node_->take(alice_), "<connection-timeout"));
  EXPECT_EQ(trace::total(trace::Counter::xmpp_ack_timeouts), before + 1);
  EXPECT_TRUE(has(resume(id_, "0"), "#1"));
}

TEST_F(Acks, TooHighACountEndsTheStreamWithBothNumbers) {
  enable();
  bob_writes(2);
  node_->take(alice_);
  const std::string error = says(a("3"));
  EXPECT_TRUE(has(error, "<undefined-condition"));
  EXPECT_TRUE(has(error, "<handled-count-too-high xmlns='urn:xmpp:sm:3' h='3' send-count='2'/>"));
}

TEST_F(Acks, CountsThatAreNoNumbersEndTheStream) {
  for (const base::Bytes h : {"", "x", "-1", "4294967296", "1.0", " 1"}) {
    start(default_options());
    enable();
    EXPECT_TRUE(has(says(a(h)), "<bad-format")) << h;
  }
}

TEST_F(Acks, ALostConnectionIsResumedAndNothingIsLostOrDoubled) {
  enable();
  bob_writes(3);
  node_->take(alice_);
  node_->drop(alice_);
  EXPECT_EQ(node_->service().session_count(), 2u);
  bob_writes(2, 4);
  const std::string answer = resume(id_, "2");
  EXPECT_TRUE(answer.starts_with("<resumed xmlns='urn:xmpp:sm:3' previd='" + id_ + "' h='0'/>"));
  EXPECT_FALSE(has(answer, "#2"));
  EXPECT_LT(answer.find("#3"), answer.find("#4"));
  EXPECT_LT(answer.find("#4"), answer.find("#5"));
  EXPECT_EQ(count(answer, "<message"), 3u);
  says(a("5"));
  bob_writes(1, 6);
  EXPECT_EQ(count(node_->take(alice_), "#6"), 1u);
  says("<message to='bob@localhost/phone'><body>back</body></message>");
  EXPECT_TRUE(has(node_->take(bob_), "from='alice@localhost/desk'"));
}

TEST_F(Acks, OurCountSurvivesResumption) {
  enable();
  says("<presence/><presence/>");
  node_->drop(alice_);
  EXPECT_EQ(attribute(resume(id_, "2"), "h"), "2");
  EXPECT_TRUE(has(says("<presence/>" + r()), a("3")));
}

TEST_F(Acks, ResumingTwiceAndAgainWorks) {
  enable();
  for (int i = 1; i <= 3; ++i) {
    node_->drop(alice_);
    bob_writes(1, i);
    EXPECT_TRUE(has(resume(id_, std::to_string(i - 1)), "#" + std::to_string(i)));
  }
}

TEST_F(Acks, TheOldConnectionIsReplacedWhereItStillLives) {
  enable();
  const auto old = alice_;
  bob_writes(1);
  node_->take(old);
  EXPECT_TRUE(has(resume(id_, "0"), "<resumed"));
  EXPECT_TRUE(has(node_->take(old), "<conflict"));
  EXPECT_TRUE(node_->closed(old));
  EXPECT_EQ(node_->service().session_count(), 2u);
  bob_writes(1, 2);
  EXPECT_TRUE(has(node_->take(alice_), "#2"));
}

TEST_F(Acks, WhatASessionHandsBackComesBeforeWhatTheNextOneIsSent) {
  enable();
  node_->drop(alice_);
  bob_writes(2);
  alice_ = node_->connect();
  enter(*node_, alice_, "alice", "wonderland", "desk");  // the other one ends with the next tick
  std::string heard = says("<presence/>");
  bob_writes(1, 3);
  heard += node_->take(alice_);
  node_->advance(base::Duration::seconds(1));
  heard += node_->take(alice_);
  for (const base::Bytes body : {"#1", "#2", "#3"}) EXPECT_EQ(count(heard, body), 1u) << body;
  EXPECT_LT(heard.find("#1"), heard.find("#2"));
  EXPECT_LT(heard.find("#2"), heard.find("#3"));
}

TEST_F(Acks, UnknownIdsAreNotFoundAndBindingStillWorks) {
  enable();
  node_->drop(alice_);
  for (const base::Bytes id : {"", "0", "00000000000000000000000000000000"}) {
    EXPECT_TRUE(has(resume(id, "0"), "<item-not-found")) << id;
  }
  EXPECT_TRUE(has(says(bind_request("sofa")), "<jid>alice@localhost/sofa</jid>"));
}

TEST_F(Acks, AnotherAccountsIdIsNotFound) {
  enable();
  node_->drop(alice_);
  const auto thief = node_->connect();
  log_in(*node_, thief, "bob", "builder");
  node_->send(thief, "<resume xmlns='urn:xmpp:sm:3' previd='" + id_ + "' h='0'/>");
  EXPECT_TRUE(has(node_->take(thief), "<item-not-found"));
  EXPECT_TRUE(has(resume(id_, "0"), "<resumed"));
}

TEST_F(Acks, ASessionThatMayNotBeResumedIsGone) {
  enable("");
  node_->drop(alice_);
  EXPECT_EQ(node_->service().session_count(), 1u);
}

TEST_F(Acks, ACloseInPeaceEndsTheSession) {
  enable();
  says("</stream:stream>");
  EXPECT_EQ(node_->service().session_count(), 1u);
  EXPECT_TRUE(has(resume(id_, "0"), "<item-not-found"));
}

TEST_F(Acks, AStreamErrorOfOursEndsTheSession) {
  enable();
  says("<unknown/>");
  EXPECT_TRUE(has(resume(id_, "0"), "<item-not-found"));
}

TEST_F(Acks, EveryWayToLoseAConnectionCanBeResumed) {
  using engine::CloseReason;
  for (const CloseReason why : {CloseReason::by_peer, CloseReason::network,
                                CloseReason::send_limit}) {
    start(default_options());
    enable();
    node_->drop(alice_, why);
    EXPECT_TRUE(has(resume(id_, "0"), "<resumed")) << static_cast<int>(why);
  }
}

TEST_F(Acks, ACountTooHighOnResumptionEndsTheNewStreamOnly) {
  enable();
  node_->drop(alice_);
  EXPECT_TRUE(has(resume(id_, "7"), "<handled-count-too-high"));
  EXPECT_TRUE(node_->closed(alice_));
  EXPECT_TRUE(has(resume(id_, "0"), "<resumed"));
}

TEST_F(Acks, ACountThatIsNoNumberOnResumptionFails) {
  enable();
  node_->drop(alice_);
  EXPECT_TRUE(has(resume(id_, "many"), "<failed xmlns='urn:xmpp:sm:3'><bad-request"));
}

TEST_F(Acks, WhatIsNotAcknowledgedInTimeGoesToOfflineStorage) {
  enable(" resume='true' max='30'");
  bob_writes(3);
  says(a("1"));
  node_->drop(alice_);
  node_->advance(base::Duration::seconds(29));
  EXPECT_EQ(node_->service().session_count(), 2u);
  node_->advance(base::Duration::seconds(2));
  EXPECT_EQ(node_->service().session_count(), 1u);
  EXPECT_EQ(node_->store.offline_messages(), 2u);
  EXPECT_TRUE(has(resume(id_, "1"), "<item-not-found"));
  says(bind_request("desk"));
  const std::string stored = says("<presence/>");
  EXPECT_FALSE(has(stored, "#1"));
  EXPECT_TRUE(has(stored, "#2"));
  EXPECT_TRUE(has(stored, "#3"));
}

TEST_F(Acks, AnUnansweredIqComesBackAsAnErrorWhenTheSessionEnds) {
  enable(" resume='true' max='30'");
  const auto tablet = node_->connect();
  enter(*node_, tablet, "alice", "wonderland", "tablet");
  node_->send(tablet, "<iq type='get' id='q' to='alice@localhost/desk'><x xmlns='y'/></iq>");
  node_->drop(alice_);
  EXPECT_EQ(node_->take(tablet), "");
  node_->advance(base::Duration::seconds(31));
  const std::string answer = node_->take(tablet);
  EXPECT_TRUE(has(answer, "id='q'"));
  EXPECT_TRUE(has(answer, "<service-unavailable"));
}

TEST_F(Acks, ContactsLearnOfTheEndOnlyWhenTheSessionEnds) {
  const auto tablet = node_->connect();
  enter(*node_, tablet, "alice", "wonderland", "tablet");
  node_->send(tablet, "<presence/>");
  enable(" resume='true' max='30'");
  node_->take(tablet);
  node_->drop(alice_);
  EXPECT_EQ(node_->take(tablet), "");
  node_->advance(base::Duration::seconds(31));
  EXPECT_TRUE(has(node_->take(tablet), "type='unavailable'"));
}

TEST_F(Acks, TooManyUnacknowledgedStanzasEndTheSessionAndNoneIsLost) {
  xmpp::Options options = default_options();
  options.unacked_stanzas_max = 10;
  start(options);
  enable();
  const uint64_t before = trace::total(trace::Counter::xmpp_limit_unacked);
  bob_writes(11);
  EXPECT_TRUE(has(node_->take(alice_), "<policy-violation"));
  EXPECT_EQ(trace::total(trace::Counter::xmpp_limit_unacked), before + 1);
  node_->advance(base::Duration::seconds(1));
  EXPECT_EQ(node_->service().session_count(), 1u);
  EXPECT_EQ(node_->store.offline_messages(), 11u);
}

TEST_F(Acks, WhenTheShardHoldsTooMuchWhoeverHoldsALotEndsAndNothingIsLost) {
  xmpp::Options options = default_options();
  options.unacked_bytes_max = 2 * 4096;
  options.unacked_shard_bytes_max = 6000;
  start(options);
  enable();
  const uint64_t before = trace::total(trace::Counter::xmpp_limit_unacked);
  for (int i = 0; i < 60 && !has(node_->take(alice_), "<policy-violation"); ++i) bob_writes(1);
  EXPECT_EQ(trace::total(trace::Counter::xmpp_limit_unacked), before + 1);
  EXPECT_GT(node_->service().unacked_bytes(), 6000u);
  node_->advance(base::Duration::seconds(1));
  EXPECT_EQ(node_->service().session_count(), 1u);
  EXPECT_EQ(node_->service().unacked_bytes(), 0u);
  EXPECT_GT(node_->store.offline_messages(), 11u);
}

TEST_F(Acks, BetweenTheLimitAndTheEndTheSenderIsToldToTryAgain) {
  xmpp::Options options = default_options();
  options.unacked_stanzas_max = 10;
  start(options);
  enable();
  node_->take(bob_);
  bob_writes(20);
  EXPECT_EQ(count(node_->take(bob_), "<resource-constraint"), 9u);
  node_->advance(base::Duration::seconds(1));
  EXPECT_EQ(node_->store.offline_messages(), 11u);
}

TEST_F(Acks, ADetachedSessionHasTheSameLimitInBytes) {
  xmpp::Options options = default_options();
  options.unacked_bytes_max = 2000;
  start(options);
  enable();
  node_->drop(alice_);
  const std::string large = "<message to='alice@localhost/desk'><body>" + std::string(3000, 'x') +
                            "</body></message>";
  node_->send(bob_, large);
  node_->advance(base::Duration::seconds(1));
  EXPECT_EQ(node_->service().session_count(), 2u);  // one always fits
  node_->send(bob_, large);
  node_->advance(base::Duration::seconds(1));
  EXPECT_EQ(node_->service().session_count(), 1u);
  EXPECT_EQ(node_->store.offline_messages(), 2u);
}

TEST_F(Acks, AStoredMessageOfAnySizeLetsItsReaderIn) {
  xmpp::Options options = default_options();
  options.unacked_bytes_max = 4096;
  start(options);
  node_->drop(alice_);
  node_->send(bob_, "<message to='alice@localhost' type='chat'><body>" + std::string(5000, 'x') +
                        "</body></message>");
  bob_writes(1);
  alice_ = node_->connect();
  enter(*node_, alice_, "alice", "wonderland", "desk");
  enable();
  const std::string got = says("<presence/>");
  EXPECT_TRUE(has(got, "xxx</body>"));
  EXPECT_FALSE(has(got, "<stream:error>")) << got.substr(got.size() - 200);
  EXPECT_FALSE(node_->closed(alice_));
}

TEST_F(Acks, ResultsAndPushesAreCountedLikeAnyStanza) {
  enable();
  says("<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>");
  EXPECT_EQ(says(a("1")), "");
  says("<iq type='set' id='s'><query xmlns='jabber:iq:roster'>"
       "<item jid='bob@localhost' name='Bob'/></query></iq>");
  EXPECT_EQ(says(a("3")), "");   // the result and the push
  EXPECT_TRUE(has(says(a("4")), "<handled-count-too-high"));
}

TEST_F(Acks, ShutdownHandsBackWhatNobodyCanComeBackTo) {
  enable("");
  bob_writes(2);
  node_->drop(alice_);
  node_->shut_down();
  EXPECT_EQ(node_->store.offline_messages(), 2u);
}

TEST_F(Acks, TheListShowsTheState) {
  enable();
  bob_writes(1);
  node_->drop(alice_);
  node_->service().for_each_session([&](const xmpp::SessionFacts& facts) {
    if (facts.jid != "alice@localhost/desk") return;
    EXPECT_EQ(facts.stream_management, "detached");
    EXPECT_EQ(facts.unacked, 1u);
    EXPECT_EQ(facts.remote_address, "");
  });
}

TEST_F(Acks, ResumptionFindsTheSessionOnTheOwnersShard) {
  FakeNode node(3);
  node.partition.owners["alice@localhost"] = 2;
  const auto first = node.connect(1, 0);
  enter(node, first, "alice", "wonderland", "desk");
  node.send(first, "<enable xmlns='urn:xmpp:sm:3' resume='true'/>");
  const std::string id = attribute(node.take(first), "id");
  node.drop(first);
  const auto second = node.connect(1, 1);
  log_in(node, second);
  node.send(second, "<resume xmlns='urn:xmpp:sm:3' previd='" + id + "' h='0'/>");
  EXPECT_TRUE(has(node.take(second), "<resumed"));
}

TEST_F(Acks, StanzasPipelinedBehindResumeAreHandled) {
  enable();
  node_->drop(alice_);
  alice_ = node_->connect();
  log_in(*node_, alice_);
  const std::string answer =
      says("<resume xmlns='urn:xmpp:sm:3' previd='" + id_ + "' h='0'/><presence/>" + r());
  EXPECT_TRUE(has(answer, a("1"))) << answer;
}

}  // namespace
}  // namespace xmpp_test
