// The subscription state charts of RFC 6121 Appendix A and §3.4, as two pure functions. A state is
// one of the nine of §A.1 plus the pre-approval; only these combinations occur: ask never with to,
// pending_in never with from.
// Any shard.
#pragma once

#include <optional>

#include "protocols/im/roster.h"
#include "protocols/im/stanza.h"

namespace im {

struct SubscriptionState {
  bool to = false;
  bool from = false;
  bool ask = false;  // pending out
  bool pending_in = false;
  bool approved = false;  // pre-approved
  friend bool operator==(SubscriptionState, SubscriptionState) = default;
};

// One of the combinations that occur.
bool possible(SubscriptionState state);
SubscriptionState state_of(const Contact* contact);  // null: None
void set_state(Contact& contact, SubscriptionState state);

// What the user's own client sends: Tables 2 to 5.
struct OutboundStep {
  SubscriptionState next;
  bool route = false;  // to the contact
};
OutboundStep outbound(StanzaType type, SubscriptionState state);

// What the contact sends: Tables 6 to 9.
struct InboundStep {
  SubscriptionState next;
  bool deliver = false;             // to the user's resources
  std::optional<StanzaType> reply;  // sent to the contact on behalf of the user
};
InboundStep inbound(StanzaType type, SubscriptionState state);

}  // namespace im
