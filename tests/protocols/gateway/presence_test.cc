// RFC 8048 §4.2 and §4.3, whole: stanza to document, document to stanza.
#include "protocols/gateway/presence.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "protocols/im/presentity/presentity.h"
#include "protocols/im/presentity/sources.h"
#include "protocols/sip/body/pidf_reader.h"
#include "protocols/sip/body/pidf_writer.h"
#include "protocols/sip/body/tuple_id.h"

namespace gateway {
namespace {

using A = im::Activity;
using B = im::Basic;
using T = im::StanzaType;

std::string text_of(const XmppPresence& presence) {
  std::string out(presence.type == T::available ? "available " : "unavailable ");
  write_payload(presence, out);
  return presence.lang.empty() ? out : out + " " + std::string(presence.lang);
}

// One tuple with its person, in XMPP's words.
std::string shown(B basic, std::vector<A> activities, base::Bytes note = {},
                  const im::PresentityOptions& options = {}) {
  im::Report document;
  for (const A activity : activities) document.activities.add(activity);
  im::ReportTuple tuple;
  tuple.basic = basic;
  tuple.note = note;
  return text_of(to_xmpp(document, tuple, options));
}

TEST(PresenceToXmpp, BasicIsTheTypeWhateverElseIsSaid) {
  EXPECT_EQ(shown(B::open, {}), "available ");
  EXPECT_EQ(shown(B::closed, {}), "unavailable ");
  EXPECT_EQ(shown(B::closed, {A::on_the_phone}), "unavailable ");
  EXPECT_EQ(shown(B::open, {A::unavailable}), "available ");
  EXPECT_EQ(shown(B::unknown, {}), "unavailable ");
  EXPECT_EQ(shown(B::unknown, {A::away}), "available <show>away</show>");
}

TEST(PresenceToXmpp, ActivitiesAreAShowAndAText) {
  struct Row {
    A activity;
    base::Bytes shown;
  };
  const Row rows[] = {
      {A::on_the_phone, "<show>dnd</show><status>On the phone</status>"},
      {A::on_hold, "<show>dnd</show><status>On the phone</status>"},
      {A::busy, "<show>dnd</show><status>Busy</status>"},
      {A::do_not_disturb, "<show>dnd</show><status>Do not disturb</status>"},
      {A::meeting, "<show>dnd</show><status>In a meeting</status>"},
      {A::appointment, "<show>dnd</show><status>In a meeting</status>"},
      {A::presentation, "<show>dnd</show><status>In a meeting</status>"},
      {A::away, "<show>away</show>"},
      {A::lunch, "<show>away</show>"},
      {A::vacation, "<show>xa</show>"},
      {A::sleeping, "<show>xa</show>"},
      {A::tv, ""},
      {A::available, ""},
      {A::alerting, ""},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(shown(B::open, {row.activity}), "available " + std::string(row.shown))
        << im::name(row.activity);
  }
}

TEST(PresenceToXmpp, SettingsChangeWordsAndDnd) {
  im::PresentityOptions options;
  options.shown.busy_as_away = true;
  options.shown.busy =
      "Besch\xC3\xA4"
      "ftigt";
  options.shown.lang = "de";
  EXPECT_EQ(shown(B::open, {A::busy}, {}, options),
            "available <show>away</show><status>Besch\xC3\xA4"
            "ftigt</status> de");
  EXPECT_EQ(shown(B::open, {A::busy}, "lunch", options),
            "available <show>away</show><status>lunch</status>");
  options.rules.alerting_is_on_the_phone = true;
  EXPECT_EQ(shown(B::open, {A::alerting}, {}, options),
            "available <show>away</show><status>On the phone</status> de");
}

TEST(PresenceToXmpp, ThePersonsNoteGoesBeforeTheTuples) {
  im::Report document;
  document.note = "person <1>";
  document.lang = "en";
  im::ReportTuple tuple;
  tuple.note = "tuple";
  tuple.basic = B::open;
  EXPECT_EQ(text_of(to_xmpp(document, tuple, {})),
            "available <status>person &lt;1&gt;</status> en");
  document.note = {};
  EXPECT_EQ(text_of(to_xmpp(document, tuple, {})), "available <status>tuple</status> en");
  tuple.basic = B::closed;
  EXPECT_EQ(text_of(to_xmpp(document, tuple, {})), "unavailable <status>tuple</status> en");
}

TEST(Priority, EveryOneComesBackAsItWas) {
  im::ResourceReader reader;
  for (int priority = -128; priority <= 127; ++priority) {
    im::Stanza stanza;
    stanza.kind = im::StanzaKind::presence;
    stanza.type = T::available;
    stanza.from = jid::JidView::trusted("juliet@example.com/balcony");
    stanza.priority = static_cast<int16_t>(priority);
    im::Report report;
    reader.read(stanza, report);
    const uint16_t said = report.tuples[0].priority;
    if (priority < 0) {
      EXPECT_EQ(said, im::kNoPriority) << priority;
      EXPECT_FALSE(to_xmpp(report, report.tuples[0], {}).has_priority);
    } else {
      ASSERT_LE(said, im::kPriorityMax);
      EXPECT_EQ(priority_of(said), priority);
      EXPECT_EQ(to_xmpp(report, report.tuples[0], {}).priority, priority);
    }
  }
  EXPECT_EQ(priority_of(500), 64);
  EXPECT_EQ(priority_of(1), 1);
}

struct Sent {
  T type = T::available;
  base::Bytes payload;
  base::Bytes status;
  int16_t priority = 0;
  base::Bytes lang;
  base::Bytes resource = "balcony";
};

// An XMPP user's stanza as a document, which another gateway reads.
std::string there_and_back(const Sent& sent, std::string& document) {
  const std::string from = "juliet@example.com/" + std::string(sent.resource);
  im::Stanza stanza;
  stanza.kind = im::StanzaKind::presence;
  stanza.type = sent.type;
  stanza.from = jid::JidView::trusted(from);
  stanza.payload = sent.payload;
  stanza.status = sent.status;
  stanza.priority = sent.priority;
  stanza.lang = sent.lang;
  im::ResourceReader resources;
  im::Report report;
  resources.read(stanza, report);
  const im::Composed nobody;
  sip::PidfWriter writer("sip:juliet@example.com", nobody, document);
  writer.source(report);
  writer.end();
  sip::PidfReader reader;
  im::Report read;
  EXPECT_EQ(reader.read(document, im::SourceKind::publication, read), sip::BodyFault::none);
  EXPECT_EQ(read.tuples.size(), 2u);
  std::string resource;
  EXPECT_TRUE(sip::read_resource_id(read.tuples[1].id, resource));
  EXPECT_EQ(resource, sent.resource);
  return text_of(to_xmpp(read, read.tuples[1], {}));
}

TEST(PresenceThereAndBack, EveryRowOfTable1) {
  struct Row {
    Sent sent;
    base::Bytes back;
    base::Bytes in_document;
  };
  const Row rows[] = {
      {{}, "available <priority>0</priority>", "<basic>open</basic></status>"},
      {{.type = T::unavailable}, "unavailable ", "<tuple id='ID-balcony'><status><basic>closed<"},
      {{.payload = "<show>away</show>"},
       "available <show>away</show><priority>0</priority>",
       "<basic>open</basic><show xmlns='jabber:client'>away</show></status>"},
      {{.payload = "<show>xa</show>"},
       "available <show>xa</show><priority>0</priority>",
       ">xa</show>"},
      {{.payload = "<show>dnd</show>", .status = "no"},
       "available <show>dnd</show><status>no</status><priority>0</priority>",
       "<note>no</note>"},
      {{.payload = "<show>chat</show>"},
       "available <priority>0</priority>",
       "<basic>open</basic><"},
      {{.status = "a & b", .lang = "de"},
       "available <status>a &amp; b</status><priority>0</priority> de",
       "<note xml:lang='de'>a &amp; b</note>"},
      {{.priority = 1}, "available <priority>1</priority>", "<contact priority='0.007'>"},
      {{.priority = 2}, "available <priority>2</priority>", "<contact priority='0.015'>"},
      {{.priority = 126}, "available <priority>126</priority>", "<contact priority='0.992'>"},
      {{.priority = 127}, "available <priority>127</priority>", "<contact priority='1'>"},
      {{.priority = -1}, "available ", "<contact>sip:juliet@example.com;gr=balcony<"},
      {{.resource = "1 \xC3\xBC/x"}, "available <priority>0</priority>", "ID-1_x20\xC3\xBC_x2Fx"},
  };
  for (const Row& row : rows) {
    std::string document;
    EXPECT_EQ(there_and_back(row.sent, document), row.back) << document;
    EXPECT_NE(document.find(row.in_document), std::string::npos) << document;
  }
}

// What the servers of others really send (RPID and its older form), as an XMPP contact sees it.
TEST(PresenceToXmpp, DocumentsOfOtherServers) {
  sip::PidfReader reader;
  im::Report read;
  const std::string head =
      "<presence xmlns='urn:ietf:params:xml:ns:pidf' xmlns:ep='urn:ietf:params:xml:ns:pidf:status:"
      "rpid-status' entity='sip:bob@example.com'><tuple id='0'><status><basic>open</basic>";
  ASSERT_EQ(reader.read(head + "<ep:activities><ep:activity>on-the-phone</ep:activity>"
                               "</ep:activities></status></tuple></presence>",
                        im::SourceKind::publication, read),
            sip::BodyFault::none);
  EXPECT_EQ(text_of(to_xmpp(read, read.tuples[0], {})),
            "available <show>dnd</show><status>On the phone</status>");
  ASSERT_EQ(reader.read(head + "<ep:activities><ep:activity>away</ep:activity></ep:activities>"
                               "</status></tuple></presence>",
                        im::SourceKind::publication, read),
            sip::BodyFault::none);
  EXPECT_EQ(text_of(to_xmpp(read, read.tuples[0], {})), "available <show>away</show>");
}

}  // namespace
}  // namespace gateway
