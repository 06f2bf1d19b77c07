// IQs for an account or one of its resources (RFC 6121 §8.5.2.1.3, §8.5.3).
#include "engine/base/check.h"
#include "protocols/im/realm/state.h"

namespace im {

void RealmState::receive_iq(User& user, const Stanza& stanza, engine::Turn& turn) {
  CHECK(stanza.kind == StanzaKind::iq);
  const bool request = stanza.type == StanzaType::get || stanza.type == StanzaType::set;
  if (user.blocks(stanza.from)) {
    count(trace::Counter::im_blocked_inbound);
    return refuse(stanza, ErrorCondition::service_unavailable, turn);  // answers requests only
  }
  if (stanza.to.has_resource()) {
    Resource* resource = user.find(stanza.to.resource());
    // To a stranger a resource that is there looks like one that is not (§8.5.3.1).
    const bool seen =
        resource != nullptr && (!request || shares_presence(user, *resource, stanza.from));
    if (seen && resource->full()) return refuse_full(stanza, turn);
    if (seen) return resource->deliver(stanza, turn);
  }
  if (!request) return;  // clients answer roster pushes, but nobody waits for it
  if (!account_iq_.on_account_iq(user, stanza, turn)) {
    refuse(stanza, ErrorCondition::service_unavailable, turn);
  }
}

}  // namespace im
