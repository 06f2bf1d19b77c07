// Messages on their way to an account's resources (RFC 6121 §8.5, Table 1).
#include "engine/base/check.h"
#include "engine/base/plant.h"
#include "protocols/im/realm/state.h"
#include "protocols/xml/writer.h"

namespace im {
namespace {

bool reachable(const Resource& resource) { return resource.available() && resource.priority >= 0; }

// The highest priority that is not negative; among equals the one used last (§8.5.2.1.1).
Resource* most_available(const User& user) {
  Resource* best = nullptr;
  for (Resource* resource : user.resources) {
    CHECK(resource->user == &user);
    if (!reachable(*resource)) continue;
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

// XEP-0359 §4: `<stanza-id id='…' by='user@domain'/>`. Ids grow with time, so that they sort, and
// end in 32 random bits, so that nobody can foretell one.
void append_stanza_id(uint64_t sequence, base::Bytes by, engine::Turn& turn, std::string& out) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += "<stanza-id xmlns='urn:xmpp:sid:0' id='";
  for (int shift = 60; shift >= 0; shift -= 4) out += kHex[sequence >> shift & 15];
  turn.random.token(4, out);
  out += '\'';
  xml::write_attribute("by", by, out);
  out += "/>";
}

}  // namespace

void RealmState::message_from_client(const Stanza& stanza, Resource& origin, engine::Turn& turn) {
  CHECK(stanza.kind == StanzaKind::message && !stanza.to.empty());
  count(trace::Counter::im_messages);
  // A message to oneself reaches the other resources as a received one.
  User& sender = *origin.user;
  if (stanza.to.bare() != sender.bare_jid.view()) carbons(sender, stanza, true, &origin, turn);
  send(stanza, turn);
}

void RealmState::receive_message(User& user, const Stanza& original, engine::Turn& turn) {
  if (user.blocks(original.from)) {  // XEP-0191 §3.3: as if she were offline and kept nothing
    count(trace::Counter::im_blocked_inbound);
    if (original.type == StanzaType::headline) return;
    return refuse(original, ErrorCondition::service_unavailable, turn);
  }
  Stanza stanza = original;
  // A session that ended without an acknowledgement hands back what has its id already.
  if (stanza.type != StanzaType::error && !stanza.facts.stamped) {
    const auto now = static_cast<uint64_t>(turn.wall.us);
    last_stanza_id_ = now > last_stanza_id_ ? now : last_stanza_id_ + 1;
    payload_.assign(original.payload);
    append_stanza_id(last_stanza_id_, user.bare_jid.view(), turn, payload_);
    stanza.payload = payload_;
    stanza.facts.stamped = true;
  }
  if (!stanza.to.has_resource()) return message_to_bare(user, stanza, turn);
  Resource* resource = user.find(stanza.to.resource());
  // While stored messages are being sent, later ones must not overtake them.
  const bool waits = resource != nullptr && user.flooding == resource && storable(stanza);
  if (resource != nullptr && !waits) {
    if (resource->full()) return refuse_full(stanza, turn);
    count(trace::Counter::im_messages_delivered);
    resource->deliver(stanza, turn);
    return carbons(user, stanza, false, resource, turn);
  }
  if (waits) return store_offline(user, stanza, turn);
  if (stanza.type == StanzaType::error) return;
  // §8.5.3.2.1: only a conversation is carried over to another resource.
  if (stanza.type == StanzaType::chat) return message_to_bare(user, stanza, turn);
  refuse(stanza, ErrorCondition::service_unavailable, turn);
}

void RealmState::message_to_bare(User& user, const Stanza& stanza, engine::Turn& turn) {
  switch (stanza.type) {
    case StanzaType::error:
      return;
    case StanzaType::groupchat:
      return refuse(stanza, ErrorCondition::service_unavailable, turn);
    case StanzaType::headline:
      for (Resource* resource : user.resources) {
        if (!reachable(*resource)) continue;
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
    return carbons(user, stanza, false, best, turn);
  }
  if (storable(stanza) && options().offline == OfflinePolicy::store) {
    return store_offline(user, stanza, turn);
  }
  // A typing notice or a receipt that nobody is there to see is not worth an error.
  count(trace::Counter::im_messages_unstored);
  if (stanza.facts.body) refuse(stanza, ErrorCondition::service_unavailable, turn);
}

}  // namespace im
