#include "appliance/node/presence_sight.h"

#include "tests/protocols/sip/event/stage.h"

namespace appliance {
namespace {

struct PresenceSightTest : testing::Test, sip::EventStage {
  PresenceSight look() {
    const im::User* const alice = realm->find_user("alice@xmpp.example");
    EXPECT_NE(alice, nullptr);
    return presence_sight(*alice, realm->options().presentity, notifier.get(), now);
  }
};

TEST_F(PresenceSightTest, ShowsEverySourceAndWatcherAndWhy) {
  datagram(request("SUBSCRIBE", "Event: presence\r\nExpires: 600\r\n"));
  agree();
  datagram(request("SUBSCRIBE", "Event: dialog\r\nExpires: 300\r\n", "", "", "dave@ask.example"),
           "192.0.2.2");
  agree();
  EXPECT_EQ(look().state, "offline");
  EXPECT_EQ(look().claim, "offline");
  say(im::LineState::busy);
  im::Report report;
  report.name = "desk";
  report.note = "lunch at one";
  report.activities.add(im::Activity::lunch);
  {
    engine::Turn here = turn();
    realm->presentity(*realm->find_user("alice@xmpp.example"))
        .put(report, base::Duration::seconds(60), here);
  }
  const PresenceSight sight = look();
  EXPECT_TRUE(sight.in_memory);
  EXPECT_EQ(sight.state, "busy");
  EXPECT_EQ(sight.claim, "on-the-phone");
  EXPECT_EQ(sight.activities, "busy on-the-phone");
  EXPECT_GT(sight.version, 0);
  ASSERT_EQ(sight.sources.size(), 2u);
  EXPECT_EQ(sight.sources[0].kind, "line");
  EXPECT_EQ(sight.sources[0].claim, "on-the-phone");
  EXPECT_TRUE(sight.sources[0].decides);
  EXPECT_EQ(sight.sources[0].expires, 600);
  EXPECT_EQ(sight.sources[1].kind, "publication");
  EXPECT_EQ(sight.sources[1].name, "desk");
  EXPECT_EQ(sight.sources[1].claim, "away");
  EXPECT_EQ(sight.sources[1].note, "lunch at one");
  EXPECT_FALSE(sight.sources[1].decides);
  ASSERT_EQ(sight.watchers.size(), 3u);
  EXPECT_EQ(sight.watchers[0].by, "roster");  // she has been asked about dave
  EXPECT_EQ(sight.watchers[0].state, "pending");
  EXPECT_EQ(sight.watchers[1].jid, "desk@sip.example");
  EXPECT_EQ(sight.watchers[1].what, "presence");
  EXPECT_EQ(sight.watchers[1].state, "active");
  EXPECT_EQ(sight.watchers[1].expires, 600);
  EXPECT_EQ(sight.watchers[2].what, "dialog");
  EXPECT_EQ(sight.watchers[2].state, "pending");
}

TEST_F(PresenceSightTest, ShowsContactsToo) {
  datagram(request("SUBSCRIBE", "Event: presence\r\n"));
  im::User* const alice = realm->find_user("alice@xmpp.example");
  im::Contact& friend_of = alice->roster.add("bob@xmpp.example");
  friend_of.from = true;
  alice->roster.add("eve@xmpp.example").pending_in = true;
  alice->roster.add("only@xmpp.example").to = true;
  const PresenceSight sight = look();
  ASSERT_EQ(sight.watchers.size(), 3u);
  EXPECT_EQ(sight.watchers[0].jid, "bob@xmpp.example");
  EXPECT_EQ(sight.watchers[0].by, "roster");
  EXPECT_EQ(sight.watchers[0].state, "active");
  EXPECT_EQ(sight.watchers[1].state, "pending");
  EXPECT_EQ(sight.watchers[2].by, "sip");
}

}  // namespace
}  // namespace appliance
