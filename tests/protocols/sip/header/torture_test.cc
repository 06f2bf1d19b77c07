// The cases of RFC 4475 and RFC 5118, in messages of our own: what each section is about, and
// nothing else. What belongs to a method or a registrar is judged there; here it must be readable.
#include <gtest/gtest.h>

#include <string>

#include "protocols/sip/header/digest.h"
#include "protocols/sip/header/essentials.h"
#include "protocols/sip/header/media_type.h"

namespace sip {
namespace {

// Fields that every one of them has, unless the case is about them.
struct Parts {
  std::string start = "OPTIONS sip:bob@example.com SIP/2.0";
  std::string via = "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKxyz\r\n";
  std::string from = "From: <sip:alice@example.com>;tag=1\r\n";
  std::string to = "To: <sip:bob@example.com>\r\n";
  std::string call_id = "Call-ID: 8a@192.0.2.1\r\n";
  std::string cseq = "CSeq: 7 OPTIONS\r\n";
  std::string more;
  std::string length = "Content-Length: 0\r\n";
  std::string body;

  std::string text() const {
    return start + "\r\n" + via + from + to + call_id + cseq + more + length + "\r\n" + body;
  }
};

struct Judged {
  Message message;
  Essentials essentials;
  Fault fault = Fault::none;
  std::string text;
  explicit Judged(const Parts& parts) : text(parts.text()) {
    if (!message.index_datagram(text)) {
      fault = message.fault();
    } else {
      (void)read_essentials(message, essentials, fault);
    }
  }
  uint16_t status() const { return fault == Fault::none ? 0 : status_of(fault); }
};

TEST(Torture, TortuousWhiteSpaceIsBorne) {  // RFC 4475 §3.1.1.1
  Parts parts;
  parts.to = "TO :\r\n bob <sip:bob@example.com>    ;tag\t=  1918181833n\r\n";
  parts.from = "from   : \"B \\\\\\\" \"       <sip:alice@example.com>\r\n  ;\r\n  tag = 98as\r\n";
  parts.cseq = "cseq: 0009\r\n  OPTIONS\r\n";
  parts.via = "Via  : SIP  /   2.0\r\n /UDP\r\n    192.0.2.2;branch=390skdjuw\r\n";
  parts.more =
      "s :\r\nNewFangledHeader:   newfangled value\r\n continued newfangled value\r\n"
      "v:  SIP  / 2.0  / TCP     spindle.example.com   ;\r\n  branch  =   z9hG4bK9ikj8  ,\r\n"
      " SIP  /    2.0   / UDP  192.168.255.111   ; branch=\r\n z9hG4bK30239\r\n"
      "m:\"Quoted string \\\"\\\"\" <sip:j@example.com> ; newparam =\r\n newvalue ;\r\n"
      "  secondparam ; q = 0.33\r\n";
  const Judged judged(parts);
  ASSERT_EQ(judged.fault, Fault::none) << reason_of(judged.fault);
  EXPECT_EQ(judged.essentials.cseq.number, 9u);
  EXPECT_EQ(judged.essentials.to.tag, "1918181833n");
  EXPECT_EQ(judged.essentials.via.branch, "390skdjuw");
  Contact contact;
  ASSERT_EQ(read_only_contact(judged.message, contact), Read::ok);
  EXPECT_EQ(contact.q, 330);
  ListReader vias(judged.message, HeaderId::via);
  base::Bytes element;
  int count = 0;
  Via via;
  while (vias.next(element)) count += parse_via(element, via) ? 1 : 0;
  EXPECT_EQ(count, 3);
}

TEST(Torture, EveryTokenCharacterMayBeUsed) {  // §3.1.1.2
  const std::string method = "!odd-Method0123456789_*+`.%indeed'~";
  Parts parts;
  parts.start = method +
                " sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*"
                "pas$wo~d_too.(doesn't-it)@example.com SIP/2.0";
  parts.cseq = "CSeq: 139122385 " + method + "\r\n";
  parts.to = "To: \"BEL:\\\x07 NUL:\\ DEL:\\\x7f\" <sip:bob@example.com>\r\n";
  parts.from =
      "From: token1~` token2'+_ token3*%!.- <sip:mundane@example.com>;"
      "fromParam''~+*_!.-%=\"\xd1\x80\";tag=_token~1'+`*%!-.\r\n";
  const Judged judged(parts);
  ASSERT_EQ(judged.fault, Fault::none) << reason_of(judged.fault);
  EXPECT_EQ(judged.message.method(), Method::unknown);
  EXPECT_TRUE(judged.essentials.request_uri.has_password);
  EXPECT_EQ(judged.essentials.from.tag, "_token~1'+`*%!-.");
}

TEST(Torture, EscapesAreReadAndNotMisread) {  // §3.1.1.3 to §3.1.1.5
  Parts parts;
  parts.start = "OPTIONS sip:sips%3Auser%40example.com@example.net SIP/2.0";
  const Judged judged(parts);
  ASSERT_EQ(judged.fault, Fault::none);
  std::string user;
  ASSERT_TRUE(append_address_of_record(judged.essentials.request_uri, user));
  EXPECT_EQ(user, "sips:user@example.com@example.net");
  Parts method;
  method.start = "RE%47IST%45R sip:example.com SIP/2.0";
  method.cseq = "CSeq: 29344 RE%47IST%45R\r\n";
  const Judged other(method);
  ASSERT_EQ(other.fault, Fault::none);
  EXPECT_EQ(other.message.method(), Method::unknown);  // it is not REGISTER
}

TEST(Torture, LongValuesAreBorne) {  // §3.1.1.7
  Parts parts;
  parts.from = "From: \"" + std::string(300, 'a') + "\" <sip:" + std::string(200, 'u') +
               "@example.com>;tag=" + std::string(400, 't') + "\r\n";
  parts.call_id = "Call-ID: " + std::string(800, 'c') + "\r\n";
  for (int i = 0; i < 40; ++i) {
    parts.more += "Via: SIP/2.0/TCP host" + std::to_string(i) + ".example.com\r\n";
  }
  const Judged judged(parts);
  ASSERT_EQ(judged.fault, Fault::none);
  EXPECT_EQ(judged.essentials.call_id.size(), 800u);
}

TEST(Torture, WhatFollowsInADatagramIsNoise) {  // §3.1.1.8
  Parts parts;
  parts.via = "Via: SIP/2.0/UDP 192.0.2.125;branch=z9hG4bKnext\r\n";
  parts.body = Parts().text();
  const Judged judged(parts);
  EXPECT_EQ(judged.fault, Fault::none);
  EXPECT_EQ(judged.message.body(), "");
  EXPECT_EQ(judged.essentials.via.branch, "z9hG4bKnext");
}

TEST(Torture, SemicolonsAndUnknownTransportsAreBorne) {  // §3.1.1.9, §3.1.1.10
  Parts parts;
  parts.start = "OPTIONS sip:user;par=u%40example.net@example.com SIP/2.0";
  parts.more = "Via: SIP/2.0/SCTP a;branch=z9hG4bK1\r\nVia: SIP/2.0/UNKNOWN b\r\n";
  const Judged judged(parts);
  ASSERT_EQ(judged.fault, Fault::none);
  EXPECT_EQ(judged.essentials.request_uri.user, "user;par=u%40example.net");
}

TEST(Torture, ResponsesWithOddReasonsAreBorne) {  // §3.1.1.12, §3.1.1.13
  Parts parts;
  parts.start = "SIP/2.0 200 = 2**3 * 5**2 \xd0\xbd\xd0\xbe";
  EXPECT_EQ(Judged(parts).fault, Fault::none);
  parts.start = "SIP/2.0 100 ";
  EXPECT_EQ(Judged(parts).fault, Fault::none);
}

TEST(Torture, InvalidRequestsAreAnsweredWith400) {  // §3.1.2
  const auto refused = [](Parts parts) {
    const Judged judged(parts);
    EXPECT_TRUE(judged.message.can_answer()) << judged.text;
    return judged.status();
  };
  Parts parts;
  parts.via = "Via: SIP/2.0/UDP 192.0.2.15;;,;,,\r\n";
  EXPECT_EQ(refused(parts), 400) << "§3.1.2.1";
  parts = Parts();
  parts.length = "Content-Length: 9999\r\n";
  EXPECT_EQ(refused(parts), 400) << "§3.1.2.2";
  parts.length = "Content-Length: -999\r\n";
  EXPECT_EQ(refused(parts), 400) << "§3.1.2.3";
  parts = Parts();
  parts.cseq = "CSeq: 36893488147419103232 OPTIONS\r\n";
  EXPECT_EQ(refused(parts), 400) << "§3.1.2.4";
  parts = Parts();
  parts.more = "Max-Forwards: 300\r\n";
  EXPECT_EQ(refused(parts), 400) << "§3.1.2.4";
  parts = Parts();
  parts.to = "To: \"Mr. J. User <sip:j.user@example.com>\r\n";
  EXPECT_EQ(refused(parts), 400) << "§3.1.2.6";
  parts.to = "To: \"Watson, Thomas\" < sip:t.watson@example.org >\r\n";
  EXPECT_EQ(refused(parts), 400) << "§3.1.2.14";
  parts.to = "To: Watson, Thomas <sip:t.watson@example.org>\r\n";
  EXPECT_EQ(refused(parts), 400) << "§3.1.2.15";
  parts = Parts();
  parts.cseq = "CSeq: 8 INVITE\r\n";
  EXPECT_EQ(refused(parts), 400) << "§3.1.2.17";
}

TEST(Torture, MalformedRequestLinesAreAnsweredWith400) {  // §3.1.2.7 to §3.1.2.11
  for (const base::Bytes start :
       {"OPTIONS <sip:user@example.com> SIP/2.0", "OPTIONS sip:user@example.com; lr SIP/2.0",
        "OPTIONS  sip:user@example.com  SIP/2.0", "OPTIONS sip:user@example.com SIP/2.0 ",
        "OPTIONS sip:user@example.com?Route=%3Csip:example.com%3E SIP/2.0"}) {
    Parts parts;
    parts.start = start;
    const Judged judged(parts);
    EXPECT_EQ(judged.status(), 400) << start;
    EXPECT_TRUE(judged.message.can_answer()) << start;
  }
}

TEST(Torture, OtherVersionsAreAnsweredWith505) {  // §3.1.2.16
  Parts parts;
  parts.start = "OPTIONS sip:t.watson@example.org SIP/7.0";
  parts.via = "Via: SIP/7.0/UDP c.example.com;branch=z9hG4bKkdjuw\r\n";
  const Judged judged(parts);
  EXPECT_EQ(judged.status(), 505);
  EXPECT_TRUE(judged.message.can_answer());
}

TEST(Torture, ResponsesBeyondReasonAreDropped) {  // §3.1.2.5, §3.1.2.19
  Parts parts;
  parts.start = "SIP/2.0 4294967301 better not break the receiver";
  Judged judged(parts);
  EXPECT_NE(judged.fault, Fault::none);
  EXPECT_FALSE(judged.message.can_answer());
  parts.start = "SIP/2.0 503 Service Unavailable";
  parts.cseq = "CSeq: 9292394834772304023312 OPTIONS\r\n";
  EXPECT_EQ(Judged(parts).fault, Fault::cseq);
}

TEST(Torture, DatesAndContactsAreForTheirReaders) {  // §3.1.2.12, §3.1.2.13
  Parts parts;
  parts.more =
      "Date: Fri, 01 Jan 2010 16:00:00 EST\r\n"
      "Contact: sip:user@example.com?Route=%3Csip:sip.example.com%3E\r\n";
  const Judged judged(parts);
  ASSERT_EQ(judged.fault, Fault::none);
  Contact contact;
  EXPECT_EQ(read_only_contact(judged.message, contact), Read::malformed);
}

TEST(Torture, BranchOfTheCookieAloneIsNotComparedAlone) {  // §3.2.1
  Parts parts;
  parts.via = "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK\r\n";
  const Judged judged(parts);
  ASSERT_EQ(judged.fault, Fault::none);
  EXPECT_FALSE(judged.essentials.via.has_modern_branch());
}

TEST(Torture, MissingFieldsAreAnsweredWith400) {  // §3.3.1
  Parts parts;
  parts.call_id = parts.from = parts.to = "";
  const Judged judged(parts);
  EXPECT_EQ(judged.status(), 400);
  EXPECT_TRUE(judged.message.can_answer());
}

TEST(Torture, UnknownSchemesAreReadable) {  // §3.3.2, §3.3.3, §3.3.4
  Parts parts;
  parts.start = "OPTIONS nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0";
  parts.to = "To: <isbn:2983792873>\r\n";
  const Judged judged(parts);
  ASSERT_EQ(judged.fault, Fault::none);
  EXPECT_EQ(judged.essentials.request_uri.scheme, Uri::Scheme::other);
}

TEST(Torture, ExtensionsBodiesAndSchemesAreForTheirReaders) {  // §3.3.5 to §3.3.7, §3.3.15
  Parts parts;
  parts.more =
      "Require: nothingSupportsThis, nothingSupportsThisEither\r\n"
      "Proxy-Require: noProxiesSupportThis\r\nContent-Type: application/unknownformat\r\n"
      "Authorization: NoOneKnowsThisScheme opaque-data=here\r\nAccept: text/nobodyKnows\r\n";
  const Judged judged(parts);
  ASSERT_EQ(judged.fault, Fault::none);
  EXPECT_TRUE(list_contains(judged.message, HeaderId::require, "nothingSupportsThisEither"));
  EXPECT_FALSE(accepts(judged.message, "application/sdp", true));
  DigestCredentials credentials;
  EXPECT_EQ(read_credentials(judged.message, HeaderId::authorization, "x", credentials),
            Read::absent);
}

TEST(Torture, RepeatedFieldsAreAnsweredWith400) {  // §3.3.8, §3.3.9
  Parts parts;
  parts.more = "CSeq: 8 OPTIONS\r\nCall-ID: other\r\n";
  Judged repeated(parts);
  EXPECT_EQ(repeated.status(), 400);
  EXPECT_TRUE(repeated.message.can_answer());
  parts.more = "Content-Length: 5\r\n";
  parts.body = "hello";
  EXPECT_EQ(Judged(parts).status(), 400);
}

TEST(Torture, NoHopsLeftIsReadable) {  // §3.3.11
  Parts parts;
  parts.more = "Max-Forwards: 0\r\n";
  const Judged judged(parts);
  EXPECT_EQ(judged.fault, Fault::none);
  EXPECT_EQ(judged.essentials.max_forwards, 0u);
}

TEST(Torture, ContactParametersAreTheHeadersWithoutBrackets) {  // §3.3.12 to §3.3.14
  Contact contact;
  ASSERT_TRUE(parse_contact("sip:+19725552222@gw1.example.net;unknownparam", contact));
  EXPECT_EQ(contact.address.uri, "sip:+19725552222@gw1.example.net");
  ASSERT_TRUE(parse_contact("<sip:+19725552222@gw1.example.net;unknownparam>", contact));
  EXPECT_EQ(contact.address.uri, "sip:+19725552222@gw1.example.net;unknownparam");
  ASSERT_TRUE(parse_contact("<sip:user@example.com?Route=%3Csip:sip.example.com%3E>", contact));
}

TEST(Torture, OldRequestsAreReadable) {  // §3.4.1
  Parts parts;
  parts.via = "Via: SIP/2.0/UDP iftgw.example.com\r\n";
  parts.from = "From: 15153338120@192.0.2.3\r\n";
  EXPECT_EQ(Judged(parts).fault, Fault::from);  // not even a scheme
  parts.from = "From: sip:15153338120@192.0.2.3\r\n";
  const Judged judged(parts);
  EXPECT_EQ(judged.fault, Fault::none);
  EXPECT_EQ(judged.essentials.from.tag, "");
}

TEST(Torture, Ipv6IsReadWhereverItMayStand) {  // RFC 5118 §4.1 to §4.10
  Parts parts;
  parts.start = "OPTIONS sip:user@[2001:db8::10]:5070 SIP/2.0";
  parts.via =
      "Via: SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKas3-111\r\n";
  parts.more = "Contact: <sip:caller@[::ffff:192.0.2.1]>\r\n";
  const Judged judged(parts);
  ASSERT_EQ(judged.fault, Fault::none) << reason_of(judged.fault);
  EXPECT_EQ(judged.essentials.request_uri.port, 5070);
  parts.start = "OPTIONS sip:[2001:db8::10:5070] SIP/2.0";
  EXPECT_EQ(Judged(parts).fault, Fault::none) << "§4.3: the port is a part of the address";
  parts.start = "OPTIONS sip:2001:db8::10 SIP/2.0";
  EXPECT_EQ(Judged(parts).status(), 400) << "§4.2";
}

}  // namespace
}  // namespace sip
