// Directed presence (RFC 6121 §4.6): presence for one entity, remembered so that it also learns of
// the end. Bounded per resource by Options::directed_presence_max.
#include <algorithm>

#include "engine/base/check.h"
#include "protocols/im/realm/state.h"

namespace im {

void RealmState::directed_from_client(const Stanza& stanza, Resource& origin, engine::Turn& turn) {
  CHECK(!stanza.to.empty());
  CHECK(stanza.type == StanzaType::available || stanza.type == StanzaType::unavailable);
  const User& user = *origin.user;
  if (refuse_outbound(origin, stanza, turn)) return;
  Stanza directed = stanza;
  directed.facts.direct = true;
  if (!is_local_account(stanza.to)) {
    // To the server itself it means nothing; elsewhere nobody can be reached.
    if (options().hosts(stanza.to.domain())) return;
    return bounce(directed, error(ErrorCondition::remote_server_not_found), turn);
  }
  auto& list = origin.directed;
  const auto known = std::find(list.begin(), list.end(), stanza.to.full());
  if (stanza.type == StanzaType::unavailable) {
    if (known != list.end()) list.erase(known);
  } else if (known == list.end()) {
    // A subscriber is told by the broadcasts anyway (§4.6.3, rule 1).
    const Contact* contact = user.roster.find(stanza.to.full());
    const bool subscriber = contact != nullptr && contact->from && origin.available();
    if (!subscriber) {
      if (list.size() >= options().directed_presence_max) {
        count(trace::Counter::im_directed_presence_full);
        return bounce(directed,
                      error(ErrorCondition::resource_constraint,
                            "Directed presence was sent to too many addresses."),
                      turn);
      }
      list.emplace_back(stanza.to.full());
    }
  }
  ++origin.presence_epoch;
  send(directed, turn);
}

}  // namespace im
