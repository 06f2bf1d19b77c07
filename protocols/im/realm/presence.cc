// A resource's own presence: initial, subsequent, unavailable (RFC 6121 §4.2, §4.4, §4.5).
#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/plant.h"
#include "protocols/im/realm/state.h"

namespace im {
namespace {

Recipients subscribers(const User& user) {
  Recipients out;
  for (const Contact& contact : user.roster.contacts()) {
    const base::Bytes jid = contact.jid.view();
    if (contact.from && !user.blocks(jid::JidView::trusted(jid))) out.push_back(jid);
  }
  return out;
}

Recipients subscribed_to(const User& user) {
  Recipients out;
  for (const Contact& contact : user.roster.contacts()) {
    const base::Bytes jid = contact.jid.view();
    if (contact.to && !user.blocks(jid::JidView::trusted(jid))) out.push_back(jid);
  }
  return out;
}

uint64_t broadcast_key(const Resource& resource) {
  CHECK(resource.available());
  const uint64_t epoch = base::plant == base::Plant::epoch_forgotten ? 0 : resource.presence_epoch;
  const uint64_t key = base::keyed_hash(resource.full_jid) + epoch * uint64_t{0x9e3779b97f4a7c15};
  return key == 0 ? 1 : key;
}

// Everybody who is available knows her own resources' presence (§4.2.2).
void tell_own_resources(const User& user, Stanza stanza, engine::Turn& turn) {
  CHECK(stanza.from.bare() == user.bare_jid.view());
  stanza.to = user.jid();
  for (Resource* resource : user.resources) {
    if (resource->available()) resource->deliver(stanza, turn);
  }
}

enum class Itself : uint8_t { left_out, too };

// In place of a probe to oneself.
void tell_of_own_resources(const User& user, Resource& newcomer, Itself itself,
                           engine::Turn& turn) {
  CHECK(newcomer.user == &user);
  for (const Resource* resource : user.resources) {
    if (resource == &newcomer && itself == Itself::left_out) continue;
    if (!resource->available()) continue;
    Stanza stanza;
    CHECK(unpack(resource->presence, stanza) && stanza.from.full() == resource->full_jid);
    stanza.to = user.jid();
    newcomer.deliver(stanza, turn);
  }
  Stanza shown;
  if (!RealmState::shown(user, shown)) return;
  shown.to = user.jid();
  newcomer.deliver(shown, turn);
}

}  // namespace

// Of no resource of hers that could have a broadcast's key.
void RealmState::show(User& user, const Stanza& presence, engine::Turn& turn) {
  count(trace::Counter::im_presence_broadcasts);
  fan_out(presence, subscribers(user), 0, turn);
  tell_own_resources(user, presence, turn);
}

void RealmState::presence_from_client(const Stanza& stanza, Resource& origin, engine::Turn& turn) {
  CHECK(stanza.kind == StanzaKind::presence);
  if (packed_size(stanza) > options().presence_bytes_max) {
    count(trace::Counter::im_presence_too_large);
    if (stanza.type == StanzaType::error) return;
    return bounce(stanza, error(ErrorCondition::policy_violation, "The presence is too large."),
                  turn);
  }
  switch (stanza.type) {
    case StanzaType::available:
      if (!stanza.to.empty()) return directed_from_client(stanza, origin, turn);
      return become_available(stanza, origin, turn);
    case StanzaType::unavailable:
      if (!stanza.to.empty()) return directed_from_client(stanza, origin, turn);
      return become_unavailable(stanza, origin, true, turn);
    case StanzaType::subscribe:
    case StanzaType::subscribed:
    case StanzaType::unsubscribe:
    case StanzaType::unsubscribed:
      return subscription_from_client(stanza, origin, turn);
    default:  // a probe (§4.3: not to be sent by clients, but answered), or an error
      if (stanza.to.empty() || refuse_outbound(origin, stanza, turn)) return;
      return send(stanza, turn);
  }
}

void RealmState::become_available(const Stanza& stanza, Resource& origin, engine::Turn& turn) {
  CHECK(stanza.type == StanzaType::available && stanza.from.full() == origin.full_jid);
  User& user = *origin.user;
  if (stanza.priority < INT8_MIN || stanza.priority > INT8_MAX) {
    count(trace::Counter::im_bad_priorities);
    return bounce(
        stanza,
        error(ErrorCondition::bad_request, "The priority must be a number from -128 to 127."),
        turn);
  }
  const bool initial = !origin.available();
  Stanza broadcast = stanza;
  broadcast.to = {};
  std::string packed;
  pack(broadcast, packed);
  origin.presence = std::move(packed);
  origin.priority = static_cast<int8_t>(stanza.priority);
  if (initial) {
    trace::gauge_add(trace::Gauge::im_resources_available, 1);
    ++origin.presence_epoch;
  }
  count(trace::Counter::im_presence_broadcasts);
  TRACE(presence, debug, initial ? "available" : "changed", {"jid", origin.full_jid},
        {"priority", stanza.priority});
  fan_out(broadcast, subscribers(user), broadcast_key(origin), turn);
  tell_own_resources(user, broadcast, turn);
  if (initial) {
    tell_of_own_resources(user, origin, Itself::left_out, turn);
    deliver_requests(user, origin, turn);
    probe_contacts(origin, turn);
  }
  presence_changed(user, turn);
  CHECK(origin.user == &user && origin.available());  // whoever was told has not come back to us
  if (origin.priority < 0) {
    stop_flood(user, origin, turn);
  } else {
    start_flood(user, origin, turn);
  }
}

void RealmState::probe_contacts(Resource& resource, engine::Turn& turn) {
  if (!resource.available()) return;
  Stanza probe;
  probe.kind = StanzaKind::presence;
  probe.type = StanzaType::probe;
  // Of one resource rather than the account, so that only the newcomer hears the answers.
  probe.from = resource.jid();
  fan_out(probe, subscribed_to(*resource.user), 0, turn);
}

// A client that was away while the node stopped knows what was true before, its own presence
// included: that may have changed with its last words.
void RealmState::refresh(Resource& resource, engine::Turn& turn) {
  CHECK(resource.user != nullptr);
  if (!resource.available()) return;
  tell_of_own_resources(*resource.user, resource, Itself::too, turn);
  probe_contacts(resource, turn);
}

// Those who were told of it were told before the node stopped, or will ask.
void RealmState::restore(Resource& resource, base::Bytes presence, std::span<const uint64_t> stored,
                         engine::Turn& turn) {
  CHECK(resource.user != nullptr && !resource.available());
  std::vector<uint64_t>& handed = resource.user->handed;
  for (const uint64_t id : stored) {
    CHECK(id > 0);
    const auto place = std::lower_bound(handed.begin(), handed.end(), id);
    if (place == handed.end() || *place != id) handed.insert(place, id);
  }
  Stanza stanza;
  if (!unpack(presence, stanza) || stanza.type != StanzaType::available ||
      stanza.kind != StanzaKind::presence || stanza.from.full() != resource.full_jid) {
    return;
  }
  resource.presence = presence;
  resource.priority = static_cast<int8_t>(stanza.priority);
  trace::gauge_add(trace::Gauge::im_resources_available, 1);
  ++resource.presence_epoch;
  presence_changed(*resource.user, turn);
  if (resource.priority >= 0) start_flood(*resource.user, resource, turn);
}

void RealmState::become_unavailable(const Stanza& stanza, Resource& origin, bool graceful,
                                    engine::Turn& turn) {
  CHECK(stanza.type == StanzaType::unavailable && stanza.from.full() == origin.full_jid);
  User& user = *origin.user;
  const bool was = origin.available();
  if (!was && origin.directed.empty()) return;
  const std::vector<std::string> directed = std::exchange(origin.directed, {});
  Recipients recipients;
  if (was) recipients = subscribers(user);
  const size_t subscribed = recipients.size();
  for (const std::string& jid : directed) {
    const auto end = recipients.begin() + static_cast<ptrdiff_t>(subscribed);
    if (std::find(recipients.begin(), end, base::Bytes(jid)) == end) recipients.push_back(jid);
  }
  Stanza broadcast = stanza;
  broadcast.to = {};
  std::string().swap(origin.presence);
  origin.priority = 0;
  ++origin.presence_epoch;
  count(trace::Counter::im_presence_broadcasts);
  TRACE(presence, debug, "unavailable", {"jid", origin.full_jid}, {"graceful", graceful ? 1 : 0});
  fan_out(broadcast, recipients, 0, turn);
  if (!was) return;
  trace::gauge_add(trace::Gauge::im_resources_available, -1);
  tell_own_resources(user, broadcast, turn);
  if (graceful) {
    broadcast.to = user.jid();
    origin.deliver(broadcast, turn);
  }
  stop_flood(user, origin, turn);
  presence_changed(user, turn);
  CHECK(user.flooding != &origin);
  if (user.any_available()) return;
  // For those who ask later (§4.3.2, XEP-0012). Best effort: a crash may lose it.
  user.last_seen = turn.wall;
  user.last_status.assign(stanza.status);
  auto request = question(StoreKind::save_last_activity, user);
  request->text = user.last_status;
  request->wall = turn.wall;
  ask(user, std::move(request), turn);
}

// Presence of somebody else (§4.2.3, §4.4.3, §4.5.3, §8.5).
void RealmState::receive_presence(User& user, const Stanza& stanza, engine::Turn& turn) {
  CHECK(stanza.kind == StanzaKind::presence);
  if (user.blocks(stanza.from)) {
    count(trace::Counter::im_blocked_inbound);
    return;
  }
  if (stanza.type == StanzaType::unavailable) {
    // §4.6.1: who says goodbye need not be told goodbye.
    for (Resource* resource : user.resources) {
      if (!resource->directed.empty()) std::erase(resource->directed, stanza.from.full());
    }
  }
  if (stanza.to.has_resource()) {
    if (Resource* resource = user.find(stanza.to.resource())) resource->deliver(stanza, turn);
    return;
  }
  if (stanza.type == StanzaType::error) return;
  for (Resource* resource : user.resources) {
    if (resource->available()) resource->deliver(stanza, turn);
  }
}

}  // namespace im
