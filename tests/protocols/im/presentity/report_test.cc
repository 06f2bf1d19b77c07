#include "protocols/im/presentity/report.h"

#include <gtest/gtest.h>

#include <string>

namespace im {
namespace {

Report full_report() {
  Report report;
  report.kind = SourceKind::line;
  report.line = LineState::alerting;
  report.idle = true;
  report.has_show = true;
  report.show = Availability::away;
  report.activities.add(Activity::meal);
  report.name = "SEP001122334455";
  report.note = "gone for cake";
  report.lang = "en";
  report.extension = "<place/>";
  report.since.us = -5;
  for (const base::Bytes id : {"one", "two"}) {
    ReportTuple& tuple = report.tuples.emplace_back();
    tuple.id = id;
    tuple.contact = "sip:alice@here;gr=x";
    tuple.note = "at the desk";
    tuple.activities.add(Activity::on_hold);
    tuple.priority = 800;
    tuple.capabilities = kCapabilityAudio | kCapabilityControl;
    tuple.basic = Basic::closed;
  }
  return report;
}

std::string packed(const Report& report) {
  std::string out;
  pack(report, out);
  return out;
}

TEST(Report, IsReadBackFromItsBytes) {
  const std::string bytes = packed(full_report());
  Report read;
  read.tuples.resize(5);  // of another before
  ASSERT_TRUE(unpack(bytes, read));
  EXPECT_EQ(read.kind, SourceKind::line);
  EXPECT_EQ(read.line, LineState::alerting);
  EXPECT_TRUE(read.idle && read.has_show);
  EXPECT_EQ(read.show, Availability::away);
  EXPECT_TRUE(read.activities.has(Activity::meal));
  EXPECT_EQ(read.name, "SEP001122334455");
  EXPECT_EQ(read.note, "gone for cake");
  EXPECT_EQ(read.lang, "en");
  EXPECT_EQ(read.extension, "<place/>");
  EXPECT_EQ(read.since.us, -5);
  ASSERT_EQ(read.tuples.size(), 2u);
  EXPECT_EQ(read.tuples[1].id, "two");
  EXPECT_EQ(read.tuples[1].contact, "sip:alice@here;gr=x");
  EXPECT_EQ(read.tuples[1].note, "at the desk");
  EXPECT_EQ(read.tuples[1].priority, 800);
  EXPECT_EQ(read.tuples[1].capabilities, kCapabilityAudio | kCapabilityControl);
  EXPECT_EQ(read.tuples[1].basic, Basic::closed);
  EXPECT_EQ(packed(read), bytes);
}

TEST(Report, EmptyOneSurvives) {
  Report read;
  ASSERT_TRUE(unpack(packed({}), read));
  EXPECT_TRUE(read.tuples.empty());
  EXPECT_EQ(packed(read), packed({}));
}

TEST(Report, CutOrLengthenedBytesAreRefused) {
  const std::string bytes = packed(full_report());
  Report read;
  for (size_t length = 0; length < bytes.size(); ++length) {
    const std::string cut(bytes, 0, length);  // exact fit, so that a sanitizer sees what is behind
    EXPECT_FALSE(unpack(cut, read)) << length;
  }
  EXPECT_FALSE(unpack(bytes + "x", read));
}

TEST(Report, EveryDamagedByteIsRefusedOrStaysWithinTheBlock) {
  const std::string bytes = packed(full_report());
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (const int change : {0x01, 0x80, 0xff}) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ change);
      Report read;
      if (!unpack(damaged, read)) continue;
      EXPECT_LE(read.tuples.size(), bytes.size() / 24);
      EXPECT_LE(read.note.size() + read.name.size() + read.extension.size(), bytes.size());
    }
  }
  std::string other_version = bytes;
  other_version[0] = 99;
  Report read;
  EXPECT_FALSE(unpack(other_version, read));
}

}  // namespace
}  // namespace im
