#include "protocols/sip/event/message_waiting.h"

#include "tests/protocols/sip/event/stage.h"

namespace sip {
namespace {

// Asked for by a desk of the peer that has `watches`, as a call manager does for its phones.
struct MessageWaitingTest : testing::Test, EventStage {
  void ask(const std::string& expires = "600") {
    const std::string text =
        request("SUBSCRIBE", "Event: message-summary\r\nExpires: " + expires + "\r\n");
    call_id = field(text, "Call-ID");
    datagram(text);
  }
  void ask_again(const std::string& to, const std::string& expires) {
    datagram(
        request("SUBSCRIBE", "Event: message-summary\r\nExpires: " + expires + "\r\n", "", to));
  }
  im::User& alice() { return *realm->find_user("alice@xmpp.example"); }
  void wait_in_store(uint64_t count) {
    alice().offline_count = count;
    engine::Turn here = turn();
    notifier->look_again("alice@xmpp.example", message_waiting, here);
    settle();
  }
  bool says(const std::string& text) const { return sent.back().find(text) != std::string::npos; }
};

TEST_F(MessageWaitingTest, TellsHowManyWait) {
  ask();
  ASSERT_EQ(what(sent.back()), "NOTIFY");
  EXPECT_EQ(last("Event"), "message-summary");
  EXPECT_EQ(last("Content-Type"), "application/simple-message-summary");
  EXPECT_TRUE(says("Messages-Waiting: no\r\nMessage-Account: sip:alice@xmpp.example\r\n"));
  EXPECT_TRUE(says("Text-Message: 0/0 (0/0)\r\n"));
  agree();
  wait_in_store(1);
  advance(2);
  EXPECT_TRUE(says("Messages-Waiting: yes\r\n"));
  EXPECT_TRUE(says("Text-Message: 1/0 (0/0)\r\n"));
  agree();
  wait_in_store(0);
  advance(2);
  EXPECT_TRUE(says("Messages-Waiting: no\r\n"));
}

TEST_F(MessageWaitingTest, ManyChangesInASecondAreOneNotify) {
  ask();
  agree();
  sent.clear();
  for (uint64_t count = 1; count <= 50; ++count) wait_in_store(count);
  EXPECT_EQ(all(), "");
  advance(2);
  ASSERT_FALSE(sent.empty());
  const std::string number = field(sent.front(), "CSeq");
  for (const std::string& one : sent) EXPECT_EQ(field(one, "CSeq"), number);  // by datagram
  EXPECT_TRUE(says("Text-Message: 50/0"));
  agree();
  sent.clear();
  wait_in_store(50);  // no change
  say(im::LineState::busy);
  advance(10);
  EXPECT_EQ(all(), "");
}

TEST_F(MessageWaitingTest, WhatIsOnItsWayIntoTheStoreDoesNotWaitYet) {
  ask();
  agree();
  alice().appending = 1;
  wait_in_store(1);
  advance(2);
  EXPECT_EQ(what(sent.back()), "NOTIFY");
  EXPECT_TRUE(says("Messages-Waiting: no\r\n"));
  alice().appending = 0;
  wait_in_store(1);
  advance(2);
  EXPECT_TRUE(says("Messages-Waiting: yes\r\n"));
}

TEST_F(MessageWaitingTest, WhatNoClientHasConfirmedStillWaits) {
  ask();
  agree();
  wait_in_store(2);
  advance(2);
  agree();
  sent.clear();
  alice().handed = {1, 2};
  wait_in_store(0);
  advance(2);
  EXPECT_EQ(all(), "");
  alice().handed.clear();
  wait_in_store(0);
  advance(2);
  EXPECT_TRUE(says("Messages-Waiting: no\r\n"));
}

TEST_F(MessageWaitingTest, ARefreshOrAnEndDoesNotWaitForMoreChanges) {
  ask();
  const std::string to = last("From");
  agree();
  wait_in_store(3);
  sent.clear();
  ask_again(to, "600");
  EXPECT_EQ(what(sent.front()) + what(sent.back()), "200NOTIFY");
  EXPECT_TRUE(says("Text-Message: 3/0"));
  agree();
  wait_in_store(4);
  sent.clear();
  ask_again(to, "0");
  EXPECT_EQ(what(sent.front()) + what(sent.back()), "200NOTIFY");
  EXPECT_TRUE(says("Subscription-State: terminated"));
  agree();
  EXPECT_EQ(notifier->size(), 0u);
}

TEST_F(MessageWaitingTest, ItIsForHerselfAndThosePeersThatSeeEverything) {
  datagram(request("SUBSCRIBE", "Event: message-summary\r\n", "", "", "dave@ask.example"),
           "192.0.2.2");
  EXPECT_EQ(all(), "403 ");
}

TEST_F(MessageWaitingTest, ItGoesOnAfterARestart) {
  ask();
  agree();
  std::vector<engine::JournalEntry> entries = log.recovered();
  sent.clear();
  end();
  begin();
  {
    engine::Turn here = turn();
    notifier->on_recovered(im::take_out(im::EntryKind::subscription, entries), here);
  }
  settle();
  alice().offline_count = 2;
  advance(2);
  ASSERT_FALSE(sent.empty());
  EXPECT_EQ(last("Event"), "message-summary");
  EXPECT_TRUE(says("Text-Message: 2/0"));
}

TEST_F(MessageWaitingTest, WhomSheBlocksIsToldThatNothingWaits) {
  ask();
  agree();
  wait_in_store(2);
  advance(2);
  agree();
  engine::Turn here = turn();
  realm->presentity(alice()).decide("desk@sip.example", im::WatchState::blocked, here);
  settle();
  EXPECT_TRUE(says("Messages-Waiting: no\r\n"));
}

}  // namespace
}  // namespace sip
