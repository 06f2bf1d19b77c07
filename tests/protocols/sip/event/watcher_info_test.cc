#include "protocols/sip/event/watcher_info.h"

#include "tests/protocols/sip/event/stage.h"

namespace sip {
namespace {

// Alice's own client speaks from 192.0.2.7.
struct WatcherInfoTest : testing::Test, EventStage, Gate {
  WatcherInfoTest() { service->set_gate(*this); }
  bool screen(const Claim&, engine::Owner&, Verdict&, engine::Turn&) override { return true; }
  void check(const Claim& claim, engine::Turn& turn) override {
    service->decide(claim, {.account = "alice@xmpp.example"}, turn);
  }
  void challenge(const Claim&, bool, Writer&, engine::Turn&) override {}

  void ask(const std::string& to = "") {
    const std::string text = request("SUBSCRIBE", "Event: presence.winfo\r\nExpires: 600\r\n", "",
                                     to, "alice@xmpp.example");
    if (to.empty()) call_id = field(text, "Call-ID");
    datagram(text, "192.0.2.7");
    advance(1);
  }
  void watch(const std::string& from, const std::string& more = "") {
    datagram(request("SUBSCRIBE", "Event: presence\r\n" + more, "", "", from),
             from == "dave@ask.example" ? "192.0.2.2" : "192.0.2.1");
    advance(1);
  }
  void decide(im::WatchState state) {
    engine::Turn here = turn();
    realm->presentity(*realm->find_user("alice@xmpp.example"))
        .decide("dave@ask.example", state, here);
    advance(1);
  }
  // The last NOTIFY about watchers.
  std::string news() const {
    for (size_t i = sent.size(); i-- > 0;) {
      if (field(sent[i], "Event") == "presence.winfo") return sent[i];
    }
    return "";
  }
  bool says(const std::string& text) const { return news().find(text) != std::string::npos; }
  void agree_to_news() {
    sent.push_back(news());
    agree();
  }
};

TEST_F(WatcherInfoTest, TellsEverybodyAndThenWhoChanges) {
  watch("desk@sip.example");
  ask();
  EXPECT_TRUE(says("version='0' state='full'"));
  EXPECT_TRUE(says("<watcher-list resource='sip:alice@xmpp.example' package='presence'>"));
  EXPECT_TRUE(says("status='active'"));
  EXPECT_TRUE(says(">sip:desk@sip.example</watcher>"));
  agree_to_news();
  watch("dave@ask.example");
  EXPECT_TRUE(says("version='1' state='partial'"));
  EXPECT_TRUE(says("status='pending' event='subscribe'"));
  EXPECT_TRUE(says(">sip:dave@ask.example</watcher>"));
  EXPECT_FALSE(says("desk@sip.example"));
  agree_to_news();
  decide(im::WatchState::active);
  EXPECT_TRUE(says("status='active' event='approved'"));
  agree_to_news();
  decide(im::WatchState::rejected);
  EXPECT_TRUE(says("version='3'"));
  EXPECT_TRUE(says("status='terminated' event='rejected'"));
}

TEST_F(WatcherInfoTest, ChangesWaitForTheLastNotify) {
  ask();
  watch("dave@ask.example");
  decide(im::WatchState::active);
  EXPECT_TRUE(says("version='0'"));
  agree_to_news();
  EXPECT_TRUE(says("version='1' state='partial'"));
  EXPECT_TRUE(says("status='active'"));
  EXPECT_FALSE(says("pending"));
}

TEST_F(WatcherInfoTest, WhoAsksOnceIsNoWatcher) {
  ask();
  agree_to_news();
  sent.clear();
  watch("desk@sip.example", "Expires: 0\r\n");
  EXPECT_EQ(news(), "");
}

TEST_F(WatcherInfoTest, ARefreshTellsEverything) {
  ask();
  const std::string to = field(news(), "From");
  watch("desk@sip.example");
  agree_to_news();
  agree_to_news();
  ask(to);
  EXPECT_TRUE(says("state='full'"));
  EXPECT_TRUE(says("desk@sip.example"));
}

TEST_F(WatcherInfoTest, IsNobodyElses) {
  datagram(request("SUBSCRIBE", "Event: presence.winfo\r\n"));
  EXPECT_EQ(all(), "403 ");
}

TEST_F(WatcherInfoTest, TooManyChangesAreToldAtOnce) {
  ask();
  agree_to_news();
  watch("first@sip.example");  // under way, so that the others wait
  for (size_t i = 0; i <= WatcherInfoPackage::kChangesMax; ++i) {
    datagram(request("SUBSCRIBE", "Event: presence\r\n", "", "",
                     "u" + std::to_string(i) + "@sip.example"));
  }
  agree_to_news();
  EXPECT_TRUE(says("state='full'"));
  EXPECT_TRUE(says("first@sip.example"));
}

}  // namespace
}  // namespace sip
