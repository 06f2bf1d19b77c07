// To whom a stanza goes, and what becomes of it if there is nobody (RFC 6120 §10, RFC 6121 §8).
#include <algorithm>

#include "engine/base/check.h"
#include "protocols/im/realm/state.h"

namespace im {
namespace {

bool is_request(const Stanza& stanza) {
  return stanza.kind == StanzaKind::iq &&
         (stanza.type == StanzaType::get || stanza.type == StanzaType::set);
}

// Who wants to know that the stanza did not arrive. Errors and results answer something else.
bool may_be_answered(const Stanza& stanza) {
  return stanza.type != StanzaType::error && stanza.type != StanzaType::result;
}

// What two rosters rest on (RFC 6121 §3). The sender's has changed already and nobody will say it
// again: were it lost, the two accounts would disagree for good.
bool changes_subscription(const Stanza& stanza) {
  return stanza.type == StanzaType::subscribe || stanza.type == StanzaType::subscribed ||
         stanza.type == StanzaType::unsubscribe || stanza.type == StanzaType::unsubscribed;
}

// So it still finds room, without its content, in an inbox that is full for everything else.
constexpr size_t kInboxesForSubscriptions = 2;

}  // namespace

void RealmState::from_client(const Stanza& stanza, Resource& origin, engine::Turn& turn) {
  CHECK(origin.user != nullptr && origin.user->state == UserState::loaded);
  if (stanza.kind == StanzaKind::presence) return presence_from_client(stanza, origin, turn);
  // RFC 6120 §10.3.1, §10.3.3: without `to` it is for the sender's own account.
  Stanza addressed = stanza;
  if (stanza.to.empty()) addressed.to = origin.user->jid();
  if (refuse_outbound(origin, addressed, turn)) return;
  if (stanza.kind == StanzaKind::message) return message_from_client(addressed, origin, turn);
  count(trace::Counter::im_iqs);
  send(addressed, turn);
}

bool RealmState::is_local_account(const jid::JidView& jid) const {
  return jid.has_local() && options().hosts(jid.domain());
}

bool RealmState::is_elsewhere(const jid::JidView& jid) const {
  const Elsewhere* const elsewhere = realm_.elsewhere();
  return elsewhere != nullptr && jid.has_local() && elsewhere->serves(jid.domain());
}

bool RealmState::has_roster(const jid::JidView& jid) const {
  return is_local_account(jid) || is_elsewhere(jid);
}

void RealmState::send(const Stanza& original, engine::Turn& turn) {
  if (original.to.empty()) return;
  Stanza stanza = original;
  if (needs_custody(stanza)) {
    if (!stanza.message_id) stanza.message_id = next_message_id(turn);
    // An error goes on its way without: there is nobody left to be told.
    const bool ours = take_custody(stanza, turn);
    if (!ours && stanza.type != StanzaType::error) {
      return refuse(stanza, ErrorCondition::resource_constraint, turn);
    }
    if (joins_the_line(stanza, turn)) return;
  }
  send_on(stanza, turn);
}

void RealmState::send_on(const Stanza& stanza, engine::Turn& turn) {
  if (!options().hosts(stanza.to.domain())) {
    const bool seen_by_watching =
        stanza.kind == StanzaKind::presence &&
        (stanza.type == StanzaType::available || stanza.type == StanzaType::unavailable);
    if (seen_by_watching && is_elsewhere(stanza.to)) return;
    Elsewhere* const elsewhere = realm_.elsewhere();
    if (elsewhere != nullptr && elsewhere->take(stanza, turn)) return;
    return refuse(stanza, ErrorCondition::remote_server_not_found, turn);
  }
  // What the server itself is asked, the wires have answered before it came here.
  if (!stanza.to.has_local()) return refuse(stanza, ErrorCondition::service_unavailable, turn);
  const engine::ShardId owner = realm_.partition().owner(stanza.to.bare()).shard;
  if (owner == shard_) {
    to_account(stanza, turn);
  } else {
    post(stanza, MailKind::stanza, owner, turn);
  }
}

void RealmState::to_account(const Stanza& stanza, engine::Turn& turn) {
  CHECK(is_local_account(stanza.to));
  User* user = find(stanza.to.bare());
  if (user == nullptr) {
    // Presence is for those who are connected, and their users are in memory (RFC 6121 §8.5.2.2.2).
    const bool notice =
        stanza.kind == StanzaKind::presence &&
        (stanza.type == StanzaType::available || stanza.type == StanzaType::unavailable ||
         stanza.type == StanzaType::error);
    const bool answer = stanza.kind == StanzaKind::iq && !is_request(stanza);
    if (notice || answer) return;
    user = find_or_load(stanza.to.bare(), turn);
    if (user == nullptr) return refuse(stanza, ErrorCondition::resource_constraint, turn);
  }
  if (user->state == UserState::loaded) {
    touch_idle(*user);
    return receive(*user, stanza, turn);
  }
  CHECK(user->waiting != nullptr);
  Waiting& waiting = *user->waiting;
  CHECK(waiting.mail.empty() == (waiting.mail_bytes == 0));
  const size_t room = options().user_inbox_max;
  Stanza kept = stanza;
  // One finds room whatever its size.
  const bool too_large = !waiting.mail.empty() &&
                         waiting.mail_bytes + packed_size(stanza) > options().user_inbox_bytes_max;
  if (waiting.mail.size() >= room || too_large) {
    if (!changes_subscription(stanza) || waiting.mail.size() >= kInboxesForSubscriptions * room) {
      count(trace::Counter::im_user_inbox_full);
      return refuse(stanza, ErrorCondition::resource_constraint, turn);
    }
    kept.payload = kept.attributes = {};
  }
  auto envelope = engine::make_envelope(static_cast<uint32_t>(packed_size(kept)));
  pack(kept, envelope->data());
  waiting.mail_bytes += envelope->size;
  waiting.mail.push_back(std::move(envelope));
}

void RealmState::receive(User& user, const Stanza& stanza, engine::Turn& turn) {
  CHECK(user.state == UserState::loaded && stanza.to.bare() == user.bare_jid.view());
  CHECK(fits(stanza.kind, stanza.type));
  switch (stanza.kind) {
    case StanzaKind::message:
      return receive_message(user, stanza, turn);
    case StanzaKind::iq:
      return receive_iq(user, stanza, turn);
    case StanzaKind::presence:
      break;
  }
  switch (stanza.type) {
    case StanzaType::subscribe:
    case StanzaType::subscribed:
    case StanzaType::unsubscribe:
    case StanzaType::unsubscribed:
      return receive_subscription(user, stanza, turn);
    case StanzaType::probe:
      return receive_probe(user, stanza, turn);
    default:
      return receive_presence(user, stanza, turn);
  }
}

// RFC 6121 §8.5.1, and the answers of an account that exists but keeps to itself.
void RealmState::receive_for_absent(const Stanza& stanza, engine::Turn& turn) {
  if (stanza.kind != StanzaKind::presence) {
    if (stanza.type == StanzaType::headline) return;  // Table 1: silently, bare as well as full
    return refuse(stanza, ErrorCondition::service_unavailable, turn);
  }
  if (stanza.type != StanzaType::probe) return;
  Stanza answer;
  answer.kind = StanzaKind::presence;
  answer.type = StanzaType::unsubscribed;
  answer.from = stanza.to.bare_jid();
  answer.to = stanza.from.bare_jid();
  answer.id = stanza.id;
  send(answer, turn);
}

void RealmState::refuse(const Stanza& stanza, ErrorCondition condition, engine::Turn& turn) {
  if (stanza.kind == StanzaKind::presence && stanza.type != StanzaType::subscribe &&
      stanza.type != StanzaType::subscribed) {
    count(trace::Counter::im_presence_dropped);
    return;
  }
  bounce(stanza, error(condition), turn);
  discharge(stanza.message_id, turn);
}

void RealmState::refuse_full(const Stanza& stanza, engine::Turn& turn) {
  count(trace::Counter::im_resource_full);
  refuse(stanza, ErrorCondition::resource_constraint, turn);
}

Stanza RealmState::error_answer(const Stanza& stanza, const StanzaError& why,
                                std::string& payload) {
  // An answer to an answer would go round for ever (RFC 6120 §8.3.1).
  CHECK(may_be_answered(stanza) && !stanza.from.empty());
  write(why, payload);
  Stanza answer;
  answer.kind = stanza.kind;
  answer.type = StanzaType::error;
  answer.from = stanza.to.empty() ? stanza.from.bare_jid() : stanza.to;
  answer.to = stanza.from;
  answer.id = stanza.id;
  answer.payload = payload;
  return answer;
}

void RealmState::bounce(const Stanza& stanza, const StanzaError& why, engine::Turn& turn) {
  if (!may_be_answered(stanza) || stanza.from.empty()) return;
  count(trace::Counter::im_stanzas_bounced);
  TRACE(router, debug, "bounced", {"from", stanza.from.full()}, {"to", stanza.to.full()},
        {"condition", name(why.condition)});
  std::string payload;
  send(error_answer(stanza, why, payload), turn);
}

// RFC 6121 §8.5.3.1: with whom a resource shares that it is there at all.
bool RealmState::shares_presence(const User& user, const Resource& resource,
                                 const jid::JidView& with) const {
  if (with.bare() == user.bare_jid.view()) return true;
  if (!with.has_local() && options().hosts(with.domain())) return true;  // the server itself
  const Contact* contact = user.roster.find(with.bare());
  if (contact != nullptr && contact->from) return true;
  return std::any_of(resource.directed.begin(), resource.directed.end(),
                     [&](const std::string& to) { return to == with.full() || to == with.bare(); });
}

}  // namespace im
