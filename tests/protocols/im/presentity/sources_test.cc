#include "protocols/im/presentity/sources.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/protocols/im/presentity/stage.h"

namespace im_test {
namespace {

struct Collector final : im::SourceVisitor {
  void source(const im::Report& report) override {
    std::string line = std::to_string(static_cast<int>(report.kind));
    line.append(" ").append(report.name).append(" show=");
    line.append(std::to_string(static_cast<int>(report.show)));
    line.append(" note=").append(report.note);
    for (const im::ReportTuple& tuple : report.tuples) {
      line.append(" ").append(std::to_string(tuple.priority));
    }
    lines.push_back(line);
  }
  std::vector<std::string> lines;
};

std::vector<std::string> sources(Stage& stage) {
  Collector collector;
  im::visit_sources(stage.user, stage.presentity->publications(), collector);
  return collector.lines;
}

TEST(Sources, ResourcesThatAreAvailableThenWhatIsPublished) {
  Stage stage;
  stage.put(line(im::LineState::busy, "SEP1"));
  FakeClient silent(stage.user, "silent");
  FakeClient desk(stage.user, "desk");
  FakeClient phone(stage.user, "mobile");
  desk.say("<show>xa</show><status>tea</status>", "tea", 127);
  phone.say("", "", -1);
  EXPECT_EQ(sources(stage),
            (std::vector<std::string>{"0 desk show=1 note=tea 1000", "0 mobile show=3 note= 65535",
                                      "2 SEP1 show=3 note="}));
}

im::Availability show_of(base::Bytes payload) {
  Stage stage;
  FakeClient desk(stage.user, "desk");
  desk.say(payload);
  struct Show final : im::SourceVisitor {
    void source(const im::Report& report) override { show = report.show; }
    im::Availability show = im::Availability::offline;
  } visitor;
  im::visit_sources(stage.user, {}, visitor);
  return visitor.show;
}

TEST(Sources, ShowIsReadFromWhatTheClientSent) {
  using A = im::Availability;
  EXPECT_EQ(show_of("<show>dnd</show>"), A::do_not_disturb);
  EXPECT_EQ(show_of("<c xmlns='x'/><show>away</show>"), A::away);
  EXPECT_EQ(show_of("<show>xa</show>"), A::extended_away);
  EXPECT_EQ(show_of("<show>chat</show>"), A::available);
  EXPECT_EQ(show_of("<show>sleepy</show>"), A::available);
  EXPECT_EQ(show_of("<show xmlns='other'>dnd</show>"), A::available);
  EXPECT_EQ(show_of("<status>the show must go on</status>"), A::available);
  EXPECT_EQ(show_of(""), A::available);
}

// RFC 8048 §4.2: 0 is 0, 127 is 1, what is negative is not told; each step is another number.
TEST(Sources, PrioritiesBecomeThousandths) {
  Stage stage;
  FakeClient desk(stage.user, "desk");
  struct Priority final : im::SourceVisitor {
    void source(const im::Report& report) override { priority = report.tuples[0].priority; }
    int priority = -2;
  } visitor;
  int before = -1;
  std::vector<int> told;
  for (int said = 0; said <= 127; ++said) {
    desk.say("", "", said);
    im::visit_sources(stage.user, {}, visitor);
    EXPECT_GT(visitor.priority, before) << said;
    before = visitor.priority;
    told.push_back(visitor.priority);
  }
  EXPECT_EQ((std::vector<int>{told[0], told[1], told[2], told[126], told[127]}),
            (std::vector<int>{0, 7, 15, 992, im::kPriorityMax}));
}

TEST(ResourceReader, ReadsPresenceOfOthersAndItsEnd) {
  im::Stanza stanza;
  stanza.kind = im::StanzaKind::presence;
  stanza.type = im::StanzaType::unavailable;
  stanza.from = jid::JidView::trusted("romeo@there/orchard");
  stanza.payload = "<show>dnd</show>";
  stanza.status = "gone";
  stanza.lang = "en";
  im::ResourceReader reader;
  im::Report report = published(im::Basic::open, {im::Activity::tv}, "of another before");
  reader.read(stanza, report);
  EXPECT_EQ(report.kind, im::SourceKind::resource);
  EXPECT_FALSE(report.has_show);
  EXPECT_EQ(report.name, "orchard");
  EXPECT_EQ(report.note, "gone");
  EXPECT_EQ(report.lang, "en");
  EXPECT_TRUE(report.activities.empty());
  ASSERT_EQ(report.tuples.size(), 1u);
  EXPECT_EQ(report.tuples[0].basic, im::Basic::closed);
  EXPECT_EQ(report.tuples[0].priority, im::kNoPriority);
  stanza.type = im::StanzaType::available;
  reader.read(stanza, report);
  EXPECT_EQ(report.show, im::Availability::do_not_disturb);
  EXPECT_EQ(report.tuples[0].basic, im::Basic::open);
}

}  // namespace
}  // namespace im_test
