// XEP-0280: the other resources see both sides of a conversation.
#include "engine/base/check.h"
#include "protocols/im/realm/state.h"

namespace im {
namespace {

// XEP-0280 §6.1 and §8, XEP-0334 <no-copy/>. Errors are not copied: whether what they answer was
// eligible cannot be told any more, and a copy of an error must never come back as one (§10).
bool eligible(const Stanza& stanza, bool sent) {
  const Facts& facts = stanza.facts;
  if (facts.carbon_private || facts.no_copy || facts.carbon_wrapped) return false;
  // The room has already told every resource that is in it.
  if (facts.muc_private && !sent && stanza.from.has_resource()) return false;
  switch (stanza.type) {
    case StanzaType::chat:
      return true;
    case StanzaType::normal:
      return facts.body || facts.carbon_eligible;
    default:
      return false;
  }
}

}  // namespace

void RealmState::carbons(User& user, const Stanza& stanza, bool sent, const Resource* except,
                         engine::Turn& turn) {
  CHECK(stanza.kind == StanzaKind::message);
  CHECK(except == nullptr || except->user == &user);
  if (user.resources.size() < 2 || !eligible(stanza, sent)) return;
  CHECK((sent ? stanza.from : stanza.to).bare() == user.bare_jid.view());
  for (Resource* resource : user.resources) {
    if (!resource->carbons || resource == except) continue;
    // Of a message to oneself the sending resource needs no copy.
    if (!sent && resource->full_jid == stanza.from.full()) continue;
    count(trace::Counter::im_carbons);
    CHECK(resource->user == &user);
    resource->deliver_carbon(stanza, sent, turn);
  }
}

}  // namespace im
