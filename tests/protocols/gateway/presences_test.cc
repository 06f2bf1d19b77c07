#include "protocols/gateway/presences.h"

#include "tests/protocols/sip/event/stage.h"

namespace gateway {
namespace {

TEST(Presences, ARefusalEndsTheSubscription) {
  sip::EventStage stage;
  stage.datagram(stage.request("SUBSCRIBE", "Event: presence\r\n", "", "", "dave@ask.example"),
                 "192.0.2.2");
  stage.agree();
  EXPECT_EQ(stage.last("Subscription-State").substr(0, 7), "pending");
  Presences presences(*stage.service, *stage.realm);
  im::Stanza stanza;
  stanza.kind = im::StanzaKind::presence;
  stanza.from = jid::JidView::trusted("alice@xmpp.example");
  stanza.to = jid::JidView::trusted("dave@ask.example");
  for (const auto type : {im::StanzaType::subscribed, im::StanzaType::unsubscribed}) {
    stanza.type = type;
    engine::Turn turn = stage.turn();
    EXPECT_TRUE(presences.take(stanza, turn));
  }
  stage.settle();
  EXPECT_EQ(stage.last("Subscription-State"), "terminated;reason=rejected");
}

}  // namespace
}  // namespace gateway
