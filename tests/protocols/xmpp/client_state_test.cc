// Client state indication (XEP-0352).
#include "protocols/xmpp/client_state.h"

#include <gtest/gtest.h>

#include "engine/trace/counters.h"
#include "tests/protocols/xmpp/support/dialogue.h"

namespace xmpp_test {
namespace {

constexpr base::Bytes kInactive = "<inactive xmlns='urn:xmpp:csi:0'/>";
constexpr base::Bytes kActive = "<active xmlns='urn:xmpp:csi:0'/>";

TEST(ClientState, KeepsTheLatestPresenceOfEachSenderInOrder) {
  xmpp::ClientState state;
  EXPECT_FALSE(state.keep("a@x/1", "first"));
  EXPECT_FALSE(state.keep("b@x/1", "second"));
  EXPECT_FALSE(state.keep("", "message"));
  EXPECT_TRUE(state.keep("a@x/1", "third"));
  EXPECT_EQ(state.size(), 3u);
  std::string all;
  state.for_each([&](base::Bytes stanza) { all.append(stanza).push_back(' '); });
  EXPECT_EQ(all, "second message third ");
}

TEST(ClientState, AThousandChangesOfOneSenderStayOne) {
  xmpp::ClientState state;
  for (int i = 0; i < 1000; ++i) state.keep("a@x/1", std::to_string(i));
  EXPECT_EQ(state.size(), 1u);
  state.for_each([](base::Bytes stanza) { EXPECT_EQ(stanza, "999"); });
}

class Inactive : public testing::Test {
 protected:
  void SetUp() override { start(default_options()); }
  void start(xmpp::Options options) {
    node_ = std::make_unique<FakeNode>(1, options);
    alice_ = node_->connect();
    enter(*node_, alice_, "alice", "wonderland", "desk");
    other_ = node_->connect();
    enter(*node_, other_, "alice", "wonderland", "tablet");
    node_->send(alice_, "<presence/>");
    node_->send(other_, "<presence/>");
    node_->send(alice_, kInactive);
    node_->take(alice_);
  }
  // Presence of her own tablet reaches her desk: no roster is needed for that.
  void tablet_says(const std::string& xml) { node_->send(other_, xml); }
  std::unique_ptr<FakeNode> node_;
  FakeNode::Client alice_ = 0;
  FakeNode::Client other_ = 0;
};

TEST(ClientState, CountsTheBytesOfWhatItStillHolds) {
  xmpp::ClientState state;
  state.keep("a@x/1", "12345");
  state.keep("", "123");
  EXPECT_EQ(state.bytes(), 8u);
  state.keep("a@x/1", "1");
  EXPECT_EQ(state.bytes(), 4u);
}

TEST_F(Inactive, ALotOfBytesIsSentAtOnce) {
  const std::string large = "<x xmlns='urn:x'>" + std::string(30000, 'x') + "</x>";
  const std::string message = "<message to='alice@localhost/desk'>" + large + "</message>";
  tablet_says(message);
  tablet_says(message);
  EXPECT_EQ(node_->take(alice_), "");
  tablet_says(message);
  EXPECT_EQ(count(node_->take(alice_), "</message>"), 3u);
}

TEST_F(Inactive, PresenceWaitsAndOnlyTheLastArrives) {
  tablet_says("<presence><show>away</show></presence>");
  tablet_says("<presence><show>dnd</show></presence>");
  EXPECT_EQ(node_->take(alice_), "");
  node_->send(alice_, kActive);
  const std::string got = node_->take(alice_);
  EXPECT_EQ(count(got, "<presence"), 1u);
  EXPECT_TRUE(has(got, "dnd"));
}

TEST_F(Inactive, AMessageWithABodyComesAtOnceBehindWhatWaited) {
  tablet_says("<presence><show>away</show></presence>");
  tablet_says("<message to='alice@localhost/desk' type='chat'><body>x</body></message>");
  const std::string got = node_->take(alice_);
  EXPECT_LT(got.find("away"), got.find("<body>"));
  tablet_says("<presence/>");
  EXPECT_EQ(node_->take(alice_), "");   // still inactive
}

TEST_F(Inactive, ChatStatesAreDropped) {
  tablet_says("<message to='alice@localhost/desk' type='chat'>"
              "<composing xmlns='http://jabber.org/protocol/chatstates'/></message>");
  node_->send(alice_, kActive);
  EXPECT_EQ(node_->take(alice_), "");
}

TEST_F(Inactive, ReceiptsWaitAndIqsDoNot) {
  tablet_says("<message to='alice@localhost/desk'><received xmlns='urn:xmpp:receipts' id='1'/>"
              "</message>");
  EXPECT_EQ(node_->take(alice_), "");
  tablet_says("<iq type='get' id='q' to='alice@localhost/desk'><ping xmlns='urn:xmpp:ping'/></iq>");
  const std::string got = node_->take(alice_);
  EXPECT_LT(got.find("<received"), got.find("<iq"));
}

TEST_F(Inactive, AFullQueueIsFlushedAndCounted) {
  xmpp::Options options = default_options();
  options.csi_queue_max = 3;
  start(options);
  const uint64_t before = trace::total(trace::Counter::xmpp_limit_held_inactive);
  for (int i = 0; i < 4; ++i) {
    tablet_says("<message to='alice@localhost/desk'><received xmlns='urn:xmpp:receipts' id='1'/>"
                "</message>");
  }
  EXPECT_EQ(count(node_->take(alice_), "<message"), 4u);
  EXPECT_EQ(trace::total(trace::Counter::xmpp_limit_held_inactive), before + 1);
}

TEST_F(Inactive, WhatWaitedSurvivesALostConnectionAndTheClientIsActiveAgain) {
  node_->send(alice_, "<enable xmlns='urn:xmpp:sm:3' resume='true'/>");
  const std::string id = attribute(node_->take(alice_), "id");
  tablet_says("<presence><show>away</show></presence>");
  node_->drop(alice_);
  const auto again = node_->connect();
  log_in(*node_, again);
  node_->send(again, "<resume xmlns='urn:xmpp:sm:3' previd='" + id + "' h='0'/>");
  EXPECT_TRUE(has(node_->take(again), "away"));
  tablet_says("<presence><show>dnd</show></presence>");
  EXPECT_TRUE(has(node_->take(again), "dnd"));
}

TEST_F(Inactive, SayingItTwiceOrSomethingElse) {
  node_->send(alice_, kInactive);
  node_->send(alice_, kActive);
  node_->send(alice_, kActive);
  EXPECT_EQ(node_->take(alice_), "");
  node_->send(alice_, "<sleepy xmlns='urn:xmpp:csi:0'/>");
  EXPECT_TRUE(has(node_->take(alice_), "<unsupported-stanza-type"));
}

}  // namespace
}  // namespace xmpp_test
