// What leaves only when it is on the disk, and what a node that starts again makes of its journal.
#include <gtest/gtest.h>

#include <memory>

#include "tests/protocols/xmpp/support/dialogue.h"

namespace xmpp_test {
namespace {

class Restart : public testing::Test {
 protected:
  void SetUp() override {
    bob_ = node_->connect();
    enter(*node_, bob_, "bob", "builder", "phone");
    alice_ = node_->connect();
    enter(*node_, alice_, "alice", "wonderland", "desk");
    alice_id_ = enable(alice_);
    bob_id_ = enable(bob_);
    for (const auto client : {alice_, bob_}) {
      node_->send(client, "<presence/>");
      node_->take(client);
    }
  }
  std::string enable(FakeNode::Client client) {
    return attribute(says(client, "<enable xmlns='urn:xmpp:sm:3' resume='true'/>"), "id");
  }
  std::string says(FakeNode::Client client, const std::string& xml) {
    node_->send(client, xml);
    return node_->take(client);
  }
  std::string writes(FakeNode::Client client, base::Bytes to, int number) {
    return says(client, "<message to='" + std::string(to) + "' type='chat' id='m" +
                            std::to_string(number) + "'><body>#" + std::to_string(number) +
                            "</body></message>");
  }
  void crash() {
    auto next = std::make_unique<FakeNode>();
    next->start_after(*node_);
    dead_ = std::move(node_);
    node_ = std::move(next);
  }
  std::string resume(FakeNode::Client& client, base::Bytes user, base::Bytes password,
                     base::Bytes id, int h) {
    client = node_->connect();
    log_in(*node_, client, user, password);
    return says(client, "<resume xmlns='urn:xmpp:sm:3' previd='" + std::string(id) + "' h='" +
                            std::to_string(h) + "'/>");
  }
  static std::string r() { return "<r xmlns='urn:xmpp:sm:3'/>"; }
  static std::string a(int h) {
    return "<a xmlns='urn:xmpp:sm:3' h='" + std::to_string(h) + "'/>";
  }

  std::unique_ptr<FakeNode> node_ = std::make_unique<FakeNode>();
  std::unique_ptr<FakeNode> dead_;
  FakeNode::Client alice_ = 0;
  FakeNode::Client bob_ = 0;
  std::string alice_id_;
  std::string bob_id_;
};

TEST_F(Restart, AnAcknowledgementWaitsForTheDiskAndDeliveryDoesNot) {
  node_->log().hold();
  EXPECT_EQ(writes(alice_, "bob@localhost", 1), "");
  EXPECT_TRUE(has(node_->take(bob_), "#1"));
  EXPECT_EQ(says(alice_, r()), "");
  EXPECT_EQ(says(alice_, r()), "");
  writes(alice_, "bob@localhost", 2);
  EXPECT_EQ(says(alice_, r()), "");
  node_->commit();
  EXPECT_EQ(node_->take(alice_), a(2)) << "presence and the first message, as it was asked";
  node_->commit();
  EXPECT_EQ(node_->take(alice_), a(3)) << "those that were asked for meanwhile, together";
}

TEST_F(Restart, NoMessageIsGivenTheIdOfOneBeforeTheCrash) {
  node_->send(alice_, "<message to='bob@localhost' type='chat'><body>before</body></message>");
  const std::string before = attribute(node_->take(bob_), "id");
  says(bob_, a(1));  // nothing of it is left to be recovered
  crash();           // and time stands still
  bob_ = node_->connect();
  enter(*node_, bob_, "bob", "builder", "phone");
  alice_ = node_->connect();
  enter(*node_, alice_, "alice", "wonderland", "desk");
  says(bob_, "<presence/>");
  node_->send(alice_, "<message to='bob@localhost' type='chat'><body>after</body></message>");
  const std::string after = attribute(node_->take(bob_), "id");
  EXPECT_EQ(before.substr(0, 13), after.substr(0, 13)) << "the same time";
  EXPECT_NE(before.substr(0, 16), after.substr(0, 16));
}

TEST_F(Restart, AResumptionWaitsForTheDisk) {
  writes(alice_, "bob@localhost", 1);
  node_->log().hold();
  writes(alice_, "bob@localhost", 2);
  const FakeNode::Client old = alice_;
  EXPECT_EQ(resume(alice_, "alice", "wonderland", alice_id_, 1), "");
  EXPECT_TRUE(has(node_->take(old), "<conflict"));
  EXPECT_EQ(writes(alice_, "bob@localhost", 3), "") << "it is held";
  node_->take(bob_);
  node_->commit();
  EXPECT_TRUE(node_->take(alice_).starts_with("<resumed "));
  EXPECT_TRUE(has(node_->take(bob_), "#3"));
}

TEST_F(Restart, ASessionComesBackWithWhatItMissed) {
  for (int i = 1; i <= 3; ++i) writes(alice_, "bob@localhost/phone", i);
  const std::string before = node_->take(bob_);
  says(bob_, a(2));   // its own presence, and the first
  crash();
  const std::string answer = resume(bob_, "bob", "builder", bob_id_, 3);
  EXPECT_TRUE(answer.starts_with("<resumed ")) << answer;
  EXPECT_FALSE(has(answer, "#2")) << answer;
  EXPECT_TRUE(has(answer, "#3")) << answer;
  const std::string id = "<stanza-id xmlns='urn:xmpp:sid:0' id='";
  const std::string third = before.substr(before.rfind(id), id.size() + 24);
  EXPECT_TRUE(has(answer, third)) << "the same message has the same id";
  says(bob_, a(4));
  EXPECT_EQ(node_->log().entries.size(), 2u) << "the two sessions";
}

TEST_F(Restart, WhatTheClientSendsAgainIsTakenOnce) {
  writes(alice_, "bob@localhost", 1);
  EXPECT_EQ(says(alice_, r()), a(2));
  writes(alice_, "bob@localhost", 2);   // not acknowledged, but on the disk
  node_->take(bob_);
  crash();
  resume(bob_, "bob", "builder", bob_id_, 3);
  const std::string answer = resume(alice_, "alice", "wonderland", alice_id_, 1);
  EXPECT_EQ(attribute(answer, "h"), "2") << answer;
  node_->take(bob_);
  writes(alice_, "bob@localhost", 2);
  writes(alice_, "bob@localhost", 3);
  const std::string got = node_->take(bob_);
  EXPECT_FALSE(has(got, "#2")) << got;
  EXPECT_TRUE(has(got, "#3")) << got;
  EXPECT_EQ(says(alice_, r()), a(4));
}

TEST_F(Restart, NobodyComesBackAndTheMessagesAreStored) {
  for (int i = 1; i <= 3; ++i) writes(alice_, "bob@localhost/phone", i);
  crash();
  EXPECT_EQ(node_->store.offline_messages(), 0u);
  node_->advance(base::Duration::seconds(301));
  EXPECT_EQ(node_->store.offline_messages(), 3u);
  EXPECT_TRUE(node_->log().entries.empty());
  const FakeNode::Client bob = node_->connect();
  enter(*node_, bob, "bob", "builder", "phone");
  const std::string got = says(bob, "<presence/>");
  EXPECT_EQ(count(got, "<body>"), 3u) << got;
}

TEST_F(Restart, TheSenderIsToldIfThatIsWanted) {
  xmpp::Options options = default_options();
  options.unacked = xmpp::UnackedPolicy::bounce;
  node_->set_options(options);
  const FakeNode::Client sender = node_->connect();
  enter(*node_, sender, "alice", "wonderland", "plain");
  writes(sender, "bob@localhost/phone", 1);
  node_->drop(bob_);
  node_->advance(base::Duration::seconds(301));
  EXPECT_TRUE(has(node_->take(sender), "recipient-unavailable"));
  EXPECT_EQ(node_->store.offline_messages(), 0u);
}

TEST_F(Restart, ANewSessionInsteadGetsWhatTheOldOneMissed) {
  for (int i = 1; i <= 2; ++i) writes(alice_, "bob@localhost/phone", i);
  crash();
  const FakeNode::Client bob = node_->connect();
  enter(*node_, bob, "bob", "builder", "phone");
  std::string got = says(bob, "<presence/>");
  node_->advance(base::Duration::seconds(1));
  got += node_->take(bob);
  EXPECT_EQ(count(got, "<body>"), 2u) << got;
}

TEST_F(Restart, WithoutStreamManagementTheSocketIsEnough) {
  const FakeNode::Client tablet = node_->connect();
  enter(*node_, tablet, "bob", "builder", "tablet");
  says(tablet, "<presence/>");
  const size_t before = node_->log().entries.size();
  writes(alice_, "bob@localhost/tablet", 1);
  EXPECT_TRUE(has(node_->take(tablet), "#1"));
  EXPECT_EQ(node_->log().entries.size(), before);
}

TEST_F(Restart, AResumedClientLearnsWhoIsThereNow) {
  const std::string both = "<iq type='set' id='r'><query xmlns='jabber:iq:roster'><item jid='";
  says(alice_, both + "bob@localhost'/></query></iq>");
  says(alice_, "<presence to='bob@localhost' type='subscribe'/>");
  says(bob_, "<presence to='alice@localhost' type='subscribed'/>");
  node_->take(alice_);
  crash();
  const std::string answer = resume(alice_, "alice", "wonderland", alice_id_, 9);
  EXPECT_TRUE(has(answer, "from='bob@localhost/phone'")) << answer;
}

TEST_F(Restart, AStoppedNodesSessionsComeBackToo) {
  writes(alice_, "bob@localhost/phone", 1);
  node_->shut_down();
  EXPECT_TRUE(has(node_->take(alice_), "system-shutdown"));
  crash();
  const std::string answer = resume(bob_, "bob", "builder", bob_id_, 1);
  EXPECT_TRUE(has(answer, "#1")) << answer;
}

TEST_F(Restart, DamagedEntriesAreForgottenAndCounted) {
  crash();
  auto next = std::make_unique<FakeNode>();
  node_->log().put({16, 99}, "no snapshot");
  node_->log().put({1, 98}, "no stanza");
  crash();
  EXPECT_FALSE(node_->log().holds({16, 99}));
  EXPECT_FALSE(node_->log().holds({1, 98}));
  EXPECT_TRUE(resume(bob_, "bob", "builder", bob_id_, 1).starts_with("<resumed "));
}

}  // namespace
}  // namespace xmpp_test
