#include "protocols/sip/dialog/dialog.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/trace/counters.h"
#include "tests/protocols/sip/transaction/stage.h"

namespace sip {
namespace {

std::string subscribe(base::Bytes fields, base::Bytes tags = "f t", uint32_t cseq = 7,
                      base::Bytes start = "SUBSCRIBE sip:bob@example.com SIP/2.0",
                      base::Bytes method = "SUBSCRIBE") {
  const size_t space = tags.find(' ');
  const base::Bytes to_tag = tags.substr(space + 1);
  std::string text(start);
  text.append("\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: \"A\" <sip:alice@example.com>;tag=");
  text.append(tags.substr(0, space)).append("\r\nTo: <sip:bob@example.com>");
  if (!to_tag.empty()) text.append(";tag=").append(to_tag);
  text.append("\r\nCall-ID: c1\r\nCSeq: ").append(std::to_string(cseq)).append(" ").append(method);
  return text.append("\r\n").append(fields).append("\r\n");
}

const std::string kContact = "Contact: <sip:alice@192.0.2.1:5066>\r\n";
const std::string kRoutes =
    "Record-Route: <sip:p1;lr>, \"name\" <sip:p2;lr>;x=y\r\nRecord-Route: <sip:p3;lr>\r\n";

bool accept(const std::string& text, Dialog& out) {
  const Incoming in(text);
  return accept_dialog(in.message, in.essentials, "ours", out);
}

TEST(Dialog, AcceptedOneSendsItsRequestsBackTheWayItCame) {
  Dialog dialog;
  ASSERT_TRUE(accept(subscribe(kContact + kRoutes, "f "), dialog));
  EXPECT_EQ(dialog.remote_cseq, 7u);
  std::string scratch;
  Request how;
  how.transport = "UDP";
  how.sent_by = "node";
  how.branch = "z9hG4bKx";
  fill_request(dialog, "NOTIFY", scratch, how);
  std::string out;
  Writer writer(out);
  writer.begin_request(how);
  writer.end();
  EXPECT_EQ(out,
            "NOTIFY sip:alice@192.0.2.1:5066 SIP/2.0\r\n"
            "Via: SIP/2.0/UDP node;rport;branch=z9hG4bKx\r\nMax-Forwards: 70\r\n"
            "Route: <sip:p1;lr>, <sip:p2;lr>, <sip:p3;lr>\r\n"
            "From: <sip:bob@example.com>;tag=ours\r\n"
            "To: <sip:alice@example.com>;tag=f\r\n"
            "Call-ID: c1\r\nCSeq: 1 NOTIFY\r\nContent-Length: 0\r\n\r\n");
  fill_request(dialog, "NOTIFY", scratch, how);
  EXPECT_EQ(how.cseq, 2u);
}

TEST(Dialog, AnsweredOneTurnsTheRoutesAround) {
  const Incoming in(subscribe(kContact + kRoutes, "f t", 7, "SIP/2.0 200 OK"));
  Dialog dialog;
  ASSERT_TRUE(answered_dialog(in.message, in.essentials, dialog));
  EXPECT_EQ(dialog.routes, "<sip:p3;lr>, <sip:p2;lr>, <sip:p1;lr>");
  EXPECT_EQ(dialog.local_tag, "f");
  EXPECT_EQ(dialog.remote_tag, "t");
  EXPECT_EQ(dialog.local_cseq, 7u);
  EXPECT_FALSE(dialog.has_remote_cseq);
}

// §12.2.1.1, the example of §16.12.1.2.
TEST(Dialog, StrictRouterBecomesTheRequestUri) {
  Dialog dialog;
  ASSERT_TRUE(accept(subscribe(kContact + "Record-Route: <sip:strict>, <sip:p2;lr>\r\n"), dialog));
  std::string scratch;
  Request how;
  fill_request(dialog, "NOTIFY", scratch, how);
  EXPECT_EQ(how.uri, "sip:strict");
  EXPECT_EQ(how.route, "<sip:p2;lr>, <sip:alice@192.0.2.1:5066>");
}

TEST(Dialog, WithoutOneGoodContactThereIsNone) {
  const uint64_t before = trace::total(trace::Counter::sip_dialogs_refused);
  Dialog dialog;
  EXPECT_FALSE(accept(subscribe(""), dialog));
  EXPECT_FALSE(accept(subscribe("Contact: *\r\n"), dialog));
  EXPECT_FALSE(accept(subscribe(kContact + kContact), dialog));
  EXPECT_FALSE(accept(subscribe(kContact + "Record-Route: <sip:a\r\n"), dialog));
  std::string routes;
  for (size_t i = 0; i <= kRoutesMax; ++i) routes += "Record-Route: <sip:p;lr>\r\n";
  EXPECT_FALSE(accept(subscribe(kContact + routes), dialog));
  const std::string host(kDialogBytesMax, 'h');
  EXPECT_FALSE(accept(subscribe("Contact: <sip:" + host + ">\r\n"), dialog));
  EXPECT_EQ(trace::total(trace::Counter::sip_dialogs_refused), before + 6);
}

TEST(Dialog, RequestsOfItHaveItsCallIdAndBothTags) {
  Dialog dialog;
  ASSERT_TRUE(accept(subscribe(kContact, "f "), dialog));
  EXPECT_TRUE(is_in(dialog, Incoming(subscribe("", "f ours")).essentials));
  EXPECT_FALSE(is_in(dialog, Incoming(subscribe("", "f other")).essentials));
  EXPECT_FALSE(is_in(dialog, Incoming(subscribe("", "g ours")).essentials));
  EXPECT_FALSE(is_in(dialog, Incoming(subscribe("", "f ")).essentials));
  std::string other = subscribe("", "f ours");
  other.replace(other.find("Call-ID: c1"), 11, "Call-ID: c2");
  EXPECT_FALSE(is_in(dialog, Incoming(other).essentials));
}

TEST(Dialog, TheAckOfA2xxHasTheNumberOfItsInviteAndCountsNothingUp) {
  Dialog dialog;
  dialog.remote_target = "sip:bob@192.0.2.4";
  dialog.local_cseq = 7;
  Request how;
  std::string scratch;
  fill_ack(dialog, 3, scratch, how);
  EXPECT_EQ(how.method, "ACK");
  EXPECT_EQ(how.cseq, 3u);
  EXPECT_EQ(how.uri, "sip:bob@192.0.2.4");
  fill_request(dialog, "MESSAGE", scratch, how);
  EXPECT_EQ(how.cseq, 8u);
}

TEST(Dialog, NumbersOnlyGrowAndRefreshesMoveTheTarget) {
  Dialog dialog;
  ASSERT_TRUE(accept(subscribe(kContact, "f "), dialog));
  const auto take = [&dialog](const std::string& text) {
    const Incoming in(text);
    return take_request(dialog, in.message, in.essentials);
  };
  const std::string moved = "Contact: <sip:alice@192.0.2.2>\r\n";
  EXPECT_EQ(take(subscribe(moved, "f ours", 7)), Order::stale);
  EXPECT_EQ(take(subscribe(moved, "f ours", 6)), Order::stale);
  EXPECT_EQ(dialog.remote_target, "sip:alice@192.0.2.1:5066");
  EXPECT_EQ(take(subscribe(moved, "f ours", 9)), Order::next);
  EXPECT_EQ(dialog.remote_target, "sip:alice@192.0.2.2");
  EXPECT_EQ(dialog.remote_cseq, 9u);
  // MESSAGE moves nothing.
  const std::string message = subscribe(kContact, "f ours", 10, "MESSAGE sip:b SIP/2.0", "MESSAGE");
  EXPECT_EQ(take(message), Order::next);
  EXPECT_EQ(dialog.remote_target, "sip:alice@192.0.2.2");
  // Nor does a target beyond the limit.
  const std::string host(kDialogBytesMax, 'h');
  EXPECT_EQ(take(subscribe("Contact: <sip:" + host + ">\r\n", "f ours", 11)), Order::next);
  EXPECT_EQ(dialog.remote_target, "sip:alice@192.0.2.2");
}

TEST(Dialog, AckHasTheNumberOfItsInvite) {
  Dialog dialog;
  ASSERT_TRUE(accept(subscribe(kContact, "f ", 7, "INVITE sip:b SIP/2.0", "INVITE"), dialog));
  const Incoming ack(subscribe("", "f ours", 7, "ACK sip:b SIP/2.0", "ACK"));
  EXPECT_EQ(take_request(dialog, ack.message, ack.essentials), Order::next);
  const Incoming old(subscribe("", "f ours", 6, "ACK sip:b SIP/2.0", "ACK"));
  EXPECT_EQ(take_request(dialog, old.message, old.essentials), Order::stale);
}

}  // namespace
}  // namespace sip
