#include "protocols/sip/event/notifier.h"

#include "tests/protocols/sip/event/stage.h"

namespace sip {
namespace {

const std::string kEvent = "Event: presence\r\n";

struct NotifierTest : testing::Test, EventStage {
  // Leaves what was sent for the caller to look at.
  void subscribe(const std::string& more = "Expires: 600\r\n", const std::string& to = "",
                 const std::string& from = "desk@sip.example",
                 const std::string& peer = "192.0.2.1") {
    sent.clear();
    const std::string text = request("SUBSCRIBE", kEvent + more, "", to, from);
    if (to.empty()) call_id = field(text, "Call-ID");
    datagram(text, peer);
  }
  // Answered, notified, and that answered.
  std::string establish() {
    subscribe();
    const std::string to = field(sent.at(0), "To");
    agree();
    sent.clear();
    return to;
  }
  std::string state() const { return last("Subscription-State"); }
  // As restart(), but nobody is in memory, and the store has not been heard.
  void forget() {
    std::vector<engine::JournalEntry> entries = log.recovered();
    end();
    begin_realm();
    begin();
    engine::Turn here = turn();
    notifier->on_recovered(im::take_out(im::EntryKind::subscription, entries), here);
  }
  void restart() {
    std::vector<engine::JournalEntry> entries = log.recovered();
    end();
    begin();
    {
      engine::Turn here = turn();
      notifier->on_recovered(im::take_out(im::EntryKind::subscription, entries), here);
    }
    settle();
    advance(1);
  }
};

// Whoever speaks from 192.0.2.7 is bob, and from .8 carol, both of ours.
struct ClientTest : NotifierTest, Gate {
  ClientTest() { service->set_gate(*this); }

  bool screen(const Claim& claim, engine::Owner&, Verdict& verdict, engine::Turn&) override {
    verdict.status = 403;
    const uint8_t host = claim.source.remote.octets[3];
    return host == 7 || host == 8;
  }
  void check(const Claim& claim, engine::Turn& turn) override {
    const bool bob = claim.source.remote.octets[3] == 7;
    service->decide(claim, {.account = bob ? "bob@xmpp.example" : "carol@xmpp.example"}, turn);
  }
  void challenge(const Claim&, bool, Writer&, engine::Turn&) override {}

  void client(const std::string& more = "Expires: 600\r\n", const std::string& to = "",
              const std::string& host = "192.0.2.7") {
    subscribe(more, to, host == "192.0.2.7" ? "bob@xmpp.example" : "carol@xmpp.example", host);
  }
  void decide(im::WatchState state) {
    engine::Turn here = turn();
    realm->presentity(*realm->find_user("alice@xmpp.example"))
        .decide("bob@xmpp.example", state, here);
    settle();
  }
};

TEST_F(NotifierTest, AnswersThenNotifies) {
  subscribe();
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(what(sent[0]), "200");
  EXPECT_EQ(field(sent[0], "Expires"), "600");
  EXPECT_EQ(field(sent[0], "Contact"), "<sip:xmpp.example>");
  EXPECT_EQ(what(sent[1]), "NOTIFY");
  EXPECT_EQ(sent[1].substr(0, 27), "NOTIFY sip:192.0.2.1 SIP/2.");
  EXPECT_EQ(last("From"), field(sent[0], "To"));
  EXPECT_EQ(last("Event"), "presence");
  EXPECT_EQ(state(), "active;expires=600");
  EXPECT_NE(sent[1].find("<basic>closed</basic>"), std::string::npos);
  EXPECT_EQ(notifier->size(), 1u);
}

TEST_F(NotifierTest, IsAnsweredWhenItIsOnTheDisk) {
  log.hold();
  {
    engine::Turn here = turn();
    service->on_datagram({0, base::parse_address("192.0.2.1", 5060), request("SUBSCRIBE", kEvent)},
                         here);
  }
  settle();
  EXPECT_TRUE(sent.empty());
  commit();
  EXPECT_EQ(all(), "200 NOTIFY ");
}

TEST_F(NotifierTest, OneNotifyAtATimeAndTheLastState) {
  subscribe();
  say(im::LineState::busy);
  say(im::LineState::idle);
  say(im::LineState::busy);
  EXPECT_EQ(sent.size(), 2u);  // the first NOTIFY has not been answered
  const int first = std::stoi(last("CSeq"));
  agree();
  ASSERT_EQ(sent.size(), 3u);
  EXPECT_NE(sent[2].find("on-the-phone"), std::string::npos);
  EXPECT_EQ(std::stoi(last("CSeq")), first + 1);
  agree();
  EXPECT_EQ(sent.size(), 3u);
}

TEST_F(NotifierTest, EndsWhenAskedTo) {
  const std::string to = establish();
  subscribe("Expires: 0\r\n", to);
  EXPECT_EQ(what(sent.at(0)), "200");
  EXPECT_EQ(state(), "terminated;reason=timeout");
  agree();
  EXPECT_EQ(notifier->size(), 0u);
  subscribe("Expires: 600\r\n", to);
  EXPECT_EQ(all(), "481 ");
  EXPECT_TRUE(log.entries.empty());
}

TEST_F(NotifierTest, ExpiresUnlessRefreshed) {
  const std::string to = establish();
  advance(500);
  subscribe("Expires: 600\r\n", to);
  agree();
  advance(500);
  EXPECT_EQ(notifier->size(), 1u);
  sent.clear();
  advance(101);
  ASSERT_EQ(what(sent.at(0)), "NOTIFY");
  EXPECT_EQ(state(), "terminated;reason=timeout");
  advance(40);  // nobody answers
  EXPECT_EQ(notifier->size(), 0u);
}

TEST_F(NotifierTest, AsksOnce) {
  subscribe("Expires: 0\r\n");
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(state(), "terminated;reason=timeout");
  EXPECT_NE(sent[1].find("<basic>closed</basic>"), std::string::npos);
  agree();
  EXPECT_EQ(notifier->size(), 0u);
}

TEST_F(NotifierTest, WhoIsNotKnownWaits) {
  subscribe("Expires: 600\r\n", "", "dave@ask.example", "192.0.2.2");
  EXPECT_EQ(state(), "pending;expires=600");
  EXPECT_EQ(last("Content-Length"), "0");
  agree();
  im::Presentity& alice = realm->presentity(*realm->find_user("alice@xmpp.example"));
  engine::Turn here = turn();
  alice.decide("dave@ask.example", im::WatchState::active, here);
  settle();
  EXPECT_EQ(state(), "active;expires=600");
  agree();
  alice.decide("dave@ask.example", im::WatchState::rejected, here);
  settle();
  EXPECT_EQ(state(), "terminated;reason=rejected");
  EXPECT_EQ(last("Content-Length"), "0");
  agree();
  EXPECT_EQ(notifier->size(), 0u);
}

TEST_F(NotifierTest, WhatTheSubscriberSaysOfANotify) {
  establish();
  say(im::LineState::busy);
  agree(500);  // of this one NOTIFY
  EXPECT_EQ(notifier->size(), 1u);
  say(im::LineState::idle);
  agree(481);
  EXPECT_EQ(notifier->size(), 0u);
  for (const int status : {404, 489}) {
    subscribe();
    agree(status);
    EXPECT_EQ(notifier->size(), 0u) << status;
  }
}

TEST_F(NotifierTest, WhoDoesNotAnswerIsGone) {
  establish();
  say(im::LineState::busy);
  advance(33);
  EXPECT_EQ(notifier->size(), 0u);
  EXPECT_EQ(log.entries.size(), 1u);  // the line's
}

TEST_F(NotifierTest, WhoKnowsIsNotToldAgain) {
  subscribe();
  const std::string to = field(sent.at(0), "To");
  const std::string tag = last("SIP-ETag");
  agree();
  subscribe("Suppress-If-Match: " + tag + "\r\n", to);
  EXPECT_EQ(all(), "204 ");
  say(im::LineState::busy);
  agree();
  subscribe("Suppress-If-Match: " + tag + "\r\n", to);
  EXPECT_EQ(all(), "200 NOTIFY ");
}

TEST_F(NotifierTest, WhatIsRefused) {
  call_id = "c";
  const auto answer = [this](const std::string& text, const std::string& from = "192.0.2.1") {
    datagram(text, from);
    return what(sent.back());
  };
  EXPECT_EQ(answer(request("SUBSCRIBE", "")), "489");
  EXPECT_EQ(last("Allow-Events"), "presence");
  EXPECT_EQ(answer(request("SUBSCRIBE", "Event: kpml\r\n")), "489");
  EXPECT_EQ(answer(request("SUBSCRIBE", kEvent + "Accept: text/plain\r\n")), "406");
  EXPECT_EQ(last("Accept"), "application/pidf+xml");
  EXPECT_EQ(answer(request("SUBSCRIBE", kEvent + "Expires: 30\r\n")), "423");
  EXPECT_EQ(last("Min-Expires"), "60");
  EXPECT_EQ(answer(request("SUBSCRIBE", kEvent, "", "", "x@sip.example", "bob@xmpp.example")),
            "404");
  EXPECT_EQ(answer(request("SUBSCRIBE", kEvent, "", "", "x@other.example")), "403");
  EXPECT_EQ(answer(request("SUBSCRIBE", kEvent), "192.0.2.2"), "403");
  EXPECT_EQ(answer(request("SUBSCRIBE", kEvent, "", "<sip:alice@xmpp.example>;tag=none")), "481");
  EXPECT_EQ(notifier->size(), 0u);
}

TEST_F(NotifierTest, AnOldRequestIsRefused) {
  requests = 5;
  const std::string to = establish();
  requests = 2;
  subscribe("Expires: 600\r\n", to);
  EXPECT_EQ(what(sent.at(0)), "500");
}

TEST(NotifierLimit, TooManyAreRefused) {
  EventStage stage(1);
  stage.datagram(stage.request("SUBSCRIBE", kEvent));
  EXPECT_EQ(stage.all(), "200 NOTIFY ");
  stage.datagram(stage.request("SUBSCRIBE", kEvent));
  EXPECT_EQ(EventStage::what(stage.sent.at(0)), "503");
  EXPECT_EQ(stage.last("Retry-After"), "10");
}

TEST_F(NotifierTest, GoesOnAfterARestart) {
  const std::string to = establish();
  say(im::LineState::busy);
  const int before = std::stoi(last("CSeq"));
  agree();
  sent.clear();
  restart();
  ASSERT_FALSE(sent.empty());
  EXPECT_EQ(what(sent[0]), "NOTIFY");
  EXPECT_EQ(last("From"), to);
  EXPECT_GT(std::stoi(last("CSeq")), before);
  EXPECT_NE(sent[0].find("on-the-phone"), std::string::npos);
  agree();
  subscribe("Expires: 600\r\n", to);
  EXPECT_EQ(all(), "200 NOTIFY ");
}

TEST_F(NotifierTest, AskedBeforeItIsBackItGoesOnAllTheSame) {
  const std::string to = establish();
  forget();
  subscribe("Expires: 600\r\n", to);  // the store has not said yet who alice is
  EXPECT_EQ(all(), "200 NOTIFY ");
  EXPECT_EQ(notifier->size(), 1u);
}

TEST_F(NotifierTest, ANumberIsUsedWhenItIsReservedOnTheDisk) {
  establish();
  log.hold();
  restart();
  say(im::LineState::busy);
  EXPECT_EQ(all(), "");  // another crash would have the same numbers used again
  commit();
  advance(1);
  ASSERT_FALSE(sent.empty());
  EXPECT_EQ(what(sent[0]), "NOTIFY");
}

TEST_F(NotifierTest, EndsEvenBeforeItHasBeenToldAnything) {
  const std::string to = establish();
  log.hold();
  restart();
  subscribe("Expires: 0\r\n", to);
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_EQ(state(), "terminated;reason=timeout");
  agree();
  EXPECT_EQ(notifier->size(), 0u);
}

TEST_F(NotifierTest, WhatCannotBeReadIsDropped) {
  establish();
  std::vector<engine::JournalEntry> entries = log.recovered();
  entries.at(0).note.clear();
  end();
  begin();
  engine::Turn here = turn();
  notifier->on_recovered(entries, here);
  settle();
  EXPECT_EQ(notifier->size(), 0u);
  EXPECT_TRUE(log.entries.empty());
}

TEST_F(ClientTest, WaitsForTheUsersWord) {
  client();
  EXPECT_EQ(what(sent.at(0)), "200");
  EXPECT_EQ(field(sent[0], "Contact"), "<sip:xmpp.example>");
  EXPECT_EQ(state(), "pending;expires=600");
  agree();
  decide(im::WatchState::active);
  EXPECT_EQ(state(), "active;expires=600");
  EXPECT_NE(sent.back().find("<basic>"), std::string::npos);
  agree();
  decide(im::WatchState::rejected);
  EXPECT_EQ(state(), "terminated;reason=rejected");
}

TEST_F(ClientTest, GoesOnAfterARestart) {
  client();
  const std::string to = field(sent.at(0), "To");
  agree();
  decide(im::WatchState::active);
  agree();
  restart();
  EXPECT_EQ(what(sent.back()), "NOTIFY");
  agree();
  service->set_gate(*this);
  client("Expires: 0\r\n", to);
  EXPECT_EQ(all(), "200 NOTIFY ");
}

TEST_F(ClientTest, WhoseWayIsLostWaitsForTheNextSubscribe) {
  client();
  const std::string to = field(sent.at(0), "To");
  agree();
  decide(im::WatchState::active);
  agree();
  sent.clear();
  auto without = std::make_shared<Options>(*sip_options);
  without->listeners = {ListenerKind::tcp};
  sip_options = without;
  restart();
  say(im::LineState::busy);
  EXPECT_TRUE(sent.empty());
  EXPECT_EQ(notifier->size(), 1u);
  service->set_gate(*this);
  client("Expires: 600\r\n", to);
  EXPECT_EQ(all(), "200 NOTIFY ");
}

TEST_F(ClientTest, WhoseWayIsLostExpiresInSilence) {
  client();
  agree();
  sent.clear();
  auto without = std::make_shared<Options>(*sip_options);
  without->listeners = {ListenerKind::tcp};
  sip_options = without;
  restart();
  advance(601);
  EXPECT_TRUE(sent.empty());
  EXPECT_EQ(notifier->size(), 0u);
  EXPECT_TRUE(log.entries.empty());
}

TEST_F(ClientTest, IsNobodyElses) {
  client();
  const std::string to = field(sent.at(0), "To");
  agree();
  client("Expires: 600\r\n", to, "192.0.2.8");
  EXPECT_EQ(all(), "403 ");
  subscribe("Expires: 600\r\n", to, "bob@xmpp.example", "192.0.2.1");
  EXPECT_EQ(all(), "403 ");
}

TEST_F(ClientTest, IsToldWhereHeLastAskedFrom) {
  client();
  const std::string to = field(sent.at(0), "To");
  agree();
  datagram(request("SUBSCRIBE", kEvent, "", to, "bob@xmpp.example"), "192.0.2.7", 6060);
  EXPECT_EQ(what(sent.back()), "NOTIFY");
  EXPECT_EQ(sent_to, base::parse_address("192.0.2.7", 6060));
  agree();
  restart();
  EXPECT_EQ(sent_to, base::parse_address("192.0.2.7", 6060));
}

}  // namespace
}  // namespace sip
