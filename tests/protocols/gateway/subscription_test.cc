#include "protocols/gateway/subscription.h"

#include <gtest/gtest.h>

namespace gateway {
namespace {

using T = im::StanzaType;

TEST(Subscription, StanzasInSip) {
  EXPECT_EQ(step_of(T::subscribe), SipStep::subscribe);
  EXPECT_EQ(step_of(T::unsubscribe), SipStep::unsubscribe);
  EXPECT_EQ(step_of(T::probe), SipStep::fetch);
  EXPECT_EQ(step_of(T::subscribed), SipStep::notify);
  EXPECT_EQ(step_of(T::unsubscribed), SipStep::notify_rejected);
  EXPECT_EQ(step_of(T::available), SipStep::notify);
  EXPECT_EQ(step_of(T::unavailable), SipStep::notify);
  EXPECT_EQ(step_of(T::error), SipStep::none);
}

TEST(Subscription, SubscribesInXmpp) {
  EXPECT_EQ(step_of(Subscribe::first), XmppStep::subscribe);
  EXPECT_EQ(step_of(Subscribe::refresh), XmppStep::none);
  EXPECT_EQ(step_of(Subscribe::end), XmppStep::unavailable);
  EXPECT_EQ(step_of(Subscribe::fetch), XmppStep::probe);
}

TEST(Subscription, NotificationsInXmpp) {
  const Notified pending = on_notify(Dialog::pending, {}, true);
  EXPECT_EQ(pending.step, XmppStep::none);
  EXPECT_EQ(pending.again, Again::no);
  const Notified first = on_notify(Dialog::active, {}, true);
  EXPECT_EQ(first.step, XmppStep::subscribed);
  EXPECT_EQ(first.then, XmppStep::presence);
  const Notified further = on_notify(Dialog::active, {}, false);
  EXPECT_EQ(further.step, XmppStep::presence);
  EXPECT_EQ(further.then, XmppStep::none);
}

TEST(Subscription, EndsByTheirReasons) {
  struct Row {
    base::Bytes reason;
    XmppStep step;
    Again again;
  };
  const Row rows[] = {
      {"deactivated", XmppStep::none, Again::at_once},
      {"probation", XmppStep::none, Again::later},
      {"rejected", XmppStep::unsubscribed, Again::no},
      {"Rejected", XmppStep::unsubscribed, Again::no},
      {"timeout", XmppStep::none, Again::at_once},
      {"giveup", XmppStep::none, Again::later},
      {"noresource", XmppStep::unsubscribed, Again::no},
      {"invariant", XmppStep::none, Again::no},
      {"", XmppStep::none, Again::at_once},
      {"boredom", XmppStep::none, Again::at_once},
  };
  for (const Row& row : rows) {
    const Notified ended = on_notify(Dialog::terminated, row.reason, false);
    EXPECT_EQ(ended.step, row.step) << row.reason;
    EXPECT_EQ(ended.again, row.again) << row.reason;
    EXPECT_EQ(ended.then, XmppStep::none);
  }
}

TEST(Subscription, RefusalsForGoodAndForNow) {
  for (const uint16_t status : {403, 404, 410, 489, 603, 604}) {
    EXPECT_EQ(on_refused(status).step, XmppStep::unsubscribed) << status;
    EXPECT_EQ(on_refused(status).again, Again::no) << status;
  }
  for (const uint16_t status : {423, 481}) {
    EXPECT_EQ(on_refused(status).step, XmppStep::none) << status;
    EXPECT_EQ(on_refused(status).again, Again::at_once) << status;
  }
  for (const uint16_t status : {302, 400, 408, 480, 500, 503, 600}) {
    EXPECT_EQ(on_refused(status).step, XmppStep::none) << status;
    EXPECT_EQ(on_refused(status).again, Again::later) << status;
  }
}

}  // namespace
}  // namespace gateway
