#include "protocols/gateway/subscriber.h"

#include "tests/protocols/sip/event/stage.h"

namespace gateway {
namespace {

const std::string kOpen =
    "<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='sip:dave@ask.example'>"
    "<tuple id='ID-desk'><status><basic>open</basic></status></tuple></presence>";

struct Alice final : im::Resource, im::Realm::Binding {
  void deliver(const im::Stanza& stanza, engine::Turn&) override {
    heard.push_back(std::string(im::type_name(stanza.type)) + " " +
                    std::string(stanza.from.full()));
  }
  void push_roster(base::Bytes, const im::Contact*, uint64_t, engine::Turn&) override {}
  void push_blocking(bool, const std::vector<std::string>&, engine::Turn&) override {}
  void deliver_carbon(const im::Stanza&, bool, engine::Turn&) override {}
  void end(im::Farewell, engine::Turn&) override {}
  void bound(im::BindResult, engine::Turn&) override {}
  std::vector<std::string> heard;
};

struct SubscriberTest : testing::Test, sip::EventStage {
  SubscriberTest() : subscriber(std::make_unique<Subscriber>(*service, *realm)) {
    alice.full_jid = "alice@xmpp.example/a";
    {
      engine::Turn here = turn();
      realm->bind(alice, alice, here);
    }
    settle();
    im::Stanza presence;
    presence.kind = im::StanzaKind::presence;
    presence.type = im::StanzaType::available;
    presence.from = alice.jid();
    engine::Turn here = turn();
    realm->from_client(presence, alice, here);
    settle();
    presence.type = im::StanzaType::subscribe;
    presence.to = jid::JidView::trusted("dave@ask.example");
    realm->from_client(presence, alice, here);
    settle();
    alice.interested = true;
    alice.heard.clear();
  }
  ~SubscriberTest() override {
    subscriber.reset();
    engine::Turn here = turn();
    realm->unbind(alice, here);
    settle();
  }
  bool take(const im::Stanza& stanza, engine::Turn& turn) override {
    return subscriber == nullptr || subscriber->take(stanza, turn);
  }
  // In the dialog of the SUBSCRIBE that was sent.
  std::string notify(const std::string& state, const std::string& body = "") {
    const std::string number = std::to_string(++requests);
    datagram("NOTIFY sip:xmpp.example SIP/2.0\r\nVia: SIP/2.0/UDP ask;rport;branch=z9hG4bKn" +
                 number +
                 "\r\nFrom: <sip:dave@ask.example>;tag=d\r\nTo: " + field(subscribe, "From") +
                 "\r\nCall-ID: " + field(subscribe, "Call-ID") + "\r\nCSeq: " + number +
                 " NOTIFY\r\nContact: <sip:192.0.2.2>\r\nMax-Forwards: 70"
                 "\r\nEvent: presence\r\nSubscription-State: " +
                 state + "\r\nContent-Type: application/pidf+xml\r\nContent-Length: " +
                 std::to_string(body.size()) + "\r\n\r\n" + body,
             "192.0.2.2");
    return what(sent.back());
  }
  void accept(int status = 200) {
    std::string text = "SIP/2.0 " + std::to_string(status) + " Yes\r\n";
    for (const char* name : {"Via", "From", "Call-ID", "CSeq"}) {
      text += std::string(name) + ": " + field(subscribe, name) + "\r\n";
    }
    datagram(text +
                 "To: <sip:dave@ask.example>;tag=d\r\nContact: <sip:192.0.2.2>\r\n"
                 "Expires: 600\r\nContent-Length: 0\r\n\r\n",
             "192.0.2.2");
  }

  Alice alice;
  std::unique_ptr<Subscriber> subscriber;
  std::string subscribe;
};

TEST_F(SubscriberTest, ASubscriptionBecomesPresence) {
  ASSERT_EQ(sent.size(), 1u);
  subscribe = sent[0];
  EXPECT_EQ(what(subscribe), "SUBSCRIBE");
  EXPECT_EQ(field(subscribe, "Expires"), "3600");
  accept();
  EXPECT_EQ(notify("pending"), "200");
  EXPECT_TRUE(alice.heard.empty());
  EXPECT_EQ(notify("active", kOpen), "200");
  EXPECT_EQ(alice.heard,
            (std::vector<std::string>{"subscribed dave@ask.example", " dave@ask.example/desk"}));
  alice.heard.clear();
  EXPECT_EQ(notify("active"), "200");
  EXPECT_EQ(alice.heard, std::vector<std::string>{"unavailable dave@ask.example/desk"});
}

TEST_F(SubscriberTest, ANotifyMayComeFirstAndStrangersMayNot) {
  subscribe = sent.at(0);
  EXPECT_EQ(notify("active", kOpen), "200");
  accept();
  subscribe.replace(subscribe.find("Call-ID: ") + 9, 3, "xyz");
  EXPECT_EQ(notify("active", kOpen), "481");
}

TEST_F(SubscriberTest, WhatIsRefusedForGoodIsToldAndForgotten) {
  subscribe = sent.at(0);
  accept(403);
  EXPECT_EQ(alice.heard, std::vector<std::string>{"unsubscribed dave@ask.example"});
  EXPECT_EQ(subscriber->size(), 0u);
}

TEST_F(SubscriberTest, WhatMayPassIsTriedAgainInADialogOfItsOwn) {
  subscribe = sent.at(0);
  accept(481);
  EXPECT_TRUE(alice.heard.empty());
  sent.clear();
  advance(3);
  ASSERT_FALSE(sent.empty());
  EXPECT_EQ(what(sent[0]), "SUBSCRIBE");
  EXPECT_NE(field(sent[0], "Call-ID"), field(subscribe, "Call-ID"));
}

TEST_F(SubscriberTest, IsRefreshedWhileSheIsThere) {
  subscribe = sent.at(0);
  accept();
  sent.clear();
  advance(541);  // nine tenths of what was granted
  ASSERT_FALSE(sent.empty());
  EXPECT_EQ(field(sent[0], "Call-ID"), field(subscribe, "Call-ID"));
  EXPECT_EQ(field(sent[0], "To"), "<sip:dave@ask.example>;tag=d");
  EXPECT_EQ(field(sent[0], "CSeq"), "2 SUBSCRIBE");
}

TEST_F(SubscriberTest, EndsWithTheRostersWish) {
  subscribe = sent.at(0);
  accept();
  im::Stanza presence;
  presence.kind = im::StanzaKind::presence;
  presence.type = im::StanzaType::unsubscribe;
  presence.from = alice.jid();
  presence.to = jid::JidView::trusted("dave@ask.example");
  engine::Turn here = turn();
  realm->from_client(presence, alice, here);
  settle();
  subscribe = sent.back();
  EXPECT_EQ(field(subscribe, "Expires"), "0");
  accept();
  EXPECT_EQ(subscriber->size(), 0u);
}

}  // namespace
}  // namespace gateway
