#include "protocols/gateway/sessions.h"

#include <gtest/gtest.h>

#include "tests/protocols/gateway/messages_world.h"

namespace gateway {
namespace {

constexpr base::Bytes kSdpOffer =
    "v=0\r\no=- 0 0 IN IP4 192.0.2.1\r\ns=session\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
    "m=message 5060 sip null\r\na=accept-types:text/plain\r\n";

// Carol's end of a session with bob.
struct Carol {
  explicit Carol(MessagesWorld& in, std::string call = "c1") : world(in), call_id(call) {}

  void send(base::Bytes method, base::Bytes body = "", base::Bytes type = "text/plain",
            base::Bytes more = "") {
    if (method != "ACK") ++cseq;
    std::string text(method);
    text.append(" sip:").append(to).append(" SIP/2.0\r\nVia: SIP/2.0/UDP pc;rport;branch=z9hG4bK");
    text.append(call_id).append(method).append(std::to_string(cseq));
    text.append("\r\nFrom: <sip:").append(from).append(">;tag=lync;epid=01ab\r\nTo: <sip:");
    text.append(to).append(">").append(tag.empty() ? "" : ";tag=" + tag).append("\r\nCall-ID: ");
    text.append(call_id).append("\r\nCSeq: ").append(std::to_string(cseq)).append(" ");
    text.append(method).append("\r\nContact: <sip:carol@192.0.2.1:5060>\r\n").append(more);
    if (!body.empty()) text.append("Content-Type: ").append(type).append("\r\n");
    last = text.append("\r\n").append(body);
    world.datagram(last);
  }
  // What was answered last; 0: nothing.
  int invite(base::Bytes sdp = kSdpOffer, base::Bytes type = "application/sdp") {
    world.sent.clear();
    send("INVITE", sdp, type, "Record-Route: <sip:edge.sip.example;lr>\r\n");
    return status();
  }
  int status() {
    if (world.sent.empty()) return 0;
    const std::string& answer = world.sent.back();
    const size_t at = answer.find(";tag=", answer.find("\r\nTo:"));
    if (answer.starts_with("SIP/2.0 2")) {
      tag = answer.substr(at + 5, answer.find_first_of("\r;", at + 1) - at - 5);
    }
    return std::stoi(world.status());
  }
  void open() {
    ASSERT_EQ(invite(), 200);
    send("ACK");
    world.sent.clear();
  }

  MessagesWorld& world;
  std::string call_id;
  std::string from = "carol@sip.example";
  std::string to = "bob@xmpp.example";
  std::string tag;
  std::string last;
  uint32_t cseq = 0;
};

TEST(Sessions, OfMessagesAreAcceptedAndTheirMessagesAnsweredWhenOnTheDisk) {
  MessagesWorld world;
  world.bind_bob();
  Carol carol(world);
  ASSERT_EQ(carol.invite(), 200);
  const std::string& accepted = world.sent.back();
  EXPECT_NE(accepted.find("m=message 5060 sip null\r\n"), std::string::npos) << accepted;
  EXPECT_NE(accepted.find("Record-Route: <sip:edge.sip.example;lr>\r\n"), std::string::npos);
  EXPECT_NE(accepted.find("Contact: <sip:xmpp.example>\r\n"), std::string::npos);
  carol.send("ACK");
  world.sent.clear();
  carol.send("MESSAGE", "one");
  carol.send("MESSAGE", "two");
  ASSERT_EQ(world.bob.delivered, 2);
  EXPECT_EQ(world.bob.heard[0], "<body>one</body><thread>c1</thread>");
  EXPECT_EQ(world.bob.heard[1], "<body>two</body><thread>c1</thread>");
  EXPECT_EQ(world.bob.type, im::StanzaType::chat);
  EXPECT_TRUE(world.sent.empty()) << "nothing is on the disk";
  world.commit();
  ASSERT_EQ(world.sent.size(), 2u);
  EXPECT_EQ(world.status(), "200");
  carol.send("BYE");
  EXPECT_EQ(world.status(), "200");
  carol.send("MESSAGE", "three");
  EXPECT_EQ(world.status(), "481");
  EXPECT_EQ(world.bob.delivered, 2);
}

TEST(Sessions, InTheDialogContactAndEpidMakeNoDifference) {
  MessagesWorld world;
  world.bind_bob();
  Carol carol(world);
  carol.open();
  carol.to = "xmpp.example";  // the Contact of ours, as a Request-URI
  carol.from = "carol@sip.example";
  carol.send("MESSAGE", "hello", "text/plain",
             "ms-keep-alive: UAC\r\nProxy-Require: ms-benotify\r\n");
  world.commit();
  EXPECT_EQ(world.status(), "200");
  EXPECT_EQ(world.bob.delivered, 1);
  carol.send("BENOTIFY");
  EXPECT_EQ(world.sent.size(), 1u) << "nobody answers those";
}

TEST(Sessions, WithWhoIsAwayAreMessagesForTheStore) {
  MessagesWorld world;
  Carol carol(world);
  EXPECT_EQ(carol.invite(), 100);
  world.answer(im::StoreKind::load_credentials, im::StoreStatus::ok);
  ASSERT_EQ(carol.status(), 200);
  carol.send("ACK");
  world.sent.clear();
  carol.send("MESSAGE", "hello");
  world.answer(im::StoreKind::load_account, im::StoreStatus::ok);
  world.commit();
  EXPECT_TRUE(world.sent.empty()) << "the store has not got it";
  world.answer(im::StoreKind::append_offline, im::StoreStatus::ok);
  world.commit();
  EXPECT_EQ(world.status(), "200");
}

TEST(Sessions, WithNobodyOrOfMediaThatWeDoNotHaveAreRefused) {
  MessagesWorld world;
  Carol carol(world);
  carol.to = "nobody@xmpp.example";
  carol.invite();
  world.answer(im::StoreKind::load_credentials, im::StoreStatus::not_found);
  EXPECT_EQ(world.status(), "404");
  world.bind_bob();
  Carol other(world, "c2");
  EXPECT_EQ(other.invite("v=0\r\nm=audio 4000 RTP/AVP 0\r\n"), 488);
  EXPECT_EQ(Carol(world, "c3").invite("", ""), 488);
  EXPECT_EQ(Carol(world, "c4").invite("<a/>", "text/xml"), 415);
  Carol liar(world, "c5");
  liar.from = "carol@other.example";
  EXPECT_EQ(liar.invite(), 403);
  Carol relay(world, "c6");
  relay.to = "dave@sip.example";
  EXPECT_EQ(relay.invite(), 404);
  EXPECT_TRUE(world.log.entries.empty());
}

TEST(Sessions, TheAnswerIsRepeatedUntilItIsAcknowledged) {
  MessagesWorld world;
  world.bind_bob();
  Carol carol(world);
  ASSERT_EQ(carol.invite(), 200);
  world.sent.clear();
  world.advance(base::Duration::milliseconds(1700));  // at 0.5 and 1.5 s
  EXPECT_EQ(world.sent.size(), 2u);
  EXPECT_EQ(world.status(), "200");
  carol.send("ACK");
  world.advance(base::Duration::seconds(60));
  EXPECT_EQ(world.sent.size(), 2u);
}

TEST(Sessions, ThatNobodyAcknowledgesEnd) {
  MessagesWorld world;
  world.bind_bob();
  Carol carol(world);
  ASSERT_EQ(carol.invite(), 200);
  world.advance(base::Duration::seconds(33));
  EXPECT_TRUE(world.sent.back().starts_with("BYE sip:carol@192.0.2.1:5060 SIP/2.0\r\n"));
  EXPECT_NE(world.sent.back().find("Route: <sip:edge.sip.example;lr>\r\n"), std::string::npos);
  carol.send("MESSAGE", "hello");
  EXPECT_EQ(world.status(), "481");
}

TEST(Sessions, WithoutAMessageForLongEnd) {
  MessagesWorld world;
  world.bind_bob();
  Carol carol(world);
  carol.open();
  world.advance(base::Duration::seconds(400));
  carol.send("MESSAGE", "still here");
  world.commit();
  world.sent.clear();
  world.advance(base::Duration::seconds(599));
  EXPECT_TRUE(world.sent.empty());
  world.advance(base::Duration::seconds(2));
  ASSERT_FALSE(world.sent.empty());
  EXPECT_TRUE(world.sent[0].starts_with("BYE sip:carol@192.0.2.1:5060 SIP/2.0\r\n"));
}

TEST(Sessions, AreAskedAboutByAnotherInvite) {
  MessagesWorld world;
  world.bind_bob();
  Carol carol(world);
  carol.open();
  EXPECT_EQ(carol.invite(), 200);
  carol.send("ACK");
  EXPECT_EQ(carol.invite("v=0\r\nm=audio 4000 RTP/AVP 0\r\n"), 488);
  carol.send("MESSAGE", "goes on");
  world.commit();
  EXPECT_EQ(world.status(), "200");
  carol.cseq = 1;
  carol.send("MESSAGE", "from before");
  EXPECT_EQ(world.status(), "500");
  Carol lost(world, "of-another-life");
  lost.tag = carol.tag;
  EXPECT_EQ(lost.invite(), 481);
}

TEST(Sessions, OfOneUserAreBounded) {
  MessagesWorld world;
  world.bind_bob();
  for (uint32_t i = 0; i < SessionTable::kOfUserMax; ++i) {
    ASSERT_EQ(Carol(world, "c" + std::to_string(i)).invite(), 200);
  }
  EXPECT_EQ(Carol(world, "more").invite(), 486);
}

}  // namespace
}  // namespace gateway
