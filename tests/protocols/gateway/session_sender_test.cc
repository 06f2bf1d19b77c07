// What is said to users of peers in sessions that we begin.
#include <gtest/gtest.h>

#include "protocols/gateway/sessions.h"
#include "tests/protocols/gateway/messages_world.h"

namespace gateway {
namespace {

constexpr base::Bytes kContact = "Contact: <sip:carol@192.0.2.1:5060>\r\n";

struct Speaker : Outward {
  Speaker() { use_sessions(); }
  void say(base::Bytes body, base::Bytes id = "m1") {
    const std::string payload = "<body>" + std::string(body) + "</body>";
    stanza.payload = payload;
    stanza.id = id;
    stanza.message_id = {};
    route(stanza);
  }
  // Method of what was sent since, in order, and the body of messages.
  std::string said() {
    std::string text;
    for (; seen < sent.size(); ++seen) {
      const std::string& one = sent[seen];
      text += one.substr(0, one.find(' '));
      if (one.starts_with("MESSAGE")) text += ":" + one.substr(one.find("\r\n\r\n") + 4);
      text += " ";
    }
    return text;
  }
  void accept() { respond_to(last("INVITE"), 200, "lync", kContact); }
  void open() {
    say("one");
    accept();
    respond_to(last("MESSAGE"), 200);
    EXPECT_TRUE(log.entries.empty());
    said();
  }
  std::string last(base::Bytes method) {
    for (size_t i = sent.size(); i-- > 0;) {
      if (sent[i].starts_with(method)) return sent[i];
    }
    ADD_FAILURE() << "no " << method;
    return "";
  }
  // A request of the peer's in the dialog that our last INVITE has made.
  void request(base::Bytes method, uint32_t cseq) {
    const std::string invite = last("INVITE");
    const auto field = [&](base::Bytes name) {
      const size_t at = invite.find(std::string("\r\n").append(name)) + 2 + name.size();
      return invite.substr(at, invite.find("\r\n", at) - at);
    };
    std::string text(method);
    text.append(" sip:xmpp.example SIP/2.0\r\nVia: SIP/2.0/UDP pc;rport;branch=z9hG4bK");
    text.append(method).append(std::to_string(cseq)).append("\r\nFrom: <sip:carol@sip.example>");
    text.append(";tag=lync\r\nTo: ").append(field("From: ")).append("\r\nCall-ID: ");
    text.append(field("Call-ID: ")).append("\r\nCSeq: ").append(std::to_string(cseq)).append(" ");
    datagram(text.append(method).append("\r\n\r\n"));
  }
  size_t seen = 0;
};

TEST(SessionSender, MessagesWaitForTheSessionAndAreSaidOneAfterTheOther) {
  Speaker alice;
  alice.say("one", "m1");
  alice.say("two", "m2");
  EXPECT_EQ(alice.said(), "INVITE ");
  const std::string invite = alice.last("INVITE");
  EXPECT_TRUE(invite.starts_with("INVITE sip:carol@sip.example SIP/2.0\r\n")) << invite;
  EXPECT_NE(invite.find("\r\nm=message 5060 sip null\r\n"), std::string::npos);
  EXPECT_NE(invite.find("\r\nContact: <sip:xmpp.example>\r\n"), std::string::npos);
  alice.respond_to(invite, 180, "lync");
  alice.accept();
  EXPECT_EQ(alice.said(), "ACK MESSAGE:one ");
  EXPECT_TRUE(alice.last("MESSAGE").starts_with("MESSAGE sip:carol@192.0.2.1:5060 SIP/2.0\r\n"));
  EXPECT_NE(alice.last("ACK").find("\r\nCSeq: 1 ACK\r\n"), std::string::npos);
  EXPECT_EQ(alice.log.entries.size(), 2u);
  alice.respond_to(alice.last("MESSAGE"), 200);
  EXPECT_EQ(alice.log.entries.size(), 1u);
  EXPECT_EQ(alice.said(), "MESSAGE:two ");
  alice.accept();
  EXPECT_EQ(alice.said(), "ACK ") << "the first was lost";
  EXPECT_NE(alice.last("ACK").find("\r\nCSeq: 1 ACK\r\n"), std::string::npos);
  alice.respond_to(alice.last("MESSAGE"), 200);
  EXPECT_TRUE(alice.log.entries.empty());
  alice.say("three");
  EXPECT_EQ(alice.said(), "MESSAGE:three ") << "in the same session";
  alice.respond_to(alice.last("MESSAGE"), 200);
  alice.advance(base::Duration::seconds(601));
  EXPECT_TRUE(alice.said().starts_with("BYE "));
}

TEST(SessionSender, ASessionThatTheOtherSideHasBegunIsUsed) {
  Outward alice;  // the setting says pager
  std::string invite =
      "INVITE sip:alice@xmpp.example SIP/2.0\r\nVia: SIP/2.0/UDP pc;rport;"
      "branch=z9hG4bKi\r\nFrom: <sip:carol@sip.example>;tag=l\r\nTo: <sip:"
      "alice@xmpp.example>\r\nCall-ID: c\r\nCSeq: 7 INVITE\r\nContact: <sip:edge>"
      "\r\nContent-Type: application/sdp\r\n\r\n"
      "v=0\r\nm=message 5060 sip null\r\n";
  alice.datagram(invite);
  alice.answer(im::StoreKind::load_credentials, im::StoreStatus::ok);
  ASSERT_EQ(alice.status(), "200");
  const std::string accepted = alice.sent.back();
  alice.route(alice.stanza);
  EXPECT_EQ(alice.sent.back(), accepted) << "it waits for the ACK";
  const size_t at = accepted.find(";tag=", accepted.find("\r\nTo:"));
  std::string ack = invite.substr(0, invite.find("Contact"));
  ack.replace(0, 6, "ACK").replace(ack.find("7 INVITE"), 8, "7 ACK");
  ack.replace(ack.find("z9hG4bKi"), 8, "z9hG4bKa");
  ack.insert(ack.find("\r\nCall-ID"), accepted.substr(at, accepted.find("\r\n", at) - at));
  alice.datagram(ack + "\r\n");
  EXPECT_TRUE(alice.sent.back().starts_with("MESSAGE sip:edge SIP/2.0\r\n")) << alice.sent.back();
  alice.respond(200);
  EXPECT_TRUE(alice.log.entries.empty());
}

TEST(SessionSender, WhoDoesNotTakeTheCallIsAnErrorForEveryMessage) {
  for (const auto& [status, condition] :
       {std::pair{486, "recipient-unavailable"}, std::pair{404, "item-not-found"},
        std::pair{603, "recipient-unavailable"}}) {
    Speaker alice;
    alice.say("one");
    alice.say("two");
    alice.respond_to(alice.last("INVITE"), status);
    EXPECT_TRUE(alice.discharged());
    EXPECT_EQ(alice.log.entries.size(), 2u);
    EXPECT_EQ(alice.condition(), condition);
    alice.said();
    alice.say("three");
    EXPECT_EQ(alice.said(), "INVITE ");
  }
}

TEST(SessionSender, WhoHasNoSessionsIsWrittenToWithoutOne) {
  Speaker alice;
  alice.say("one");
  alice.say("two");
  alice.respond_to(alice.last("INVITE"), 488);
  EXPECT_EQ(alice.said(), "INVITE ACK MESSAGE:one MESSAGE:two ");
  EXPECT_TRUE(alice.last("MESSAGE").starts_with("MESSAGE sip:carol@sip.example SIP/2.0\r\n"));
  alice.respond_to(alice.sent[alice.sent.size() - 2], 202);
  alice.respond_to(alice.sent.back(), 202);
  EXPECT_TRUE(alice.log.entries.empty());
}

TEST(SessionSender, AnInviteThatNobodyAnswersAndOneThatRingsForTooLong) {
  {
    Speaker alice;
    alice.say("one");
    alice.advance(base::Duration::seconds(33));
    EXPECT_EQ(alice.condition(), "remote-server-timeout");
  }
  Speaker alice;
  alice.say("one");
  alice.respond_to(alice.last("INVITE"), 180, "lync");
  alice.advance(base::Duration::seconds(59));
  EXPECT_EQ(alice.said(), "INVITE ");
  alice.advance(base::Duration::seconds(2));
  ASSERT_TRUE(alice.said().starts_with("CANCEL "));
  const std::string cancel = alice.last("CANCEL");
  EXPECT_NE(cancel.find("\r\nCSeq: 1 CANCEL\r\n"), std::string::npos);
  alice.respond_to(cancel, 200);
  alice.respond_to(alice.last("INVITE"), 487, "lync");
  EXPECT_EQ(alice.said(), "ACK ");
  EXPECT_EQ(alice.condition(), "recipient-unavailable");
}

TEST(SessionSender, ASessionThatIsThereNoMoreIsBegunAnewOnce) {
  Speaker alice;
  alice.open();
  alice.say("two", "m2");
  alice.say("three", "m3");
  const std::string first = alice.last("INVITE");
  alice.respond_to(alice.last("MESSAGE"), 481);
  EXPECT_EQ(alice.said(), "MESSAGE:two INVITE ");
  EXPECT_EQ(alice.log.entries.size(), 2u);
  const auto call = [](const std::string& text) {
    return text.substr(text.find("\r\nCall-ID"), 30);
  };
  EXPECT_NE(call(alice.last("INVITE")), call(first));
  alice.accept();
  EXPECT_EQ(alice.said(), "ACK MESSAGE:two ");
  alice.stanza.id = "m1";
  alice.respond_to(alice.last("MESSAGE"), 481);  // it cannot be said to them
  EXPECT_EQ(alice.said(), "INVITE ");
  alice.accept();
  EXPECT_EQ(alice.said(), "ACK MESSAGE:three ");
  alice.respond_to(alice.last("MESSAGE"), 200);
  EXPECT_TRUE(alice.discharged());
  EXPECT_EQ(alice.log.entries.size(), 1u) << "the error";
}

TEST(SessionSender, AMessageThatIsRefusedIsAnErrorAndTheSessionGoesOn) {
  Speaker alice;
  alice.open();
  alice.say("two");
  alice.respond_to(alice.last("MESSAGE"), 415);
  EXPECT_EQ(alice.condition(), "not-acceptable");
  alice.say("three");
  EXPECT_EQ(alice.said(), "MESSAGE:two MESSAGE:three ");
}

TEST(SessionSender, WhatTheOtherSideHasNotHeardWhenItEndsGoesIntoTheNext) {
  Speaker alice;
  alice.open();
  alice.say("two", "m2");
  alice.say("three", "m3");
  const std::string two = alice.last("MESSAGE");
  alice.request("BYE", 1);
  EXPECT_EQ(alice.status(), "200");
  alice.respond_to(two, 200);
  EXPECT_EQ(alice.said(), "MESSAGE:two SIP/2.0 INVITE ");
  alice.accept();
  EXPECT_EQ(alice.said(), "ACK MESSAGE:three ");
  alice.respond_to(alice.last("MESSAGE"), 200);
  EXPECT_TRUE(alice.log.entries.empty());
  alice.request("BYE", 2);
  alice.say("four");
  EXPECT_EQ(alice.said(), "SIP/2.0 INVITE ");
}

// A peer without a tag (RFC 2543) is in every dialog that has none yet.
TEST(SessionSender, AnInviteInADialogThatIsNotMadeYetDoesNoHarm) {
  Speaker alice;
  alice.say("one");
  const std::string invite = alice.last("INVITE");
  const auto line = [&](base::Bytes name) {
    const size_t at = invite.find(std::string("\r\n").append(name)) + 2 + name.size();
    return invite.substr(at, invite.find("\r\n", at) - at);
  };
  alice.datagram(
      "INVITE sip:xmpp.example SIP/2.0\r\nVia: SIP/2.0/UDP pc;rport;branch=z9hG4bKx\r\n"
      "From: <sip:carol@sip.example>\r\nTo: " +
      line("From: ") + "\r\nCall-ID: " + line("Call-ID: ") +
      "\r\nCSeq: 1 INVITE\r\nContact: <sip:carol@192.0.2.1>\r\n"
      "Content-Type: application/sdp\r\n\r\nv=0\r\nm=message 5060 sip null\r\n");
  EXPECT_EQ(alice.status(), "481");
  alice.respond_to(invite, 486);
  EXPECT_EQ(alice.condition(), "recipient-unavailable");
}

TEST(SessionSender, APeerThatHasGoneIsAnError) {
  Speaker alice;
  alice.open();
  {
    auto without = std::make_shared<sip::Options>(alice.service->options());
    without->peers.clear();
    engine::Turn here = alice.turn();
    alice.service->set_options(without, here);
  }
  alice.advance(base::Duration::seconds(601));
  EXPECT_EQ(alice.said(), "");
}

TEST(SessionSender, MessagesThatWaitAreBounded) {
  Speaker alice;
  for (size_t i = 0; i < Sessions::kWaitingMax; ++i) alice.say("x", std::to_string(i));
  EXPECT_EQ(alice.log.entries.size(), Sessions::kWaitingMax);
  EXPECT_FALSE(alice.discharged());
  alice.say("more", "m1");
  size_t errors = 0;
  for (const auto& [key, entry] : alice.log.entries) {
    im::Stanza kept;
    ASSERT_TRUE(im::unpack(entry.bytes, kept));
    errors += kept.type == im::StanzaType::error ? 1 : 0;
  }
  EXPECT_EQ(errors, 1u);
}

}  // namespace
}  // namespace gateway
