// Messages on their way to an account's resources (RFC 6121 §8.5, Table 1).
#include "engine/base/check.h"
#include "engine/base/plant.h"
#include "protocols/im/realm/state.h"
#include "protocols/xml/writer.h"

namespace im {
namespace {

// The highest priority that is not negative; among equals the one used last (§8.5.2.1.1).
Resource* most_available(const User& user) {
  Resource* best = nullptr;
  for (Resource* resource : user.resources) {
    CHECK(resource->user == &user);
    if (!resource->takes_messages()) continue;
    const bool better =
        best == nullptr || resource->priority > best->priority ||
        (resource->priority == best->priority && resource->active_since >= best->active_since);
    if (better) best = resource;
  }
  return best;
}

bool is_conversation(const Stanza& stanza) {
  return stanza.type == StanzaType::normal || stanza.type == StanzaType::chat;
}

// XEP-0160 §3, XEP-0334 §4.
bool storable(const Stanza& stanza) {
  const Facts& facts = stanza.facts;
  return is_conversation(stanza) && !facts.no_store && !facts.chat_state_only &&
         (facts.body || facts.store);
}

}  // namespace

void RealmState::message_from_client(const Stanza& stanza, Resource& origin, engine::Turn& turn) {
  CHECK(stanza.kind == StanzaKind::message && !stanza.to.empty());
  count(trace::Counter::im_messages);
  User& sender = *origin.user;
  Stanza accepted = stanza;
  accepted.message_id = next_message_id(turn);
  // Before anybody else hears of it: a message that finds no room has not been said.
  if (needs_custody(accepted) && !take_custody(accepted, turn)) {
    return refuse(accepted, ErrorCondition::resource_constraint, turn);
  }
  // A message to oneself reaches the other resources, and the archive, as a received one.
  if (stanza.to.bare() != sender.bare_jid.view()) {
    archive_.message(sender, accepted, accepted.message_id, turn.wall, true, options(),
                     turn.journal);
    carbons(sender, accepted, true, &origin, turn);
  }
  send(accepted, turn);
}

void RealmState::receive_message(User& user, const Stanza& original, engine::Turn& turn) {
  if (user.blocks(original.from)) {  // XEP-0191 §3.3: as if she were offline and kept nothing
    count(trace::Counter::im_blocked_inbound);
    if (original.type == StanzaType::headline) return;
    return refuse(original, ErrorCondition::service_unavailable, turn);
  }
  // What a session that ended hands back has been archived already, and the others have their copy.
  const bool again = original.facts.archived;
  Stanza stanza = original;
  if (!again) {
    archive_.message(user, stanza, stanza.message_id, turn.wall, false, options(), turn.journal);
    stanza.facts.archived = true;
  }
  if (!stanza.to.has_resource()) return message_to_bare(user, stanza, again, turn);
  Resource* resource = user.find(stanza.to.resource());
  // While stored messages are being sent, later ones must not overtake them.
  const bool waits = resource != nullptr && user.flooding == resource && storable(stanza);
  if (resource != nullptr && !waits) {
    if (resource->full()) return refuse_full(stanza, turn);
    count(trace::Counter::im_messages_delivered);
    resource->deliver(stanza, turn);
    if (!again) carbons(user, stanza, false, resource, turn);
    return;
  }
  if (waits) return store_offline(user, stanza, turn);
  if (stanza.type == StanzaType::error) return discharge(stanza.message_id, turn);
  // §8.5.3.2.1: only a conversation is carried over to another resource.
  if (stanza.type == StanzaType::chat) return message_to_bare(user, stanza, again, turn);
  refuse(stanza, ErrorCondition::service_unavailable, turn);
}

void RealmState::message_to_bare(User& user, const Stanza& stanza, bool again, engine::Turn& turn) {
  switch (stanza.type) {
    case StanzaType::error:
      return discharge(stanza.message_id, turn);
    case StanzaType::groupchat:
      return refuse(stanza, ErrorCondition::service_unavailable, turn);
    case StanzaType::headline:
      for (Resource* resource : user.resources) {
        if (!resource->takes_messages()) continue;
        count(trace::Counter::im_messages_delivered);
        resource->deliver(stanza, turn);
      }
      return;
    default:
      break;
  }
  CHECK(is_conversation(stanza));
  const bool overtakes = base::plant == base::Plant::offline_overtaken;
  if (user.flooding != nullptr && storable(stanza) && !overtakes) {
    return store_offline(user, stanza, turn);
  }
  if (Resource* best = most_available(user)) {
    if (best->full()) return refuse_full(stanza, turn);
    count(trace::Counter::im_messages_delivered);
    best->deliver(stanza, turn);
    if (!again) carbons(user, stanza, false, best, turn);
    return;
  }
  if (storable(stanza) && options().offline == OfflinePolicy::store) {
    return store_offline(user, stanza, turn);
  }
  // A typing notice or a receipt that nobody is there to see is not worth an error.
  count(trace::Counter::im_messages_unstored);
  if (stanza.facts.body) return refuse(stanza, ErrorCondition::service_unavailable, turn);
  discharge(stanza.message_id, turn);
}

}  // namespace im
