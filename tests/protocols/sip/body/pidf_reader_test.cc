#include "protocols/sip/body/pidf_reader.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "engine/base/datetime.h"
#include "engine/trace/counters.h"

namespace sip {
namespace {

using A = im::Activity;
using B = im::Basic;
using trace::Counter;

struct Read {
  explicit Read(base::Bytes text, im::SourceKind kind = im::SourceKind::publication) : body(text) {
    fault = reader.read(body, kind, report);
  }
  const std::string body;
  PidfReader reader;
  im::Report report;
  BodyFault fault = BodyFault::none;
};

std::string presence(base::Bytes inside) {
  std::string body =
      "<presence xmlns='urn:ietf:params:xml:ns:pidf' xmlns:dm='urn:ietf:params:xml:ns:pidf:"
      "data-model' xmlns:r='urn:ietf:params:xml:ns:pidf:rpid' xmlns:sc='urn:ietf:params:xml:ns:"
      "pidf:caps' entity='pres:someone@example.com'>";
  return body.append(inside).append("</presence>");
}

TEST(PidfReader, DocumentOfRfc4480) {
  const Read read(presence(
      "<tuple id='bs35r9'><status><basic>open</basic></status><dm:deviceID>urn:device:0003ba4811e3"
      "</dm:deviceID><r:relationship><r:self/></r:relationship><contact priority='0.8'>"
      "im:someone@mobile.example.net</contact><note xml:lang='en'>Don't Disturb Please!</note>"
      "<note xml:lang='fr'>Ne derangez "
      "pas</note><timestamp>2005-10-27T16:49:29Z</timestamp></tuple>"
      "<tuple id='ty4658'><status><basic>closed</basic></status><sc:servcaps><sc:audio>true"
      "</sc:audio><sc:video>false</sc:video><sc:message> 1 </sc:message></sc:servcaps>"
      "<contact priority='1.0'>mailto:secretary@example.com</contact></tuple>"
      "<dm:person id='p1'><r:activities from='2005-05-30T12:00:00+05:00'><r:away/>"
      "<r:other>gone sailing</r:other><r:on-the-phone/></r:activities><r:mood><r:angry/></r:mood>"
      "<r:place-is><r:audio><r:noisy/></r:audio></r:place-is><r:user-input idle-threshold='600'>"
      "active</r:user-input><dm:note>I'll be in Tokyo next week</dm:note></dm:person>"));
  ASSERT_EQ(read.fault, BodyFault::none);
  const im::Report& report = read.report;
  ASSERT_EQ(report.tuples.size(), 2u);
  EXPECT_EQ(report.tuples[0].id, "bs35r9");
  EXPECT_EQ(report.tuples[0].basic, B::open);
  EXPECT_EQ(report.tuples[0].contact, "im:someone@mobile.example.net");
  EXPECT_EQ(report.tuples[0].priority, 800);
  EXPECT_EQ(report.tuples[0].note, "Don't Disturb Please!");
  EXPECT_EQ(report.tuples[1].basic, B::closed);
  EXPECT_EQ(report.tuples[1].priority, 1000);
  EXPECT_EQ(report.tuples[1].capabilities, im::kCapabilityAudio | im::kCapabilityMessage);
  EXPECT_EQ(report.name, "p1");
  EXPECT_EQ(report.note, "I'll be in Tokyo next week");
  EXPECT_FALSE(report.idle || report.has_show);
  im::Activities expected;
  for (const A one : {A::away, A::other, A::on_the_phone}) expected.add(one);
  EXPECT_EQ(report.activities, expected);
  base::WallTime when;
  ASSERT_TRUE(base::parse_datetime("2005-10-27T16:49:29Z", when));
  EXPECT_EQ(report.since, when);
  EXPECT_EQ(report.extension,
            "<r:mood xmlns:r='urn:ietf:params:xml:ns:pidf:rpid'><r:angry/></r:mood>"
            "<r:place-is xmlns:r='urn:ietf:params:xml:ns:pidf:rpid'><r:audio><r:noisy/></r:audio>"
            "</r:place-is>");
}

// What a call manager says of a line on which somebody talks, and what its phones say.
TEST(PidfReader, CallManagersLines) {
  const Read busy(presence("<tuple id='SEP001122334455'><status><basic>closed</basic></status>"
                           "</tuple><dm:person id='a'><r:activities><r:busy/></r:activities>"
                           "</dm:person>"),
                  im::SourceKind::line);
  EXPECT_EQ(busy.report.kind, im::SourceKind::line);
  EXPECT_EQ(busy.report.tuples[0].basic, B::closed);
  EXPECT_TRUE(busy.report.activities.has(A::busy));
  const Read phone(
      "<presence xmlns='urn:ietf:params:xml:ns:pidf' xmlns:e='urn:ietf:params:xml:ns:pidf:status:"
      "rpid' xmlns:ce='urn:cisco:params:xml:ns:pidf:rpid'><tuple id='1'><status><basic>open</basic>"
      "<e:activities><e:on-the-phone/><ce:dnd/></e:activities></status></tuple></presence>");
  ASSERT_EQ(phone.fault, BodyFault::none);
  EXPECT_TRUE(phone.report.tuples[0].activities.has(A::on_the_phone));
  EXPECT_TRUE(phone.report.tuples[0].activities.has(A::do_not_disturb));
  const Read composed(
      "<presence xmlns='urn:ietf:params:xml:ns:pidf'><person xmlns='urn:cisco:params:xml:ns:pidf:"
      "rpid' id='user'><activities><available/><phone-status>x</phone-status><user-input>idle"
      "</user-input></activities></person></presence>");
  EXPECT_TRUE(composed.report.activities.has(A::available));
  EXPECT_EQ(composed.report.activities.bits, 1u << static_cast<int>(A::available));
}

// Text of an element in place of its name: an old draft, which is still in use.
TEST(PidfReader, ActivitiesAsText) {
  const Read read(
      "<presence xmlns='urn:ietf:params:xml:ns:pidf' xmlns:ep='urn:ietf:params:xml:ns:pidf:status:"
      "rpid-status'><tuple id='0'><status><basic>open</basic><ep:activities><ep:activity>"
      "on-the-phone</ep:activity><ep:activity> BUSY </ep:activity><ep:activity>juggling"
      "</ep:activity></ep:activities></status></tuple></presence>");
  ASSERT_EQ(read.fault, BodyFault::none);
  im::Activities expected;
  expected.add(A::on_the_phone);
  expected.add(A::busy);
  EXPECT_EQ(read.report.tuples[0].activities, expected);
}

im::Report with_status(base::Bytes status) {
  const Read read(presence("<tuple id='a'><status>" + std::string(status) + "</status></tuple>"));
  EXPECT_EQ(read.fault, BodyFault::none);
  im::Report report = read.report;  // no texts of it are looked at
  return report;
}

TEST(PidfReader, BasicIsReadTolerantly) {
  EXPECT_EQ(with_status("<basic> OPEN\n</basic>").tuples[0].basic, B::open);
  EXPECT_EQ(with_status("<basic>Closed</basic>").tuples[0].basic, B::closed);
  EXPECT_EQ(with_status("<basic>unknown</basic>").tuples[0].basic, B::unknown);
  EXPECT_EQ(with_status("<basic/>").tuples[0].basic, B::unknown);
  EXPECT_EQ(with_status("").tuples[0].basic, B::unknown);
}

// RFC 8048 §4.2.
TEST(PidfReader, ShowOfAnotherGatewayAndTheMostAvailableOfSeveral) {
  const auto tuple = [](const std::string& show, const std::string& basic = "open") {
    return "<tuple id='ID-" + show + "'><status><basic>" + basic + "</basic>" +
           (show.empty() ? "" : "<show xmlns='jabber:client'>" + show + "</show>") +
           "</status></tuple>";
  };
  using V = im::Availability;
  const auto show = [](const std::string& tuples) {
    const Read read(presence(tuples));
    EXPECT_TRUE(read.report.has_show);
    return read.report.show;
  };
  EXPECT_EQ(show(tuple("away")), V::away);
  EXPECT_EQ(show(tuple("xa")), V::extended_away);
  EXPECT_EQ(show(tuple("dnd")), V::do_not_disturb);
  EXPECT_EQ(show(tuple("chat")), V::available);
  EXPECT_EQ(show(tuple("xa") + tuple("away")), V::away);
  EXPECT_EQ(show(tuple("away") + tuple("xa")), V::away);
  EXPECT_EQ(show(tuple("away") + tuple("")), V::available);
  EXPECT_EQ(show(tuple("away") + tuple("dnd", "closed")), V::away);
  EXPECT_FALSE(Read(presence(tuple(""))).report.has_show);
  EXPECT_FALSE(Read(presence(tuple("sleepy"))).report.has_show);
  EXPECT_FALSE(Read(presence(tuple("away", "closed"))).report.has_show);
}

TEST(PidfReader, PrioritiesAreThousandths) {
  EXPECT_EQ(parse_priority("0"), 0);
  EXPECT_EQ(parse_priority("1"), 1000);
  EXPECT_EQ(parse_priority(" 0.8 "), 800);
  EXPECT_EQ(parse_priority("0.007"), 7);
  EXPECT_EQ(parse_priority("0.992"), 992);
  EXPECT_EQ(parse_priority("1.000"), 1000);
  EXPECT_EQ(parse_priority("0.12345"), 123);
  for (const base::Bytes text :
       {"", "2", "-1", "1.1", "0.", ".5", "0,5", "0.5x", "00.5", "+0.5", "0.5 1", "1e-1"}) {
    EXPECT_EQ(parse_priority(text), im::kNoPriority) << text;
  }
}

TEST(PidfReader, NotesOfThePersonGoBeforeTheDocuments) {
  EXPECT_EQ(Read(presence("<note xml:lang='de'>alle</note>")).report.note, "alle");
  EXPECT_EQ(Read(presence("<note xml:lang='de'>alle</note>")).report.lang, "de");
  const Read both(
      presence("<note>all</note><dm:person id='x'><dm:note xml:lang='it'>&lt;io&gt;"
               "</dm:note><r:user-input>idle</r:user-input></dm:person>"));
  EXPECT_EQ(both.report.note, "<io>");
  EXPECT_EQ(both.report.lang, "it");
  EXPECT_TRUE(both.report.idle);
}

TEST(PidfReader, WhatIsUnknownIsPassedOver) {
  const Read read(
      presence("<tuple><status><x/><basic>open</basic></status><y>z</y></tuple>"
               "<who knows='what'/><dm:device id='d'><dm:deviceID>x</dm:deviceID>"
               "<r:user-input>idle</r:user-input></dm:device>"));
  ASSERT_EQ(read.fault, BodyFault::none);
  EXPECT_EQ(read.report.tuples[0].id, "");
  EXPECT_EQ(read.report.tuples[0].priority, im::kNoPriority);
  EXPECT_TRUE(read.report.idle);
  EXPECT_EQ(Read("<presence/>").fault, BodyFault::none);
}

TEST(PidfReader, TuplesAndExtensionsBeyondTheLimitAreDroppedAndCounted) {
  std::string many;
  for (int i = 0; i < 20; ++i) many += "<tuple id='" + std::to_string(i) + "'/>";
  const uint64_t dropped = trace::total(Counter::sip_pidf_tuples_dropped);
  const Read read(presence(many));
  EXPECT_EQ(read.report.tuples.size(), kPidfTuplesMax);
  EXPECT_EQ(trace::total(Counter::sip_pidf_tuples_dropped), dropped + 4);
  const uint64_t before = trace::total(Counter::sip_pidf_extensions_dropped);
  const Read large(presence("<dm:person id='p'><r:sphere>work</r:sphere><r:mood>" +
                            std::string(kPidfExtensionBytesMax, 'x') + "</r:mood></dm:person>"));
  EXPECT_EQ(large.report.extension,
            "<r:sphere xmlns:r='urn:ietf:params:xml:ns:pidf:rpid'>work</r:sphere>");
  EXPECT_EQ(trace::total(Counter::sip_pidf_extensions_dropped), before + 1);
}

TEST(PidfReader, OneReaderReadsOneDocumentAfterTheOther) {
  PidfReader reader;
  im::Report report;
  ASSERT_EQ(reader.read(presence("<tuple id='a'/><dm:person id='p'><dm:note>x</dm:note>"
                                 "<r:activities><r:tv/></r:activities></dm:person>"),
                        im::SourceKind::publication, report),
            BodyFault::none);
  EXPECT_EQ(reader.read("<!DOCTYPE x><presence/>", im::SourceKind::line, report),
            BodyFault::forbidden);
  const std::string last = presence("<tuple id='b'/>");
  ASSERT_EQ(reader.read(last, im::SourceKind::line, report), BodyFault::none);
  EXPECT_EQ(report.note, "");
  EXPECT_TRUE(report.activities.empty());
  ASSERT_EQ(report.tuples.size(), 1u);
  EXPECT_EQ(report.name, "b");
}

// From a block that fits exactly, so that a sanitizer sees any byte behind it that is read.
TEST(PidfReader, DocumentCutAtEveryByteIsRefused) {
  const std::string whole = presence(
      "<tuple id='a'><status><basic>open</basic></status></tuple>"
      "<!-- x --><dm:person id='p'><dm:note>&amp;</dm:note>"
      "</dm:person>");
  PidfReader reader;
  im::Report report;
  for (size_t length = 0; length < whole.size(); ++length) {
    const std::unique_ptr<char[]> block(new char[length]);
    whole.copy(block.get(), length);
    EXPECT_NE(reader.read({block.get(), length}, im::SourceKind::publication, report),
              BodyFault::none)
        << length;
  }
}

}  // namespace
}  // namespace sip
