#include "protocols/gateway/composing.h"

#include <gtest/gtest.h>

#include "tests/protocols/gateway/messages_world.h"

namespace gateway {
namespace {

constexpr base::Bytes kComposing = "<composing xmlns='http://jabber.org/protocol/chatstates'/>";
constexpr base::Bytes kActive = "<active xmlns='http://jabber.org/protocol/chatstates'/>";

std::string notice(bool active, base::Bytes branch, base::Bytes from = "carol@sip.example",
                   base::Bytes to = "bob@xmpp.example") {
  std::string text = page(from, to, branch);
  text.erase(text.find("Content-Type"));
  std::string body;
  sip::write_is_composing(active, body);
  return text.append("Content-Type: ").append(sip::kIsComposing).append("\r\n\r\n").append(body);
}

TEST(Composing, OfSipUsersIsShownAndKeptNowhere) {
  MessagesWorld world;
  world.bind_bob();
  world.datagram(notice(true, "1"));
  EXPECT_EQ(world.status(), "200");
  ASSERT_EQ(world.bob.heard.size(), 1u);
  EXPECT_EQ(world.bob.heard[0], kComposing);
  EXPECT_EQ(world.bob.type, im::StanzaType::chat);
  EXPECT_TRUE(world.log.entries.empty());
  world.datagram(notice(false, "2"));
  ASSERT_EQ(world.bob.heard.size(), 2u);
  EXPECT_EQ(world.bob.heard[1], kActive);
  world.advance(base::Duration::seconds(130));
  EXPECT_EQ(world.bob.heard.size(), 2u);
}

TEST(Composing, WhoIsNotHeardOfAnyMoreHasStopped) {
  MessagesWorld world;
  world.bind_bob();
  world.datagram(notice(true, "1"));
  world.advance(base::Duration::seconds(119));
  EXPECT_EQ(world.bob.heard.size(), 1u);
  world.datagram(notice(true, "2"));
  world.advance(base::Duration::seconds(119));
  EXPECT_EQ(world.bob.heard.size(), 2u);
  world.advance(base::Duration::seconds(2));
  ASSERT_EQ(world.bob.heard.size(), 3u);
  EXPECT_EQ(world.bob.heard[2], kActive);
  world.datagram(notice(true, "3"));
  world.datagram(page("carol@sip.example", "bob@xmpp.example", "4"));
  EXPECT_EQ(world.bob.heard.size(), 5u);
  world.advance(base::Duration::seconds(130));
  EXPECT_EQ(world.bob.heard.size(), 5u) << "the message has said it";
}

TEST(Composing, ToWhoIsAwayOrByWhoMayNotIsNobodysBusiness) {
  MessagesWorld world;
  world.datagram(notice(true, "1"));
  EXPECT_EQ(world.status(), "200");
  EXPECT_TRUE(world.questions.empty());
  world.datagram(notice(true, "2", "carol@other.example"));
  EXPECT_EQ(world.status(), "403");
  world.datagram(notice(true, "3", "carol@sip.example", "dave@sip.example"));
  EXPECT_EQ(world.status(), "404");
  std::string bad = notice(true, "4");
  bad.resize(bad.find("<isComposing"));
  world.datagram(bad + "typing");
  EXPECT_EQ(world.status(), "400");
}

TEST(Composing, ThoseWhoAreShownAreBounded) {
  MessagesWorld world;
  world.bind_bob();
  for (uint32_t i = 0; i <= Composing::kShownMax; ++i) {
    const std::string who = std::to_string(i);
    world.datagram(notice(true, who, "c" + who + "@sip.example"));
  }
  EXPECT_EQ(world.status(), "200");
  EXPECT_EQ(world.bob.heard.size(), Composing::kShownMax);
}

struct Typist : Outward {
  Typist() {
    stanza.facts.body = false;
    stanza.facts.chat_state_only = true;
    stanza.payload = kComposing;
  }
};

TEST(Composing, OfUsersOfOursIsToldAndKeptNowhere) {
  Typist alice;
  alice.route(alice.stanza);
  ASSERT_EQ(alice.sent.size(), 1u);
  EXPECT_TRUE(alice.sent[0].starts_with("MESSAGE sip:carol@sip.example SIP/2.0\r\n"));
  EXPECT_NE(alice.sent[0].find("<state>active</state>"), std::string::npos);
  EXPECT_NE(alice.sent[0].find("Content-Type: application/im-iscomposing+xml\r\n"),
            std::string::npos);
  EXPECT_TRUE(alice.log.entries.empty());
  alice.respond(404);
  EXPECT_TRUE(alice.log.entries.empty()) << "nobody is told";
  alice.stanza.payload = "<paused xmlns='http://jabber.org/protocol/chatstates'/>";
  alice.route(alice.stanza);
  EXPECT_NE(alice.sent.back().find("<state>idle</state>"), std::string::npos);
  alice.respond(415);
  const size_t before = alice.sent.size();
  alice.route(alice.stanza);
  EXPECT_EQ(alice.sent.size(), before) << "they do not know what it is";
}

TEST(Composing, WhatHasNoWordInSipIsNotTold) {
  Typist alice;
  alice.stanza.payload = "<gone xmlns='http://jabber.org/protocol/chatstates'/>";
  alice.route(alice.stanza);
  alice.stanza.payload = "<received xmlns='urn:xmpp:receipts' id='1'/>";
  alice.stanza.facts.chat_state_only = false;
  alice.route(alice.stanza);
  EXPECT_TRUE(alice.sent.empty());
}

TEST(Composing, NoticesUnderWayAreBounded) {
  Typist alice;
  for (uint32_t i = 0; i <= Composing::kUnderWayMax; ++i) alice.route(alice.stanza);
  EXPECT_EQ(alice.sent.size(), Composing::kUnderWayMax);
}

TEST(Composing, BeginsNoSessionAndIsToldInOneThatIsQuiet) {
  Typist alice;
  alice.use_sessions();
  alice.route(alice.stanza);
  EXPECT_TRUE(alice.sent.empty());
  im::Stanza text = alice.stanza;
  text.facts = {};
  text.facts.body = true;
  text.payload = "<body>hello</body>";
  alice.route(text);
  alice.route(alice.stanza);
  ASSERT_EQ(alice.sent.size(), 1u) << "the INVITE";
  alice.respond(200, "lync", "Contact: <sip:carol@192.0.2.1>\r\n");
  ASSERT_EQ(alice.sent.size(), 3u);
  alice.respond(200);
  alice.route(alice.stanza);
  ASSERT_EQ(alice.sent.size(), 4u);
  EXPECT_TRUE(alice.sent[3].starts_with("MESSAGE sip:carol@192.0.2.1 SIP/2.0\r\n"));
  EXPECT_NE(alice.sent[3].find("<state>active</state>"), std::string::npos);
  alice.route(alice.stanza);
  EXPECT_EQ(alice.sent.size(), 4u) << "one at a time";
  alice.respond(200);
  alice.route(alice.stanza);
  ASSERT_EQ(alice.sent.size(), 5u);
  alice.respond(415);
  alice.route(alice.stanza);
  EXPECT_EQ(alice.sent.size(), 5u) << "they want none";
  alice.route(text);
  EXPECT_TRUE(alice.sent.back().ends_with("hello"));
}

}  // namespace
}  // namespace gateway
