#include "protocols/sip/event/presence.h"

#include "tests/protocols/sip/event/stage.h"

namespace sip {
namespace {

struct PresenceTest : testing::Test, EventStage {
  PresenceTest() {
    datagram(request("SUBSCRIBE", "Event: presence\r\n"));
    agree();
    alice = &realm->presentity(*realm->find_user("alice@xmpp.example"));
    alice->for_each_watcher(
        [this](im::Watcher& watcher) { subscription = static_cast<Subscription*>(&watcher); });
  }
  im::Presentity* alice = nullptr;
  Subscription* subscription = nullptr;
  PresencePackage package;
};

TEST_F(PresenceTest, IsMadeOnceAVersion) {
  const auto first = package.body(*subscription, 0);
  EXPECT_EQ(package.body(*subscription, 0), first);
  say(im::LineState::busy);
  const auto second = package.body(*subscription, 0);
  EXPECT_NE(second, first);
  EXPECT_NE(second->find("on-the-phone"), std::string::npos);
  EXPECT_NE(second->find("entity='sip:alice@xmpp.example'"), std::string::npos);
}

TEST_F(PresenceTest, ShowsWhatItsWatcherMaySee) {
  say(im::LineState::busy);
  subscription->watch_state = im::WatchState::pending;
  EXPECT_EQ(package.body(*subscription, 0), nullptr);
  subscription->watch_state = im::WatchState::blocked;
  const auto body = package.body(*subscription, 0);
  EXPECT_NE(body->find("<basic>closed</basic>"), std::string::npos);
  EXPECT_EQ(body->find("phone"), std::string::npos);
}

}  // namespace
}  // namespace sip
