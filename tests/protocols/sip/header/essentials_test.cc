#include "protocols/sip/header/essentials.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/trace/counters.h"

namespace sip {
namespace {

const std::string kRequest =
    "SUBSCRIBE sip:bob@biloxi.com SIP/2.0\r\n"
    "Via: SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bK776, SIP/2.0/TCP x\r\n"
    "Max-Forwards: 69\r\n"
    "To: Bob <sip:bob@biloxi.com>\r\n"
    "From: Alice <sip:alice@atlanta.com>;tag=1928301774\r\n"
    "Call-ID: a84b4c76e66710@pc33.atlanta.com\r\n"
    "CSeq: 314159 SUBSCRIBE\r\n"
    "Expires: 600\r\n"
    "\r\n";

Fault judged(const std::string& text) {
  Message message;
  EXPECT_TRUE(message.index_datagram(text)) << text;
  Essentials out;
  Fault fault = Fault::none;
  const bool good = read_essentials(message, out, fault);
  EXPECT_EQ(good, fault == Fault::none);
  return fault;
}

std::string with(base::Bytes what, base::Bytes instead) {
  std::string text = kRequest;
  const size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), instead);
}

std::string without(base::Bytes name) {
  const size_t at = kRequest.find(name);
  EXPECT_NE(at, std::string::npos) << name;
  return std::string(kRequest).erase(at, kRequest.find("\r\n", at) + 2 - at);
}

TEST(Essentials, AllAreReadInOneGo) {
  Message message;
  ASSERT_TRUE(message.index_datagram(kRequest));
  Essentials out;
  Fault fault = Fault::none;
  ASSERT_TRUE(read_essentials(message, out, fault));
  EXPECT_EQ(out.via.branch, "z9hG4bK776");
  EXPECT_EQ(message.value(HeaderId::via).substr(out.via_size), ", SIP/2.0/TCP x");
  EXPECT_EQ(out.cseq.number, 314159u);
  EXPECT_EQ(out.cseq.method, Method::subscribe);
  EXPECT_EQ(out.call_id, "a84b4c76e66710@pc33.atlanta.com");
  EXPECT_EQ(out.from.tag, "1928301774");
  EXPECT_EQ(out.to.tag, "");
  EXPECT_EQ(out.request_uri.user, "bob");
  EXPECT_EQ(out.max_forwards, 69u);
  EXPECT_TRUE(out.has_expires);
  EXPECT_EQ(out.expires, 600u);
}

TEST(Essentials, EachMustBeThere) {
  EXPECT_EQ(judged(without("Via")), Fault::via_missing);
  EXPECT_EQ(judged(without("To")), Fault::to_missing);
  EXPECT_EQ(judged(without("From")), Fault::from_missing);
  EXPECT_EQ(judged(without("Call-ID")), Fault::call_id_missing);
  EXPECT_EQ(judged(without("CSeq")), Fault::cseq_missing);
}

// RFC 3261 §8.1.1.6 demands it, older peers do not send it; §16.6 gives the default.
TEST(Essentials, MaxForwardsAndExpiresMayBeAbsent) {
  Message message;
  const std::string text = without("Max-Forwards");
  ASSERT_TRUE(message.index_datagram(text));
  Essentials out;
  Fault fault = Fault::none;
  ASSERT_TRUE(read_essentials(message, out, fault));
  EXPECT_FALSE(out.has_max_forwards);
  EXPECT_EQ(out.max_forwards, 70u);
  EXPECT_EQ(judged(without("Expires")), Fault::none);
}

TEST(Essentials, EachMustBeWellFormed) {
  EXPECT_EQ(judged(with("SIP/2.0/UDP pc33", "SIP/2.0/UDP <pc33")), Fault::via);
  EXPECT_EQ(judged(with("Bob <sip:bob@biloxi.com>", "Bob <sip:bob@biloxi.com")), Fault::to);
  EXPECT_EQ(judged(with("Alice <", "\"Alice <")), Fault::from);
  EXPECT_EQ(judged(with("a84b4c76e66710@pc33", "a84b@c76@pc33")), Fault::call_id);
  EXPECT_EQ(judged(with("a84b4c76e66710@pc33.atlanta.com", "@pc33")), Fault::call_id);
  EXPECT_EQ(judged(with("a84b4c76e66710@pc33.atlanta.com", "")), Fault::call_id);
  EXPECT_EQ(judged(with("a84b4c76e66710", "a84b 4c76")), Fault::call_id);
  EXPECT_EQ(judged(with("314159", "2147483648")), Fault::cseq);
  EXPECT_EQ(judged(with("Max-Forwards: 69", "Max-Forwards: 300")), Fault::max_forwards);
  EXPECT_EQ(judged(with("Expires: 600", "Expires: soon")), Fault::expires);
}

TEST(Essentials, RequestLineAndCSeqMustAgree) {
  EXPECT_EQ(judged(with("314159 SUBSCRIBE", "314159 NOTIFY")), Fault::cseq_method);
  EXPECT_EQ(judged(with("314159 SUBSCRIBE", "314159 subscribe")), Fault::cseq_method);
  EXPECT_EQ(judged(with("SUBSCRIBE sip:bob@biloxi.com", "SUBSCRIBE sip:@biloxi.com")),
            Fault::request_uri);
  // RFC 4475 §3.1.2.11.
  EXPECT_EQ(judged(with("SUBSCRIBE sip:bob@biloxi.com", "SUBSCRIBE sip:bob@biloxi.com?Route=x")),
            Fault::request_uri_headers);
}

// RFC 4475 §3.3.8.
TEST(Essentials, SingleFieldsMayNotBeRepeated) {
  for (const base::Bytes line : {"To: <sip:eve@x>", "f: <sip:eve@x>;tag=2", "i: other",
                                 "CSeq: 8 SUBSCRIBE", "Max-Forwards: 5", "Expires: 1"}) {
    std::string text = kRequest;
    text.insert(text.size() - 2, std::string(line) + "\r\n");
    EXPECT_EQ(judged(text), Fault::header_repeated) << line;
  }
}

TEST(Essentials, ResponsesHaveNoRequestLineToAgreeWith) {
  const std::string text = "SIP/2.0 200 OK" + kRequest.substr(kRequest.find("\r\n"));
  EXPECT_EQ(judged(text), Fault::none);
}

TEST(Essentials, FaultsAreCounted) {
  const uint64_t before = trace::total(trace::Counter::sip_messages_malformed);
  judged(without("CSeq"));
  judged(kRequest);
  EXPECT_EQ(trace::total(trace::Counter::sip_messages_malformed), before + 1);
}

}  // namespace
}  // namespace sip
