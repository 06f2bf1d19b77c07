#include "protocols/sip/event/dialogs.h"

#include "tests/protocols/sip/event/stage.h"

namespace sip {
namespace {

struct DialogsTest : testing::Test, EventStage {
  DialogsTest() {
    datagram(request("SUBSCRIBE", "Event: dialog\r\nAccept: application/dialog-info+xml\r\n"));
  }
  bool says(const std::string& text) const { return sent.back().find(text) != std::string::npos; }
};

TEST_F(DialogsTest, TellsOfCalls) {
  EXPECT_EQ(what(sent.back()), "NOTIFY");
  EXPECT_EQ(last("Event"), "dialog");
  EXPECT_EQ(last("Content-Type"), "application/dialog-info+xml");
  EXPECT_EQ(last("SIP-ETag"), "");
  EXPECT_TRUE(says("version='0' state='full' entity='sip:alice@xmpp.example'></dialog-info>"));
  agree();
  sent.clear();
  say(im::LineState::alerting);
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_TRUE(says("version='1'"));
  EXPECT_TRUE(says("<state>early</state>"));
  agree();
  say(im::LineState::busy);
  EXPECT_TRUE(says("<state>confirmed</state>"));
  agree();
  say(im::LineState::idle);
  EXPECT_TRUE(says("version='3'"));
  EXPECT_FALSE(says("<dialog "));
}

TEST_F(DialogsTest, SaysNothingTwice) {
  agree();
  say(im::LineState::busy);
  agree();
  sent.clear();
  im::Report report;
  report.note = "at the desk";
  engine::Turn here = turn();
  realm->presentity(*realm->find_user("alice@xmpp.example"))
      .put(report, base::Duration::seconds(60), here);
  settle();
  EXPECT_TRUE(sent.empty());
}

TEST_F(DialogsTest, TheBusiestLineCounts) {
  agree();
  im::Report report;
  report.kind = im::SourceKind::line;
  report.line = im::LineState::on_hold;
  report.name = "second";
  {
    engine::Turn here = turn();
    realm->presentity(*realm->find_user("alice@xmpp.example"))
        .put(report, base::Duration::seconds(60), here);
  }
  settle();
  EXPECT_TRUE(says("+sip.rendering"));
  agree();
  say(im::LineState::busy);
  EXPECT_TRUE(says("<state>confirmed</state>"));
  EXPECT_FALSE(says("+sip.rendering"));
}

}  // namespace
}  // namespace sip
