#include "protocols/sip/body/session_description.h"

#include <gtest/gtest.h>

#include <string>

namespace sip {
namespace {

constexpr base::Bytes kLync =
    "v=0\r\no=- 0 0 IN IP4 192.0.2.7\r\ns=session\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n"
    "m=message 5060 sip null\r\na=accept-types:text/plain multipart/alternative\r\n";

TEST(SessionDescription, AnOfferOfMessagesIsAnsweredWithOurs) {
  SessionOffer offer;
  ASSERT_TRUE(read_session_offer(kLync, offer));
  EXPECT_EQ(offer.count, 1u);
  std::string out;
  write_session_answer(offer, "192.0.2.1", 7, out);
  EXPECT_EQ(out,
            "v=0\r\no=- 7 7 IN IP4 192.0.2.1\r\ns=session\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
            "m=message 5060 sip null\r\n"
            "a=accept-types:text/plain application/im-iscomposing+xml\r\n");
}

TEST(SessionDescription, OtherMediaAreLeftOutOfTheAnswerOneByOne) {
  SessionOffer offer;
  ASSERT_TRUE(
      read_session_offer("v=0\nm=audio 4000/2 RTP/AVP 0 8\nm=x-ms-message 5060 sip null\n", offer));
  EXPECT_EQ(offer.messages, 1u);
  std::string out;
  write_session_answer(offer, "[2001:db8::1]:5070", 1, out);
  EXPECT_NE(out.find("c=IN IP6 2001:db8::1\r\n"), std::string::npos);
  EXPECT_NE(out.find("m=audio 0 RTP/AVP 0 8\r\nm=x-ms-message 5070 sip null\r\n"),
            std::string::npos);
}

TEST(SessionDescription, WhatIsNoOfferOfMessagesIsRefused) {
  SessionOffer offer;
  const std::string head = "v=0\r\n";
  for (const std::string& body :
       {std::string(), std::string("v=1\r\nm=message 5060 sip null\r\n"), head,
        head + "m=audio 4000 RTP/AVP 0\r\n", head + "m=message 9 TCP/MSRP *\r\n",
        head + "m=message 0 sip null\r\n", head + "m=message x sip null\r\n",
        head + "m=message 5060 sip\r\n", head + "m=mess age 5060 sip null\r\n",
        head + std::string(kSdpBytesMax, 'x') + "\r\nm=message 5060 sip null\r\n"}) {
    EXPECT_FALSE(read_session_offer(body, offer)) << body.substr(0, 80);
  }
  std::string many = head + "m=message 5060 sip null\r\n";
  for (size_t i = 0; i < kMediaMax; ++i) many += "m=audio 1 RTP/AVP 0\r\n";
  EXPECT_FALSE(read_session_offer(many, offer));
}

TEST(SessionDescription, OurOfferIsOneThatWeWouldTake) {
  std::string out;
  write_session_offer("[2001:db8::1]", 3, out);
  SessionOffer offer;
  EXPECT_TRUE(read_session_offer(out, offer));
  EXPECT_EQ(offer.media[0].formats, "null");
}

}  // namespace
}  // namespace sip
