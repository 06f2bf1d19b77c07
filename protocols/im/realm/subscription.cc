// Subscription stanzas of the user's clients and of her contacts (RFC 6121 §3). What a stanza does
// to the state stands in subscription_chart.cc; here is what follows from it.
#include "engine/base/check.h"
#include "engine/base/plant.h"
#include "protocols/im/realm/state.h"
#include "protocols/im/subscription_chart.h"

namespace im {
namespace {

// §3.1.3 asks to keep requests whole and warns of those who send large ones: beyond this the
// request is kept without its content.
constexpr size_t kRequestBytesMax = 8192;

// What a client can see of a contact has changed: the roster has a new version (§2.6.3).
bool visible(SubscriptionState before, SubscriptionState after) {
  before.pending_in = after.pending_in = false;
  return before != after;
}

void remember_request(User& user, const Stanza& stanza) {
  CHECK(stanza.type == StanzaType::subscribe && !stanza.from.has_resource());
  Stanza request = stanza;
  if (packed_size(request) > kRequestBytesMax) {
    count(trace::Counter::im_requests_shortened);
    request.payload = request.attributes = {};
  }
  std::string packed;
  pack(request, packed);
  user.roster.set_request(stanza.from.full(), packed);
}

}  // namespace

bool RealmState::roster_is_full(const User& user) const {
  const uint32_t limit = options().roster_items_max;
  return limit != 0 && user.roster.listed_count() >= limit;
}

void RealmState::subscription_from_client(const Stanza& stanza, Resource& origin,
                                          engine::Turn& turn) {
  User& user = *origin.user;
  Stanza request = stanza;
  request.from = user.jid();
  request.to = stanza.to.bare_jid();
  const base::Bytes jid = request.to.full();
  const bool asks = stanza.type == StanzaType::subscribe;
  const bool grants = stanza.type == StanzaType::subscribed;
  if (jid.empty()) return bounce(stanza, error(ErrorCondition::bad_request), turn);
  if (jid == user.bare_jid.view()) {  // one's own presence comes without asking (§4.2.2)
    return bounce(stanza, error(ErrorCondition::not_allowed), turn);
  }
  if (refuse_outbound(origin, stanza, turn)) return;
  if (!has_roster(request.to) && (asks || grants)) {
    const bool ours = options().hosts(request.to.domain());
    return refuse(
        stanza,
        ours ? ErrorCondition::service_unavailable : ErrorCondition::remote_server_not_found, turn);
  }
  if (change_by_user(user, request, turn)) return;
  bounce(stanza, error(ErrorCondition::policy_violation, "The contact list is full."), turn);
}

// What her own stanza, between bare JIDs, does to her roster, and sends. False: it is full.
bool RealmState::change_by_user(User& user, const Stanza& request, engine::Turn& turn) {
  const base::Bytes jid = request.to.full();
  const bool asks = request.type == StanzaType::subscribe;
  const bool grants = request.type == StanzaType::subscribed;
  count(trace::Counter::im_subscription_stanzas);
  const Contact* known = user.roster.find(jid);
  const SubscriptionState before = state_of(known);
  const bool listed = known != nullptr && known->listed;
  const OutboundStep step = outbound(request.type, before);
  const bool lists = !listed && (asks || grants);
  if (lists && roster_is_full(user)) {
    if (base::plant != base::Plant::limit_uncounted) count(trace::Counter::im_roster_full);
    return false;
  }
  TRACE(presence, debug, "subscription out", {"from", request.from.full()}, {"to", jid},
        {"type", type_name(request.type)});
  // While the contact still counts as subscribed (§3.2.2).
  if (request.type == StanzaType::unsubscribed && before.from) {
    send_unavailable(user, request.to, turn);
  }
  CHECK(state_of(user.roster.find(jid)) == before);  // nobody who was told has changed it
  if (step.next != before || lists) {
    Contact& contact = user.roster.add(jid);
    set_state(contact, step.next);
    if (lists) user.roster.set_listed(contact, true);
    if (!step.next.pending_in) user.roster.set_request(jid, {});
    const bool push = lists || visible(before, step.next);
    if (push) ++user.roster.version;
    save_contact(user, jid, push, {}, turn);
  }
  if (step.route && has_roster(request.to)) send(request, turn);
  if (grants && step.route) send_current_presence(user, request.to, turn);  // §3.1.5
  return true;
}

// A wish of Realm::subscribe() that waits for its user to be read from the store.
struct RealmState::Subscribing final : Realm::Caller {
  Subscribing(RealmState& owner, const Stanza& request) : state(owner) { pack(request, packed); }
  void loaded(User* user, BindResult, engine::Turn& turn) override {
    Stanza request;
    CHECK(unpack(packed, request));
    const bool done =
        user != nullptr && !user->blocks(request.to) && state.change_by_user(*user, request, turn);
    if (!done) count(trace::Counter::im_requests_lost);
  }
  RealmState& state;
  std::string packed;
};

void RealmState::subscribe(const Stanza& request, engine::Turn& turn) {
  const base::Bytes bare = request.from.full();
  const engine::ShardId owner = realm_.partition().owner(bare).shard;
  if (owner != shard_) return post(request, MailKind::request, owner, turn);
  if (is_local_account(request.from) &&
      when_loaded(bare, std::make_unique<Subscribing>(*this, request), turn)) {
    return;
  }
  count(trace::Counter::im_requests_lost);
}

void RealmState::receive_subscription(User& user, const Stanza& stanza, engine::Turn& turn) {
  if (user.blocks(stanza.from)) {
    count(trace::Counter::im_blocked_inbound);
    return;
  }
  Stanza notice = stanza;
  notice.from = stanza.from.bare_jid();
  notice.to = user.jid();
  const base::Bytes jid = notice.from.full();
  if (jid == user.bare_jid.view()) return;
  const SubscriptionState before = state_of(user.roster.find(jid));
  const InboundStep step = inbound(stanza.type, before);
  const bool asks = step.next.pending_in && !before.pending_in;
  if (asks && user.roster.request_count() >= options().subscription_requests_max) {
    count(trace::Counter::im_requests_full);
    return;
  }
  TRACE(presence, debug, "subscription in", {"from", jid}, {"to", notice.to.full()},
        {"type", type_name(stanza.type)});
  if (step.deliver) {
    // Requests go to those who can answer, news to those who keep a roster (§2.2).
    const bool request = stanza.type == StanzaType::subscribe;
    for (Resource* resource : user.resources) {
      if (request ? resource->available() : resource->interested) resource->deliver(notice, turn);
    }
  }
  CHECK(state_of(user.roster.find(jid)) == before);
  if (step.next != before) {
    set_state(user.roster.add(jid), step.next);
    if (asks) remember_request(user, notice);
    if (!step.next.pending_in) user.roster.set_request(jid, {});
    const bool push = visible(before, step.next);
    if (push) ++user.roster.version;
    save_contact(user, jid, push, {}, turn);
  }
  if (stanza.type == StanzaType::unsubscribe && before.from) {  // §3.3.3, step 3
    send_unavailable(user, notice.from, turn);
  }
  // An approval nobody waits for: a request and its refusal have crossed with a second request, and
  // the contact now believes that we are subscribed. Our client hears nothing (§3.1.6); the
  // contact, if one of our own accounts, hears that it is not so.
  const bool unwanted = stanza.type == StanzaType::subscribed && !before.ask && !before.to;
  if (unwanted && is_local_account(notice.from)) {
    send_subscription(user, notice.from, StanzaType::unsubscribe, stanza.id, turn);
  }
  // The automatic "unsubscribed" (RFC 6121, table 6, a SHOULD) tells the user's server what it
  // knows. Between two of our own accounts it would only arrive late and cancel a new request.
  const bool redundant = step.reply == StanzaType::unsubscribed && is_local_account(notice.from);
  if (!step.reply || redundant) return;
  send_subscription(user, notice.from, *step.reply, stanza.id, turn);
  if (*step.reply == StanzaType::subscribed) send_current_presence(user, notice.from, turn);
}

// §3.1.3: at every initial presence until they are answered.
void RealmState::deliver_requests(User& user, Resource& to, engine::Turn& turn) {
  CHECK(to.user == &user);
  for (const Contact& contact : user.roster.contacts()) {
    if (!contact.pending_in) continue;
    const base::Bytes jid = contact.jid.view();
    Stanza request;
    if (user.blocks(jid::JidView::trusted(jid))) continue;
    // Damaged, of an earlier version, or never kept: the bare fact will do.
    if (!unpack(user.roster.request(jid), request) || request.type != StanzaType::subscribe ||
        request.from.full() != jid) {
      request = {};
      request.kind = StanzaKind::presence;
      request.type = StanzaType::subscribe;
      request.from = jid::JidView::trusted(jid);
    }
    request.to = user.jid();
    to.deliver(request, turn);
  }
}

void RealmState::send_subscription(const User& user, const jid::JidView& to, StanzaType type,
                                   base::Bytes id, engine::Turn& turn) {
  Stanza stanza;
  stanza.kind = StanzaKind::presence;
  stanza.type = type;
  stanza.from = user.jid();
  stanza.to = to;
  stanza.id = id;
  send(stanza, turn);
}

}  // namespace im
