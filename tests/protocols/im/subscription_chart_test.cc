// Tables 2 to 9 of RFC 6121 Appendix A, row by row, and §3.4.2. The same tables drive
// subscription_test.cc, which asks the realm.
#include "protocols/im/subscription_chart.h"

#include <gtest/gtest.h>

#include "tests/protocols/im/chart_tables.h"

namespace im_test {

using im::StanzaType;
using im::SubscriptionState;

TEST(SubscriptionChart, OutboundStanzasFollowTheTables) {
  for (const OutboundRow& row : kOutbound) {
    for (const bool approved : {false, true}) {
      SubscriptionState before = state(row.before);
      before.approved = approved;
      const im::OutboundStep step = im::outbound(row.type, before);
      SubscriptionState after = state(row.after);
      after.approved = approved;
      if (row.approves) after.approved = true;
      if (row.type == StanzaType::unsubscribed) after.approved = false;
      EXPECT_EQ(step.next, after) << text(row.before) << " " << im::type_name(row.type);
      EXPECT_EQ(step.route, row.route) << text(row.before) << " " << im::type_name(row.type);
    }
  }
}

TEST(SubscriptionChart, InboundStanzasFollowTheTables) {
  for (const InboundRow& row : kInbound) {
    const im::InboundStep step = im::inbound(row.type, state(row.before));
    EXPECT_EQ(step.next, state(row.after)) << text(row.before) << " " << im::type_name(row.type);
    EXPECT_EQ(step.deliver, row.deliver) << text(row.before) << " " << im::type_name(row.type);
    EXPECT_EQ(step.reply, row.reply) << text(row.before) << " " << im::type_name(row.type);
  }
}

TEST(SubscriptionChart, PreApprovedRequestIsGrantedAndNotShown) {
  for (const State before : {kNone, kNoneOut, kTo}) {
    SubscriptionState approved = state(before);
    approved.approved = true;
    const im::InboundStep step = im::inbound(StanzaType::subscribe, approved);
    SubscriptionState granted = approved;
    granted.from = true;
    EXPECT_EQ(step.next, granted) << text(before);
    EXPECT_FALSE(step.deliver);
    EXPECT_EQ(step.reply, StanzaType::subscribed);
  }
}

TEST(SubscriptionChart, AnswerToAProbeLeavesThePreApproval) {
  SubscriptionState both = state(kTo);
  both.approved = true;
  const im::InboundStep step = im::inbound(StanzaType::unsubscribed, both);
  EXPECT_TRUE(step.next.approved);
  EXPECT_FALSE(step.next.to);
}

TEST(SubscriptionChart, NoStanzaLeadsOutOfTheNineStates) {
  for (const State before : kStates) {
    for (const StanzaType type : {StanzaType::subscribe, StanzaType::subscribed,
                                  StanzaType::unsubscribe, StanzaType::unsubscribed}) {
      for (const bool approved : {false, true}) {
        SubscriptionState at = state(before);
        at.approved = approved;
        for (const SubscriptionState next :
             {im::outbound(type, at).next, im::inbound(type, at).next}) {
          EXPECT_FALSE(next.ask && next.to) << text(before);
          EXPECT_FALSE(next.pending_in && next.from) << text(before);
        }
      }
    }
  }
}

}  // namespace im_test
