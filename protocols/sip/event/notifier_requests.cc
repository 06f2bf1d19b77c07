// SUBSCRIBE: new subscriptions, refreshed ones, and those that ask once.
#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "engine/trace/trace.h"
#include "protocols/sip/account.h"
#include "protocols/sip/address.h"
#include "protocols/sip/event/notifier.h"
#include "protocols/sip/header/event.h"
#include "protocols/sip/header/media_type.h"
#include "protocols/sip/held_request.h"
#include "protocols/sip/origin.h"

namespace sip {
namespace {

using trace::Counter;

bool is_first(const Received& request) { return request.essentials.to.tag.empty(); }

bool is_for(Audience audience, bool herself, bool granted) {
  switch (audience) {
    case Audience::everybody:
      return true;
    case Audience::herself:
      return herself;
    case Audience::herself_and_granted:
      return herself || granted;
  }
  CHECK(false);
  return false;
}

}  // namespace

// A request that waits for its user to be read from the store.
struct Notifier::Asking final : im::Realm::Caller {
  Asking(Notifier& notifier, const Received& received) : owner(notifier), held(received) {}
  void loaded(im::User* user, im::BindResult result, engine::Turn& turn) override {
    --owner.asking_;
    held.use([&](const Received& request) {
      if (!is_first(request)) return owner.go_on(request, turn);
      if (user != nullptr) return owner.begin(request, *user, turn);
      owner.refuse(request, result == im::BindResult::no_such_account ? 404 : 503, turn);
    });
  }
  Notifier& owner;
  const HeldRequest held;
};

bool Notifier::find_user(const Received& request) {
  return find_account(request.essentials.request_uri, realm_.options(), service_.options(),
                      account_);
}

// In a dialog the Request-URI is our Contact; To is still who was asked for.
bool Notifier::find_user_of_dialog(const Received& request) {
  Uri to;
  return parse_uri(request.essentials.to.uri, to) &&
         find_account(to, realm_.options(), service_.options(), account_);
}

engine::Owner Notifier::owner_of(const Received& request, engine::Turn&) {
  if (!(is_first(request) ? find_user(request) : find_user_of_dialog(request))) {
    return service_.here();
  }
  return realm_.partition().owner(jid::JidView::trusted(account_).bare());
}

void Notifier::on_request(const Received& request, engine::Turn& turn) {
  if (!is_first(request)) {
    if (is_coming_back(request, turn) && find_user_of_dialog(request)) return wait(request, turn);
    return go_on(request, turn);
  }
  Wish wish;
  const uint16_t status = read(request, turn.now, wish);
  if (status != 0) return refuse(request, status, turn);
  im::User* const user = realm_.find_user(jid::JidView::trusted(account_).bare());
  if (user != nullptr) return begin(request, *user, turn);
  wait(request, turn);
}

// Until the store has said who account_ is.
void Notifier::wait(const Received& request, engine::Turn& turn) {
  const std::string bare(jid::JidView::trusted(account_).bare());
  if (asking_ >= kAskingMax) return refuse(request, 503, turn);
  ++asking_;
  if (realm_.when_loaded(bare, std::make_unique<Asking>(*this, request), turn)) return;
  --asking_;
  refuse(request, 503, turn);
}

// After a restart: in the journal, and not here yet.
bool Notifier::is_coming_back(const Received& request, engine::Turn& turn) {
  uint64_t id = 0;
  return read_tag(request.essentials.to.tag, id) && find(id) == nullptr &&
         turn.journal.holds(subscription_key(id));
}

void Notifier::go_on(const Received& request, engine::Turn& turn) {
  uint64_t id = 0;
  Subscription* const subscription = read_tag(request.essentials.to.tag, id) ? find(id) : nullptr;
  if (subscription == nullptr || subscription->end != SubscriptionEnd::none) {
    return refuse(request, is_coming_back(request, turn) ? 503 : 481, turn);
  }
  again(request, *subscription, turn);
}

// 0, or the status that refuses a first SUBSCRIBE whoever the user is.
uint16_t Notifier::read(const Received& request, base::Instant now, Wish& out) {
  Event event;
  if (read_event(request.message, event) != Read::ok) return 489;
  const auto package = std::find_if(packages_.begin(), packages_.end(),
                                    [&](const auto& one) { return one->name() == event.package; });
  if (package == packages_.end()) return 489;
  out.package = static_cast<uint8_t>(package - packages_.begin());
  out.event_id = event.id;
  if (!find_user(request)) return 404;
  if (!identify(request, now, out)) return 403;
  const bool herself = out.identity == jid::JidView::trusted(account_).bare();
  if (!is_for((*package)->audience(), herself, out.granted)) return 403;
  if (!accepts(request.message, (*package)->media_type(), true)) return 406;
  const Lifetimes limits = (*package)->lifetimes();
  return choose_lifetime(request.essentials, limits, out.seconds) ? 0 : 423;
}

// Who subscribes: a user of ours who has proved it, or of a peer that may speak for him.
bool Notifier::identify(const Received& request, base::Instant now, Wish& out) {
  if (!request.account.empty()) {
    out.identity = request.account;
    return true;
  }
  Uri uri;
  jid::JidView watcher;
  if (!parse_uri(request.essentials.from.uri, uri) || !parse_jid(uri, out.identity, watcher) ||
      !watcher.has_local()) {
    return false;
  }
  out.identity = std::string(watcher.bare());
  if (!speaks_for(request, out.identity, now)) return false;
  const base::Bytes domain = jid::JidView::trusted(out.identity).domain();
  out.granted = peer_for(service_.options().peers, domain)->watches;
  return true;
}

bool Notifier::speaks_for(const Received& request, base::Bytes identity, base::Instant now) {
  if (!request.account.empty()) return request.account == identity;
  const base::Bytes domain = jid::JidView::trusted(identity).domain();
  const Flow origin = origin_of(request, service_.options().peers);
  if (trusted_for(service_.options().peers, origin, domain)) return true;
  service_.refusals().note(origin.remote, domain, "may not speak for this domain", now);
  return false;
}

void Notifier::begin(const Received& request, im::User& user, engine::Turn& turn) {
  Wish wish;
  const uint16_t status = read(request, turn.now, wish);
  if (status != 0) return refuse(request, status, turn);  // its peer has gone meanwhile
  Subscription* const subscription = turn.journal.accepting() ? make(turn) : nullptr;
  if (subscription == nullptr) return refuse(request, 503, turn);
  std::string tag;
  append_tag(subscription->id, tag);
  Dialog dialog;
  if (!accept_dialog(request.message, request.essentials, tag, dialog)) {
    erase(*subscription, turn);
    return refuse(request, 400, turn);
  }
  subscription->keep(dialog, wish.identity, wish.event_id);
  subscription->remote_cseq = dialog.remote_cseq;
  subscription->package = wish.package;
  subscription->granted = wish.granted;
  take_way(request, *subscription);
  subscription->watch_state = first_state(user, *subscription);
  subscription->expires = turn.now + base::Duration::seconds(wish.seconds);
  if (!realm_.presentity(user).watch(*subscription)) {
    erase(*subscription, turn);
    return refuse(request, 503, turn);
  }
  trace::count(Counter::sip_subscribes);
  packages_[wish.package]->on_asked(*subscription);
  subscription->due = true;
  if (wish.seconds == 0) return accept(request, *subscription, 0, turn);
  subscription->kept = true;
  subscription->cseq_reserved = kCSeqStep;
  arm(*subscription, turn);
  enter(*subscription, user.bare_jid.view(), turn);
  accept(request, *subscription, wish.seconds, turn);
  list(*subscription, WatcherEvent::subscribe, turn);
  if (subscription->watch_state == im::WatchState::pending) ask_user(*subscription, user, turn);
}

// Who asks without being known waits for the user's word, as with XMPP (RFC 8048 §3.3).
im::WatchState Notifier::first_state(const im::User& user, const Subscription& subscription) {
  const im::WatchState state = user.watch_state(jid::JidView::trusted(subscription.identity()));
  const bool granted = state == im::WatchState::pending && subscription.granted;
  return granted ? im::WatchState::active : state;
}

void Notifier::ask_user(const Subscription& subscription, const im::User& user,
                        engine::Turn& turn) {
  const std::string from(subscription.identity());
  const std::string to(user.bare_jid.view());
  const jid::JidView asks = jid::JidView::trusted(from);
  const jid::JidView asked = jid::JidView::trusted(to);
  // One of ours: by her own roster, as if she had asked by XMPP.
  if (subscription.way != nullptr) return realm_.subscribe(asks, asked, turn);
  im::Stanza stanza;
  stanza.kind = im::StanzaKind::presence;
  stanza.type = im::StanzaType::subscribe;
  stanza.from = asks;
  stanza.to = asked;
  realm_.route(stanza, turn);
}

void Notifier::again(const Received& request, Subscription& subscription, engine::Turn& turn) {
  subscription.read_dialog(dialog_);
  dialog_.remote_cseq = subscription.remote_cseq;
  dialog_.has_remote_cseq = true;
  Event event;
  const Package& package = *packages_[subscription.package];
  if (!is_in(dialog_, request.essentials) || read_event(request.message, event) != Read::ok ||
      event.package != package.name() || event.id != subscription.event_id()) {
    return refuse(request, 481, turn);
  }
  if (!speaks_for(request, subscription.identity(), turn.now)) {
    return refuse(request, 403, turn);
  }
  uint32_t seconds = 0;
  if (!choose_lifetime(request.essentials, package.lifetimes(), seconds)) {
    return refuse(request, 423, turn);
  }
  const std::string target = dialog_.remote_target;
  if (take_request(dialog_, request.message, request.essentials) == Order::stale) {
    return refuse(request, 500, turn);
  }
  subscription.remote_cseq = dialog_.remote_cseq;
  trace::count(Counter::sip_subscribes);
  const bool moved = take_way(request, subscription);
  packages_[subscription.package]->on_asked(subscription);
  if (seconds == 0) return accept(request, subscription, 0, turn);
  subscription.expires = turn.now + base::Duration::seconds(seconds);
  arm(subscription, turn);
  if (moved || dialog_.remote_target != target) {
    subscription.keep(dialog_, subscription.identity(), subscription.event_id());
    const std::string account(subscription.presentity->user().bare_jid.view());
    enter(subscription, account, turn);
  } else {
    note(subscription, turn);
  }
  accept(request, subscription, seconds, turn);
}

// True: it is another one than before.
bool Notifier::take_way(const Received& request, Subscription& subscription) {
  if (request.account.empty()) return false;
  const ClientWay* const before = subscription.way.get();
  const bool same = before != nullptr && before->shard == request.back.shard &&
                    before->flow.connection == request.source.connection &&
                    before->flow.remote == request.source.remote;
  if (same) return false;
  subscription.way.reset(new ClientWay{request.source, request.back.shard});
  return true;
}

// RFC 5839 §5.2: who has the present state already is not told it again.
bool Notifier::knows(const Received& request, const Subscription& subscription) const {
  const HeaderField* const known = request.message.find(HeaderId::suppress_if_match);
  const bool may_know = packages_[subscription.package]->has_entity_tags();
  if (known == nullptr || !may_know || subscription.due || subscription.notifying) return false;
  const base::Bytes tag = request.message.value(*known);
  return tag == "*" || tag == entity_tag(subscription);
}

void Notifier::accept(const Received& request, Subscription& subscription, uint32_t seconds,
                      engine::Turn& turn) {
  const bool suppressed = !is_first(request) && seconds > 0 && knows(request, subscription);
  const uint16_t status = suppressed ? 204 : 200;
  subscription.read_dialog(dialog_);
  std::string response;
  Writer writer(response);
  service_.begin_answer(
      request, {.status = status, .to_tag = dialog_.local_tag, .record_route = true}, writer);
  std::string contact;
  write_contact(subscription, contact);
  if (!contact.empty()) writer.field(HeaderId::contact, contact);
  writer.number(HeaderId::expires, seconds);
  writer.end();
  if (!suppressed) subscription.due = true;
  subscription.answered = false;
  const bool elsewhere = request.back.shard != turn.shard;
  if (seconds > 0) {
    return answers_.add(request.back, status, std::move(response), subscription.id, turn);
  }
  service_.respond(request.back, status, response, turn);
  finish(subscription, SubscriptionEnd::timeout, turn);
  answered(subscription, elsewhere, turn);
}

void Notifier::refuse(const Received& request, uint16_t status, engine::Turn& turn) {
  trace::count(Counter::sip_subscribes_refused);
  std::string& out = service_.response_scratch();
  Writer writer(out);
  service_.begin_answer(request, {.status = status}, writer);
  if (status == 406) write_accepted(request, writer);
  if (status == 423) writer.number(HeaderId::min_expires, Lifetimes().shortest);
  if (status == 489) service_.write_announced(HeaderId::allow_events, writer);
  writer.end();
  service_.respond(request.back, status, out, turn);
}

void Notifier::write_accepted(const Received& request, Writer& writer) const {
  Event event;
  if (read_event(request.message, event) != Read::ok) return;
  for (const auto& package : packages_) {
    if (package->name() == event.package) writer.field(HeaderId::accept, package->media_type());
  }
}

}  // namespace sip
