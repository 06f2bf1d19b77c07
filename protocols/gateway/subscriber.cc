#include "protocols/gateway/subscriber.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "protocols/gateway/presence.h"
#include "protocols/sip/account.h"
#include "protocols/sip/address.h"
#include "protocols/sip/body/tuple_id.h"
#include "protocols/sip/event/subscription.h"
#include "protocols/sip/header/event.h"
#include "protocols/sip/header/media_type.h"
#include "protocols/sip/origin.h"

namespace gateway {
namespace {

using trace::Counter;

constexpr uint32_t kSeconds = 3600;  // RFC 8048 §3.2.1
constexpr base::Duration kSoon = base::Duration::seconds(2);
constexpr base::Duration kLater = base::Duration::seconds(60);
constexpr base::Bytes kPidf = "application/pidf+xml";

std::string pair_of(base::Bytes user, base::Bytes contact) {
  return std::string(user).append("\n").append(contact);
}

Dialog dialog_of(sip::SubscriptionState::State state) {
  using State = sip::SubscriptionState::State;
  if (state == State::terminated) return Dialog::terminated;
  return state == State::active ? Dialog::active : Dialog::pending;
}

base::Bytes reason_of(sip::SubscriptionState::Reason reason) {
  using Reason = sip::SubscriptionState::Reason;
  return reason == Reason::none || reason == Reason::other ? "" : sip::wire_name(reason);
}

}  // namespace

Subscriber::Subscriber(sip::Service& service, im::Realm& realm) : service_(service), realm_(realm) {
  service.handle(sip::Method::notify, *this);
}

Subscriber::~Subscriber() = default;

Subscriber::Watch* Subscriber::find(const im::Stanza& stanza) {
  const auto found = pairs_.find(pair_of(stanza.from.bare(), stanza.to.bare()));
  return found == pairs_.end() ? nullptr : watches_.at(found->second).get();
}

bool Subscriber::take(const im::Stanza& stanza, engine::Turn& turn) {
  Watch* const watch = find(stanza);
  switch (stanza.type) {
    case im::StanzaType::subscribe:
      return watch != nullptr || begin(stanza, turn);
    case im::StanzaType::probe:
      if (watch == nullptr) return begin(stanza, turn);
      tell_again(*watch, stanza, turn);
      return true;
    case im::StanzaType::unsubscribe:
      if (watch == nullptr) return true;
      watch->ending = true;
      if (!watch->asking) subscribe(*watch, 0, turn);
      return true;
    default:
      return false;
  }
}

bool Subscriber::begin(const im::Stanza& stanza, engine::Turn& turn) {
  if (watches_.size() >= service_.options().subscriptions_max) {
    trace::count(Counter::sip_subscription_limit_hit);
    return false;
  }
  auto made = std::make_unique<Watch>(*this);
  Watch& watch = *made;
  do {
    watch.id = turn.random.next() % sip::Outgoing::kNumbers;
  } while (watches_.contains(watch.id));
  watch.user = stanza.from.bare();
  watch.contact = stanza.to.bare();
  watch.granted = stanza.type == im::StanzaType::probe;
  sip::append_tag(watch.id, watch.dialog.local_tag);
  turn.random.token(16, watch.dialog.call_id);
  sip::write_sip_uri(jid::JidView::trusted(watch.contact), watch.dialog.remote_target);
  watch.dialog.remote.append("<").append(watch.dialog.remote_target).append(">");
  watch.dialog.local.append("<");
  sip::write_sip_uri(jid::JidView::trusted(watch.user), watch.dialog.local);
  watch.dialog.local.append(">;tag=").append(watch.dialog.local_tag);
  pairs_[pair_of(watch.user, watch.contact)] = watch.id;
  watches_.emplace(watch.id, std::move(made));
  subscribe(watch, kSeconds, turn);
  return true;
}

void Subscriber::subscribe(Watch& watch, uint32_t seconds, engine::Turn& turn) {
  const base::Bytes domain = jid::JidView::trusted(watch.contact).domain();
  const sip::TrunkPeer* const peer = sip::peer_for(service_.options().peers, domain);
  if (peer == nullptr) return erase(watch);
  sip::Request how;
  std::string route;
  sip::fill_request(watch.dialog, "SUBSCRIBE", route, how);
  std::string rest;
  sip::Writer writer(rest);
  writer.field(sip::HeaderId::event, "presence");
  writer.field(sip::HeaderId::accept, kPidf);
  writer.number(sip::HeaderId::expires, seconds);
  std::string contact;
  sip::append_contact(*peer, service_.options(), contact);
  writer.field(sip::HeaderId::contact, contact);
  writer.end();
  watch.asking =
      service_.outgoing().send(*peer, sip::Method::subscribe, how, rest, *this, watch.id, turn);
  watch.leaving = seconds == 0;
  if (!watch.asking) turn.timers.arm(watch.timer, turn.now + kLater);
}

// Her roster still wants it, and she is there to see it (RFC 8048 §8.1).
bool Subscriber::is_wanted(const Watch& watch) const {
  const im::User* const user = realm_.find_user(watch.user);
  if (user == nullptr || !user->any_available()) return false;
  const im::Contact* const contact = user->roster.find(watch.contact);
  return contact != nullptr && (contact->to || contact->ask);
}

void Subscriber::on_time(Watch& watch, engine::Turn& turn) {
  if (watch.ending || !is_wanted(watch)) {
    if (!watch.established || watch.ending) return erase(watch);
    watch.ending = true;
    return subscribe(watch, 0, turn);
  }
  subscribe(watch, kSeconds, turn);
}

// In a dialog of its own: the old one is over.
void Subscriber::again(Watch& watch, Again when, engine::Turn& turn) {
  if (when == Again::no || watch.ending) return erase(watch);
  watch.established = watch.leaving = false;
  watch.dialog.local_cseq = 0;
  watch.dialog.remote_tag.clear();
  watch.dialog.routes.clear();
  watch.dialog.has_remote_cseq = false;
  watch.dialog.call_id.clear();
  turn.random.token(16, watch.dialog.call_id);
  watch.dialog.remote_target.clear();
  sip::write_sip_uri(jid::JidView::trusted(watch.contact), watch.dialog.remote_target);
  watch.dialog.remote = "<" + watch.dialog.remote_target + ">";
  turn.timers.arm(watch.timer, turn.now + (when == Again::at_once ? kSoon : kLater));
}

void Subscriber::erase(Watch& watch) {
  pairs_.erase(pair_of(watch.user, watch.contact));
  watches_.erase(watch.id);
}

void Subscriber::on_response(uint64_t number, const sip::Message& response,
                             const sip::Essentials& essentials, engine::Turn& turn) {
  const uint16_t status = response.status();
  const auto found = watches_.find(number);
  if (status < 200 || found == watches_.end()) return;
  Watch& watch = *found->second;
  watch.asking = false;
  if (status >= 300) {
    const Refused refused = on_refused(status);
    if (refused.step == XmppStep::unsubscribed && !watch.ending) {
      tell(watch, im::StanzaType::unsubscribed, turn);
    }
    hide(watch, 0, turn);
    return again(watch, refused.again, turn);
  }
  if (!watch.established) {
    sip::Dialog dialog;
    watch.established = sip::answered_dialog(response, essentials, dialog);
    if (watch.established) watch.dialog = dialog;
  }
  if (watch.ending) {
    if (watch.leaving || !watch.established) return erase(watch);
    return subscribe(watch, 0, turn);
  }
  uint32_t seconds = kSeconds;
  if (sip::read_expires(response, seconds) != sip::Read::ok || seconds > kSeconds) {
    seconds = kSeconds;
  }
  turn.timers.arm(watch.timer, turn.now + base::Duration::seconds(std::max(seconds / 10 * 9, 10u)));
}

void Subscriber::on_no_response(uint64_t number, engine::Turn& turn) {
  const auto found = watches_.find(number);
  if (found == watches_.end()) return;
  Watch& watch = *found->second;
  watch.asking = false;
  hide(watch, 0, turn);
  again(watch, Again::later, turn);
}

Subscriber::Watch* Subscriber::find(const sip::Received& notify) {
  uint64_t id = 0;
  if (!sip::read_tag(notify.essentials.to.tag, id)) return nullptr;
  const auto found = watches_.find(id);
  if (found == watches_.end()) return nullptr;
  Watch& watch = *found->second;
  const bool same_call = watch.dialog.call_id == notify.essentials.call_id;
  const bool same_end = !watch.established || watch.dialog.remote_tag == notify.essentials.from.tag;
  return same_call && same_end ? &watch : nullptr;
}

engine::Owner Subscriber::owner_of(const sip::Received& request, engine::Turn&) {
  sip::Uri to;
  if (!sip::parse_uri(request.essentials.to.uri, to) ||
      !sip::find_account(to, realm_.options(), service_.options(), account_)) {
    return service_.here();
  }
  return realm_.partition().owner(jid::JidView::trusted(account_).bare());
}

void Subscriber::on_request(const sip::Received& request, engine::Turn& turn) {
  Watch* const watch = find(request);
  sip::SubscriptionState state;
  sip::Event event;
  if (watch == nullptr) return service_.answer(request, 481, turn);
  const base::Bytes domain = jid::JidView::trusted(watch->contact).domain();
  if (!request.account.empty() ||
      !sip::trusted_for(service_.options().peers, sip::origin_of(request, service_.options().peers),
                        domain)) {
    return service_.answer(request, 403, turn);
  }
  if (sip::read_event(request.message, event) != sip::Read::ok || event.package != "presence") {
    return service_.answer(request, 489, turn);
  }
  if (sip::read_subscription_state(request.message, state) != sip::Read::ok) {
    return service_.answer(request, 400, turn);
  }
  if (!watch->established) {  // it may come before the 200 (RFC 6665 §4.1.2.4)
    sip::Dialog dialog;
    if (!sip::accept_dialog(request.message, request.essentials, watch->dialog.local_tag, dialog)) {
      return service_.answer(request, 400, turn);
    }
    dialog.local_cseq = watch->dialog.local_cseq;
    watch->dialog = dialog;
    watch->established = true;
  } else if (sip::take_request(watch->dialog, request.message, request.essentials) ==
             sip::Order::stale) {
    return service_.answer(request, 500, turn);
  }
  service_.answer(request, 200, turn);
  trace::count(Counter::gateway_notifies_in);
  const Notified what = on_notify(dialog_of(state.state), reason_of(state.reason), !watch->granted);
  if (what.step == XmppStep::subscribed) {
    watch->granted = true;
    tell(*watch, im::StanzaType::subscribed, turn);
  }
  if (state.state == sip::SubscriptionState::State::active && !watch->ending) {
    show(*watch, request, turn);
  }
  if (state.state != sip::SubscriptionState::State::terminated) return;
  if (what.step == XmppStep::unsubscribed && !watch->ending) {
    tell(*watch, im::StanzaType::unsubscribed, turn);
  }
  hide(*watch, 0, turn);
  if (!watch->asking) again(*watch, what.again, turn);
}

// Each tuple is a resource of the contact (RFC 8048 §4.3); those that are not in it any more have
// gone.
void Subscriber::show(Watch& watch, const sip::Received& notify, engine::Turn& turn) {
  sip::MediaType type;
  const bool readable = !notify.message.body().empty() &&
                        sip::read_content_type(notify.message, type) == sip::Read::ok &&
                        type.is(kPidf) &&
                        reader_.read(notify.message.body(), im::SourceKind::publication, report_) ==
                            sip::BodyFault::none;
  if (!readable) return hide(watch, 0, turn);
  std::vector<std::pair<std::string, std::string>> before;
  before.swap(watch.shown);
  std::string resource;
  for (const im::ReportTuple& tuple : report_.tuples) {
    resource.clear();
    if (!sip::read_resource_id(tuple.id, resource)) resource = tuple.id;
    show_one(watch, resource, report_, tuple, turn);
  }
  for (const auto& old : before) {
    const bool still = std::any_of(watch.shown.begin(), watch.shown.end(),
                                   [&](const auto& one) { return one.first == old.first; });
    if (!still) watch.shown.emplace_back(old.first, "");
  }
  const auto gone = std::stable_partition(watch.shown.begin(), watch.shown.end(),
                                          [](const auto& one) { return !one.second.empty(); });
  hide(watch, static_cast<size_t>(gone - watch.shown.begin()), turn);
}

void Subscriber::show_one(Watch& watch, base::Bytes resource, const im::Report& report,
                          const im::ReportTuple& tuple, engine::Turn& turn) {
  std::string full = watch.contact + "/" + std::string(resource.empty() ? "sip" : resource);
  std::string scratch;
  jid::JidView from;
  if (!jid::parse(full, scratch, from)) return;
  const XmppPresence presence = to_xmpp(report, tuple, realm_.options().presentity);
  if (presence.type != im::StanzaType::available) return;
  std::string payload;
  write_payload(presence, payload);
  im::Stanza stanza;
  stanza.kind = im::StanzaKind::presence;
  stanza.type = im::StanzaType::available;
  stanza.from = from;
  stanza.to = jid::JidView::trusted(watch.user);
  stanza.lang = presence.lang;
  stanza.payload = payload;
  stanza.priority = presence.priority;
  std::string packed;
  im::pack(stanza, packed);
  watch.shown.emplace_back(from.full(), packed);
  realm_.route(stanza, turn);
}

void Subscriber::hide(Watch& watch, size_t first, engine::Turn& turn) {
  while (watch.shown.size() > first) {
    const std::string full = std::move(watch.shown.back().first);
    watch.shown.pop_back();
    im::Stanza stanza;
    stanza.kind = im::StanzaKind::presence;
    stanza.type = im::StanzaType::unavailable;
    stanza.from = jid::JidView::trusted(full);
    stanza.to = jid::JidView::trusted(watch.user);
    realm_.route(stanza, turn);
  }
}

// A client that has come, on what the others know already.
void Subscriber::tell_again(const Watch& watch, const im::Stanza& probe, engine::Turn& turn) {
  const std::string to(probe.from.full());
  const auto shown = watch.shown;
  for (const auto& [full, packed] : shown) {
    im::Stanza stanza;
    CHECK(im::unpack(packed, stanza));
    stanza.to = jid::JidView::trusted(to);
    realm_.route(stanza, turn);
  }
}

void Subscriber::tell(const Watch& watch, im::StanzaType type, engine::Turn& turn) {
  const std::string user = watch.user;
  const std::string contact = watch.contact;
  im::Stanza stanza;
  stanza.kind = im::StanzaKind::presence;
  stanza.type = type;
  stanza.from = jid::JidView::trusted(contact);
  stanza.to = jid::JidView::trusted(user);
  realm_.route(stanza, turn);
}

}  // namespace gateway
