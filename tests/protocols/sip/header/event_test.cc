#include "protocols/sip/header/event.h"

#include <gtest/gtest.h>

#include "tests/protocols/sip/header/with_fields.h"

namespace sip {
namespace {

using State = SubscriptionState::State;
using Reason = SubscriptionState::Reason;

TEST(Event, PackageAndIdAreRead) {
  Event out;
  ASSERT_TRUE(parse_event("presence.winfo ; id=7;x", out));
  EXPECT_EQ(out.package, "presence.winfo");
  EXPECT_EQ(out.id, "7");
  ASSERT_TRUE(parse_event("presence", out));
  EXPECT_EQ(out.id, "");
  const WithFields one("o: dialog\r\n");
  ASSERT_EQ(read_event(one.message, out), Read::ok);
  EXPECT_EQ(out.package, "dialog");
}

TEST(Event, MalformedOnesAreRefused) {
  Event out;
  for (const base::Bytes value : {"", ";id=1", "presence;", "presence;id=", "presence dialog",
                                  "presence,dialog", "presence;=1", "pres@nce"}) {
    EXPECT_FALSE(parse_event(value, out)) << value;
  }
  EXPECT_EQ(read_event(WithFields("To: x\r\n").message, out), Read::absent);
  EXPECT_EQ(read_event(WithFields("Event:\r\n").message, out), Read::malformed);
}

// RFC 6665 §8.2.3.
TEST(SubscriptionState, StatesAndParametersAreRead) {
  SubscriptionState out;
  ASSERT_TRUE(parse_subscription_state("active;expires=599", out));
  EXPECT_EQ(out.state, State::active);
  EXPECT_TRUE(out.has_expires);
  EXPECT_EQ(out.expires, 599u);
  EXPECT_EQ(out.reason, Reason::none);
  ASSERT_TRUE(parse_subscription_state("Terminated ; Reason=Probation ; retry-after=30", out));
  EXPECT_EQ(out.state, State::terminated);
  EXPECT_EQ(out.reason, Reason::probation);
  EXPECT_EQ(out.retry_after, 30u);
  EXPECT_FALSE(out.has_expires);
  ASSERT_TRUE(parse_subscription_state("pending", out));
  EXPECT_EQ(out.state, State::pending);
}

TEST(SubscriptionState, UnknownWordsAreBorne) {
  SubscriptionState out;
  ASSERT_TRUE(parse_subscription_state("waiting;reason=weather", out));
  EXPECT_EQ(out.state, State::other);
  EXPECT_EQ(out.reason, Reason::other);
}

TEST(SubscriptionState, MalformedOnesAreRefused) {
  SubscriptionState out;
  for (const base::Bytes value : {"", "active;", "active;expires=x", "active;expires=4294967296",
                                  "terminated;retry-after=-1", "active pending"}) {
    EXPECT_FALSE(parse_subscription_state(value, out)) << value;
  }
  EXPECT_EQ(read_subscription_state(WithFields("To: x\r\n").message, out), Read::absent);
  EXPECT_EQ(read_subscription_state(WithFields("Subscription-State: ;\r\n").message, out),
            Read::malformed);
}

TEST(SubscriptionState, ReasonsAreWrittenAsTheyAreRead) {
  for (const Reason reason :
       {Reason::deactivated, Reason::probation, Reason::rejected, Reason::timeout, Reason::giveup,
        Reason::noresource, Reason::invariant}) {
    SubscriptionState out;
    ASSERT_TRUE(
        parse_subscription_state("terminated;reason=" + std::string(wire_name(reason)), out));
    EXPECT_EQ(out.reason, reason);
  }
}

}  // namespace
}  // namespace sip
