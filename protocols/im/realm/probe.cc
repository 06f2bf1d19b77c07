// Probes and their answers (RFC 6121 §4.3, §4.6.6).
#include <algorithm>

#include "engine/base/check.h"
#include "engine/base/datetime.h"
#include "protocols/im/realm/state.h"
#include "protocols/xml/writer.h"

namespace im {
namespace {

Stanza presence(StanzaType type, const jid::JidView& from, const jid::JidView& to,
                base::Bytes id = {}) {
  Stanza stanza;
  stanza.kind = StanzaKind::presence;
  stanza.type = type;
  stanza.from = from;
  stanza.to = to;
  stanza.id = id;
  return stanza;
}

bool was_told(const Resource& resource, const jid::JidView& who) {
  return std::any_of(resource.directed.begin(), resource.directed.end(),
                     [&](const auto& to) { return to == who.full() || to == who.bare(); });
}

}  // namespace

void RealmState::receive_probe(User& user, const Stanza& probe, engine::Turn& turn) {
  if (user.blocks(probe.from)) {
    count(trace::Counter::im_blocked_inbound);
    return;
  }
  count(trace::Counter::im_probes);
  const Contact* contact = user.roster.find(probe.from.bare());
  const bool own = probe.from.bare() == user.bare_jid.view();
  const bool subscribed = own || (contact != nullptr && contact->from);
  if (probe.to.has_resource()) {
    Resource* resource = user.find(probe.to.resource());
    const bool told = resource != nullptr && was_told(*resource, probe.from);
    if (subscribed || told) {
      // No more than that the resource is there, or is not.
      const bool there = resource != nullptr && (resource->available() || told);
      if (resource != nullptr) ++resource->presence_epoch;
      return send(presence(there ? StanzaType::available : StanzaType::unavailable, probe.to,
                           probe.from, probe.id),
                  turn);
    }
  }
  if (!subscribed) return receive_for_absent(probe, turn);  // rule 1: the same for both
  Stanza seen;
  if (user.any_available() || shown(user, seen))
    return send_current_presence(user, probe.from, turn);
  send_bare_unavailable(user, probe, turn);
}

void RealmState::send_current_presence(User& user, const jid::JidView& to, engine::Turn& turn) {
  if (user.blocks(to)) return;
  for (Resource* resource : user.resources) {
    if (!resource->available()) continue;
    ++resource->presence_epoch;
    Stanza stanza;
    CHECK(unpack(resource->presence, stanza) && stanza.from.full() == resource->full_jid);
    stanza.to = to;
    send(stanza, turn);
  }
  Stanza seen;
  if (!shown(user, seen)) return;
  seen.to = to;
  send(seen, turn);
}

// To a contact that is about to lose its subscription, or is being blocked.
void RealmState::send_unavailable(User& user, const jid::JidView& to, engine::Turn& turn) {
  for (Resource* resource : user.resources) {
    CHECK(resource->user == &user);
    const bool told = std::erase(resource->directed, to.full()) > 0;
    if (!resource->available() && !told) continue;
    ++resource->presence_epoch;
    send(presence(StanzaType::unavailable, resource->jid(), to), turn);
  }
  Stanza seen;
  if (shown(user, seen)) send(presence(StanzaType::unavailable, seen.from, to), turn);
}

// Rule 3: she is not there; since when, and what she said last.
void RealmState::send_bare_unavailable(const User& user, const Stanza& probe, engine::Turn& turn) {
  Stanza answer = presence(StanzaType::unavailable, user.jid(), probe.from, probe.id);
  std::string payload;
  if (!user.last_status.empty()) {
    payload += "<status>";
    xml::escape_text(user.last_status, payload);
    payload += "</status>";
  }
  if (user.last_seen.us != 0) {
    payload += "<delay xmlns='urn:xmpp:delay'";
    xml::write_attribute("from", user.bare_jid.view(), payload);
    payload += " stamp='";
    base::format_datetime(user.last_seen, base::Fraction::none, payload);
    payload += "'/>";
  }
  answer.payload = payload;
  send(answer, turn);
}

}  // namespace im
