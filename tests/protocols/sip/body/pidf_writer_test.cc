#include "protocols/sip/body/pidf_writer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/base/random.h"
#include "engine/trace/counters.h"
#include "protocols/sip/body/pidf_reader.h"

namespace sip {
namespace {

using A = im::Activity;
using V = im::Availability;

struct Sources {
  im::Composed composed;
  std::vector<im::Report> reports;

  std::string write() const {
    std::string out;
    write(out);
    return out;
  }
  void write(std::string& out) const {
    PidfWriter writer("sip:alice@example.com", composed, out);
    for (const im::Report& report : reports) writer.source(report);
    writer.begin_person();
    for (const im::Report& report : reports) writer.source(report);
    writer.end();
  }
};

im::Report resource(base::Bytes name) {
  im::Report report;
  report.kind = im::SourceKind::resource;
  report.has_show = true;
  report.show = V::away;
  report.name = name;
  report.tuples.emplace_back();
  report.tuples[0].id = name;
  report.tuples[0].basic = im::Basic::open;
  report.tuples[0].priority = 7;
  return report;
}

TEST(PidfWriter, NobodyIsClosedAndNoMore) {
  const im::Composed nobody;
  std::string out;
  PidfWriter writer("sip:alice@example.com", nobody, out);
  writer.end();
  EXPECT_EQ(out,
            "<?xml version='1.0' encoding='UTF-8'?>\r\n"
            "<presence xmlns='urn:ietf:params:xml:ns:pidf'"
            " xmlns:dm='urn:ietf:params:xml:ns:pidf:data-model'"
            " xmlns:rpid='urn:ietf:params:xml:ns:pidf:rpid'"
            " xmlns:ce='urn:cisco:params:xml:ns:pidf:rpid'"
            " xmlns:c='urn:ietf:params:xml:ns:pidf:caps' entity='sip:alice@example.com'>"
            "<tuple id='composed'><status><basic>closed</basic></status>"
            "<contact>sip:alice@example.com</contact></tuple></presence>");
}

std::string after_opening(const std::string& document) {
  return document.substr(document.find("<tuple"));
}

TEST(PidfWriter, ThePhoneIsOnThePersonAndOnItsTuple) {
  Sources sources;
  sources.composed.availability = V::busy;
  sources.composed.activities.add(A::on_the_phone);
  sources.composed.activities.add(A::busy);
  sources.composed.note = base::PackedString("a < b");
  sources.composed.lang = base::PackedString("en");
  sources.reports.push_back(resource("my desk/1&2"));
  im::Report line;
  line.kind = im::SourceKind::line;
  line.extension = "<x:mood xmlns:x='y'/>";
  line.tuples.emplace_back();
  line.tuples[0].id = "SEP1";
  line.tuples[0].contact = "sip:1000@cucm";
  line.tuples[0].activities.add(A::on_hold);
  line.tuples[0].capabilities = im::kCapabilityAudio | im::kCapabilityVideo;
  line.since.us = 1'700'000'000'000'000;
  sources.reports.push_back(line);
  EXPECT_EQ(after_opening(sources.write()),
            "<tuple id='composed'><status><basic>open</basic><show xmlns='jabber:client'>dnd</show>"
            "</status><contact>sip:alice@example.com</contact><note xml:lang='en'>a &lt; b</note>"
            "</tuple>"
            "<tuple id='ID-my_x20desk_x2F1_x262'><status><basic>open</basic>"
            "<show xmlns='jabber:client'>away</show></status>"
            "<contact priority='0.007'>sip:alice@example.com;gr=my%20desk/1%262</contact></tuple>"
            "<tuple id='T2-SEP1'><status></status><rpid:activities><ce:on-hold/></rpid:activities>"
            "<c:servcaps><c:audio>true</c:audio><c:video>true</c:video></c:servcaps>"
            "<contact>sip:1000@cucm</contact><timestamp>2023-11-14T22:13:20Z</timestamp></tuple>"
            "<dm:person id='person'><rpid:activities><rpid:busy/><rpid:on-the-phone/>"
            "</rpid:activities><x:mood xmlns:x='y'/><dm:note xml:lang='en'>a &lt; b</dm:note>"
            "</dm:person></presence>");
}

TEST(PidfWriter, PrioritiesReadBackAsTheyWere) {
  for (uint16_t i = 0; i <= im::kPriorityMax; ++i) {
    std::string text;
    write_priority(i, text);
    EXPECT_EQ(parse_priority(text), i) << text;
    EXPECT_LE(text.size(), 5u);
  }
  std::string none;
  write_priority(im::kNoPriority, none);
  EXPECT_EQ(none, "");
}

TEST(PidfWriter, DifferentResourcesGetDifferentIdsThatXmlTakes) {
  std::vector<std::string> ids;
  for (const base::Bytes name : {"a b", "a_x20b", "a_b", "1", "", "a'b", "a<b", "\xC3\xBC"}) {
    Sources sources;
    sources.reports.push_back(resource(name));
    const std::string out = sources.write();
    const size_t at = out.find("<tuple id='ID-") + 11;
    const std::string id = out.substr(at, out.find('\'', at) - at);
    EXPECT_EQ(id.find_first_of(" <&\"/"), std::string::npos) << id;
    for (const std::string& other : ids) EXPECT_NE(id, other);
    ids.push_back(id);
  }
}

TEST(PidfWriter, NothingIsAllocatedWhenThereIsRoom) {
  Sources sources;
  sources.composed.availability = V::available;
  for (const base::Bytes name : {"a", "b", "c"}) sources.reports.push_back(resource(name));
  std::string out = "what was there before";
  out.reserve(8192);
  const char* place = out.data();
  const size_t room = out.capacity();
  for (int i = 0; i < 3; ++i) {
    out.resize(21);
    sources.write(out);
    EXPECT_EQ(out.data(), place);
    EXPECT_EQ(out.capacity(), room);
  }
  EXPECT_TRUE(out.starts_with("what was there before<?xml"));
}

TEST(PidfWriter, TooMuchIsCutAtATupleAndCounted) {
  Sources sources;
  const std::string note(10'000, '<');  // four bytes each
  for (int i = 0; i < 8; ++i) {
    sources.reports.push_back(resource("r"));
    sources.reports.back().tuples[0].note = note;
  }
  const uint64_t before = trace::total(trace::Counter::sip_pidf_written_short);
  const std::string out = sources.write();
  EXPECT_LT(out.size(), kPidfWrittenBytesMax + 41'000);
  EXPECT_GT(trace::total(trace::Counter::sip_pidf_written_short), before);
  XmlBody body;
  EXPECT_EQ(body.parse(out, "presence", 1 << 20), BodyFault::none);
}

im::Report any_report(base::Random& random) {
  static const std::string kTexts[] = {"", "x", "<&>'\"", "\xC3\xA4 \xF0\x9F\x98\x80", "a  b"};
  const auto text = [&random]() -> base::Bytes { return kTexts[random.below(5)]; };
  im::Report report;
  report.kind = im::SourceKind::publication;
  report.since.us = static_cast<int64_t>(random.below(2'000'000'000)) * 1'000'000;
  for (uint64_t n = 1 + random.below(4); n > 0; --n) {
    im::ReportTuple& tuple = report.tuples.emplace_back();
    tuple.id = n % 2 == 0 ? "a" : "b.c-d";
    tuple.contact = random.below(2) == 0 ? base::Bytes() : "sip:x@y;gr=a&b";
    tuple.note = text();
    tuple.activities.bits = static_cast<uint32_t>(random.next());
    tuple.priority =
        tuple.contact.empty() ? im::kNoPriority : static_cast<uint16_t>(random.below(1001));
    tuple.capabilities = static_cast<uint16_t>(random.below(128));
    tuple.basic = static_cast<im::Basic>(random.below(3));
  }
  return report;
}

// All that a report says of its devices comes out of the document again.
TEST(PidfWriter, WhatIsWrittenReadsBackTheSame) {
  base::Prng random(3863);
  PidfReader reader;
  im::Report read;
  for (int round = 0; round < 500; ++round) {
    Sources sources;
    sources.composed.availability = static_cast<V>(random.below(6));
    sources.composed.activities.bits = static_cast<uint32_t>(random.next());
    sources.composed.note = base::PackedString(random.below(2) == 0 ? "" : "no&te");
    sources.reports.push_back(any_report(random));
    const im::Report& said = sources.reports[0];
    const std::string out = sources.write();
    ASSERT_EQ(reader.read(out, im::SourceKind::publication, read), BodyFault::none) << out;
    ASSERT_EQ(read.tuples.size(), said.tuples.size() + 1);
    EXPECT_EQ(read.tuples[0].id, kComposedTuple);
    EXPECT_EQ(read.note, sources.composed.note.view());
    EXPECT_EQ(read.activities, sources.composed.activities);
    EXPECT_EQ(read.since, said.since);
    for (size_t i = 0; i < said.tuples.size(); ++i) {
      const im::ReportTuple& before = said.tuples[i];
      const im::ReportTuple& after = read.tuples[i + 1];
      EXPECT_TRUE(after.id.ends_with(before.id)) << out;
      EXPECT_EQ(after.contact, before.contact);
      EXPECT_EQ(after.note, before.note);
      EXPECT_EQ(after.activities, before.activities);
      EXPECT_EQ(after.priority, before.priority);
      EXPECT_EQ(after.capabilities, before.capabilities);
      EXPECT_EQ(after.basic, before.basic);
    }
    ASSERT_FALSE(testing::Test::HasFailure()) << out;
  }
}

}  // namespace
}  // namespace sip
