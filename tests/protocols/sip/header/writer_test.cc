#include "protocols/sip/header/writer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "protocols/sip/header/essentials.h"

namespace sip {
namespace {

const std::string kSubscribe =
    "SUBSCRIBE sip:bob@biloxi.com SIP/2.0\r\n"
    "v: SIP/2.0/UDP pc33.atlanta.com:5066;rport;branch=z9hG4bK776;received=10.0.0.1, SIP/2.0/TCP "
    "x\r\n"
    "Via: SIP/2.0/TLS y;branch=z9hG4bK2\r\n"
    "Record-Route: <sip:p1;lr>\r\n"
    "Max-Forwards: 69\r\n"
    "t: Bob\r\n  <sip:bob@biloxi.com>\r\n"
    "From: Alice <sip:alice@atlanta.com>;tag=1928301774\r\n"
    "Call-ID: a84b4c76e66710@pc33.atlanta.com\r\n"
    "CSeq: 314159 SUBSCRIBE\r\n"
    "Timestamp: 54\r\n"
    "\r\n";

std::string answer(const std::string& request, const Response& how) {
  Message message;
  (void)message.index_datagram(request);
  std::string out;
  Writer writer(out);
  writer.begin_response(message, how);
  writer.end();
  return out;
}

std::string with_via(base::Bytes via) {
  return "OPTIONS sip:a SIP/2.0\r\nVia: " + std::string(via) + "\r\n\r\n";
}

std::string answered_via(base::Bytes via, base::Bytes source) {
  Response how;
  how.source = base::parse_address(source, 4444);
  const std::string out = answer(with_via(via), how);
  const size_t from = out.find("Via: ") + 5;
  return out.substr(from, out.find("\r\nContent-Length") - from);
}

TEST(Writer, ResponseRepeatsWhatItMust) {
  Response how;
  how.to_tag = "abc";
  how.record_route = true;
  how.source = base::parse_address("192.0.2.9", 5099);
  EXPECT_EQ(answer(kSubscribe, how),
            "SIP/2.0 200 OK\r\n"
            "Via: SIP/2.0/UDP pc33.atlanta.com:5066;branch=z9hG4bK776;received=192.0.2.9;rport=5099"
            ", SIP/2.0/TCP x\r\n"
            "Via: SIP/2.0/TLS y;branch=z9hG4bK2\r\n"
            "Record-Route: <sip:p1;lr>\r\n"
            "From: Alice <sip:alice@atlanta.com>;tag=1928301774\r\n"
            "To: Bob\r\n  <sip:bob@biloxi.com>;tag=abc\r\n"
            "Call-ID: a84b4c76e66710@pc33.atlanta.com\r\n"
            "CSeq: 314159 SUBSCRIBE\r\n"
            "Content-Length: 0\r\n\r\n");
}

// RFC 3261 §8.2.6.1, §8.2.6.2.
TEST(Writer, TryingHasTheTimestampAndNoTag) {
  Response how;
  how.status = 100;
  how.to_tag = "abc";
  const std::string out = answer(kSubscribe, how);
  EXPECT_NE(out.find("SIP/2.0 100 Trying\r\n"), std::string::npos);
  EXPECT_NE(out.find("Timestamp: 54\r\n"), std::string::npos);
  EXPECT_EQ(out.find("tag=abc"), std::string::npos);
  how.status = 180;
  EXPECT_EQ(answer(kSubscribe, how).find("Timestamp"), std::string::npos);
}

TEST(Writer, TagThatIsThereIsKept) {
  std::string request = kSubscribe;
  request.replace(request.find("biloxi.com>\r\nFrom"), 11, "biloxi.com>;tag=old");
  Response how;
  how.to_tag = "new";
  const std::string out = answer(request, how);
  EXPECT_NE(out.find("tag=old\r\n"), std::string::npos);
  EXPECT_EQ(out.find("tag=new"), std::string::npos);
}

// RFC 3261 §18.2.1, RFC 3581 §4.
TEST(Writer, ViaSaysWhereTheRequestCameFrom) {
  EXPECT_EQ(answered_via("SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1", "192.0.2.1"),
            "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1");
  EXPECT_EQ(answered_via("SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1", "192.0.2.2"),
            "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1;received=192.0.2.2");
  EXPECT_EQ(answered_via("SIP/2.0/UDP host", "192.0.2.2"), "SIP/2.0/UDP host;received=192.0.2.2");
  EXPECT_EQ(answered_via("SIP/2.0/UDP 192.0.2.1;rport;branch=z9hG4bK1", "192.0.2.1"),
            "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1;received=192.0.2.1;rport=4444");
  EXPECT_EQ(answered_via("SIP/2.0/UDP [2001:db8::1];branch=z9hG4bK1", "2001:db8:0::1"),
            "SIP/2.0/UDP [2001:db8::1];branch=z9hG4bK1");
  EXPECT_EQ(answered_via("SIP/2.0/UDP h;rport", "2001:db8::1"),
            "SIP/2.0/UDP h;received=2001:db8::1;rport=4444");
}

// What a peer claims to have been seen as is nobody's word but its own.
TEST(Writer, ReceivedThatAPeerWroteItselfIsReplaced) {
  EXPECT_EQ(answered_via("SIP/2.0/UDP 192.0.2.1;received=9.9.9.9;rport=1;ms-received-port=7",
                         "192.0.2.1"),
            "SIP/2.0/UDP 192.0.2.1;ms-received-port=7;received=192.0.2.1;rport=4444");
}

TEST(Writer, MalformedViaIsRepeatedAsItIs) {
  EXPECT_EQ(answered_via("SIP/2.0/UDP 192.0.2.15;;,;,,", "192.0.2.2"),
            "SIP/2.0/UDP 192.0.2.15;;,;,,");
}

// RFC 4475 §3.3.1, §3.3.8.
TEST(Writer, RefusalRepeatsWhatThereIsOnce) {
  Response how;
  how.status = 400;
  how.reason = "Field Repeated";
  EXPECT_EQ(answer("OPTIONS sip:a SIP/2.0\r\nVia: v\r\nCSeq: 1 A\r\nCSeq: 2 B\r\n\r\n", how),
            "SIP/2.0 400 Field Repeated\r\nVia: v\r\nCSeq: 1 A\r\nContent-Length: 0\r\n\r\n");
}

TEST(Writer, PhrasesAreInOrderAndUnknownCodesGetTheirClass) {
  uint16_t last = 0;
#define STATUS(code, reason)              \
  EXPECT_GT(code, last);                  \
  EXPECT_EQ(reason_phrase(code), reason); \
  last = code;
#include "protocols/sip/message/statuses.def"
#undef STATUS
  EXPECT_EQ(reason_phrase(199), "Trying");
  EXPECT_EQ(reason_phrase(499), "Request Failed");
  EXPECT_EQ(reason_phrase(699), "Global Failure");
}

Request notify() {
  Request how;
  how.method = "NOTIFY";
  how.uri = "sip:alice@192.0.2.1:5099;transport=tcp";
  how.transport = "TCP";
  how.sent_by = "node.example.com:5060";
  how.branch = "z9hG4bKabc";
  how.route = "<sip:p1;lr>, <sip:p2;lr>";
  how.from = "<sip:bob@biloxi.com>;tag=1";
  how.to = "<sip:alice@atlanta.com>;tag=2";
  how.call_id = "a84b@pc33";
  how.cseq = 8;
  return how;
}

TEST(Writer, RequestInADialogReadsBackAsItWasMeant) {
  std::string out;
  Writer writer(out);
  writer.begin_request(notify());
  writer.field(HeaderId::event, "presence");
  writer.number(HeaderId::expires, 600);
  writer.field("X-Own", "yes");
  writer.end("application/pidf+xml", "<presence/>");
  Message message;
  ASSERT_EQ(message.index_stream(out, Limits()), Message::Found::message);
  EXPECT_EQ(message.total_bytes(), out.size());
  Essentials essentials;
  Fault fault = Fault::none;
  ASSERT_TRUE(read_essentials(message, essentials, fault)) << reason_of(fault);
  EXPECT_EQ(essentials.via.branch, "z9hG4bKabc");
  EXPECT_TRUE(essentials.via.has_rport);
  EXPECT_EQ(essentials.via.transport, Via::Transport::tcp);
  EXPECT_EQ(essentials.cseq.number, 8u);
  EXPECT_EQ(essentials.from.tag, "1");
  EXPECT_EQ(essentials.to.tag, "2");
  EXPECT_EQ(essentials.max_forwards, 70u);
  EXPECT_EQ(essentials.expires, 600u);
  EXPECT_EQ(message.value(HeaderId::route), "<sip:p1;lr>, <sip:p2;lr>");
  EXPECT_EQ(message.value(*message.find("X-Own")), "yes");
  EXPECT_EQ(message.body(), "<presence/>");
}

// RFC 3261 §9.1, §17.1.1.3.
TEST(Writer, AckAndCancelAreMadeOfTheirRequest) {
  std::string sent;
  Writer writer(sent);
  Request how = notify();
  how.method = "INVITE";
  how.to = "<sip:alice@atlanta.com>";
  writer.begin_request(how);
  writer.end();
  Message invite;
  ASSERT_TRUE(invite.index_datagram(sent));
  std::string ack;
  Writer acks(ack);
  acks.begin_for(invite, Method::ack, "<sip:alice@atlanta.com>;tag=z");
  acks.end();
  EXPECT_EQ(ack,
            "ACK sip:alice@192.0.2.1:5099;transport=tcp SIP/2.0\r\n"
            "Via: SIP/2.0/TCP node.example.com:5060;rport;branch=z9hG4bKabc\r\n"
            "Max-Forwards: 70\r\n"
            "Route: <sip:p1;lr>, <sip:p2;lr>\r\n"
            "From: <sip:bob@biloxi.com>;tag=1\r\n"
            "To: <sip:alice@atlanta.com>;tag=z\r\n"
            "Call-ID: a84b@pc33\r\n"
            "CSeq: 8 ACK\r\n"
            "Content-Length: 0\r\n\r\n");
  std::string cancel;
  Writer cancels(cancel);
  cancels.begin_for(invite, Method::cancel, "");
  cancels.end();
  EXPECT_NE(cancel.find("To: <sip:alice@atlanta.com>\r\n"), std::string::npos);
  EXPECT_NE(cancel.find("CSeq: 8 CANCEL\r\n"), std::string::npos);
}

TEST(Writer, NoTextWritesALineOfItsOwn) {
  std::string out;
  Writer writer(out);
  writer.begin_request(notify());
  const size_t lines = std::count(out.begin(), out.end(), '\n');
  writer.field(HeaderId::subject, "hello\r\nRoute: <sip:evil>\r\n\r\n");
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), static_cast<ptrdiff_t>(lines + 1));
  writer.end();
  Message message;
  ASSERT_TRUE(message.index_datagram(out));
  EXPECT_EQ(message.value(HeaderId::route), "<sip:p1;lr>, <sip:p2;lr>");
  EXPECT_EQ(message.value(HeaderId::subject), "hello  Route: <sip:evil>");
}

TEST(Writer, SinkThatHasRoomStaysWhereItIs) {
  Message message;
  ASSERT_TRUE(message.index_datagram(kSubscribe));
  std::string out;
  out.reserve(2048);
  const char* const place = out.data();
  Response how;
  how.to_tag = "abc";
  how.source = base::parse_address("192.0.2.9", 5099);
  Writer writer(out);
  writer.begin_response(message, how);
  writer.copy(message, HeaderId::record_route);
  writer.copy(message, HeaderId::route);
  writer.end();
  writer.begin_request(notify());
  writer.end_head(400);
  EXPECT_EQ(out.data(), place);
  EXPECT_EQ(out.find("Route: <sip:p1;lr>\r\nRoute"), std::string::npos);
}

}  // namespace
}  // namespace sip
