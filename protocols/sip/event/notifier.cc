// Subscriptions, what they are sent, and what the journal keeps of them.
#include "protocols/sip/event/notifier.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/plant.h"
#include "engine/trace/counters.h"
#include "engine/trace/trace.h"
#include "protocols/sip/event/packed_dialog.h"

namespace sip {
namespace {

using trace::Counter;

constexpr base::Duration kTryAgain = base::Duration::milliseconds(200);
constexpr base::Duration kGather = base::Duration::seconds(1);  // many changes, one NOTIFY
constexpr base::Duration kRestartTick = base::Duration::milliseconds(100);
constexpr int64_t kLifetimeMaxSeconds = 24 * 3600;

// A response that ends the subscription rather than the one NOTIFY (RFC 6665 §4.2.2, RFC 5057 §5).
bool ends_subscription(uint16_t status) {
  switch (status) {
    case 404:
    case 405:
    case 410:
    case 416:
    case 480:
    case 481:
    case 482:
    case 483:
    case 484:
    case 485:
    case 489:
    case 501:
    case 604:
      return true;
    default:
      return false;
  }
}

base::Bytes reason_of(SubscriptionEnd end) {
  switch (end) {
    case SubscriptionEnd::none:
      return {};
    case SubscriptionEnd::timeout:
      return "timeout";
    case SubscriptionEnd::rejected:
      return "rejected";
    case SubscriptionEnd::noresource:
      return "noresource";
  }
  CHECK(false);
  return {};
}

WatcherEvent event_of(SubscriptionEnd end) {
  switch (end) {
    case SubscriptionEnd::none:
    case SubscriptionEnd::timeout:
      return WatcherEvent::timeout;
    case SubscriptionEnd::rejected:
      return WatcherEvent::rejected;
    case SubscriptionEnd::noresource:
      return WatcherEvent::noresource;
  }
  CHECK(false);
  return {};
}

WatcherStatus status_of(const Subscription& subscription) {
  if (subscription.end != SubscriptionEnd::none) return WatcherStatus::terminated;
  if (subscription.watch_state == im::WatchState::pending) return WatcherStatus::pending;
  const bool active = subscription.watch_state == im::WatchState::active;
  return active ? WatcherStatus::active : WatcherStatus::terminated;
}

}  // namespace

Notifier::Notifier(Service& service, im::Realm& realm, base::Random& random)
    : service_(service), realm_(realm), answers_(service), start_(random.next()) {
  service.handle(Method::subscribe, *this);
}

Notifier::~Notifier() {
  subscriptions_.for_each([](Subscription& subscription) {
    if (subscription.presentity != nullptr) subscription.presentity->unwatch(subscription);
  });
  trace::gauge_add(trace::Gauge::sip_subscriptions, -static_cast<int64_t>(size()));
}

uint8_t Notifier::add(std::unique_ptr<Package> package) {
  service_.announce(HeaderId::allow_events, package->name());
  packages_.push_back(std::move(package));
  return static_cast<uint8_t>(packages_.size() - 1);
}

Subscription* Notifier::make(engine::Turn& turn) {
  if (size() >= service_.options().subscriptions_max) {
    trace::count(Counter::sip_subscription_limit_hit);
    return nullptr;
  }
  uint64_t id = 0;
  do {
    id = turn.random.next() % Outgoing::kNumbers;
  } while (id == 0 || find(id) != nullptr || turn.journal.holds(subscription_key(id)));
  return &make(id);
}

Subscription& Notifier::make(uint64_t id) {
  auto made = std::make_unique<Subscription>(*this);
  made->id = id;
  trace::gauge_add(trace::Gauge::sip_subscriptions, 1);
  return subscriptions_.insert(std::move(made));
}

Subscription* Notifier::find(uint64_t id) { return subscriptions_.find(id); }

void Notifier::erase(Subscription& subscription, engine::Turn& turn) {
  if (subscription.end == SubscriptionEnd::none) {
    subscription.end = SubscriptionEnd::timeout;
    list(subscription, WatcherEvent::timeout, turn);
  }
  packages_[subscription.package]->on_ended(subscription);
  if (subscription.presentity != nullptr) subscription.presentity->unwatch(subscription);
  if (subscription.kept) turn.journal.erase(subscription_key(subscription.id));
  subscriptions_.erase(subscription.id);
  trace::gauge_add(trace::Gauge::sip_subscriptions, -1);
}

void Notifier::enter(const Subscription& subscription, base::Bytes account, engine::Turn& turn) {
  KeptSubscription kept;
  kept.package = packages_[subscription.package]->name();
  kept.event_id = subscription.event_id();
  kept.identity = subscription.identity();
  subscription.read_dialog(dialog_);
  std::string dialog;
  pack_dialog(dialog_, dialog);
  kept.dialog = dialog;
  kept.granted = subscription.granted;
  std::string way;
  if (subscription.way != nullptr) pack(*subscription.way, way);
  kept.way = way;
  std::string rest;
  pack(kept, rest);
  text_.clear();
  im::pack_entry(account, rest, text_);
  turn.journal.put(subscription_key(subscription.id), text_);
  note(subscription, turn);
}

void Notifier::note(const Subscription& subscription, engine::Turn& turn) {
  const int64_t left_us = (subscription.expires - turn.now).ns / 1000;
  text_.clear();
  pack(
      SubscriptionNote{
          {turn.wall.us + left_us}, subscription.cseq_reserved, subscription.remote_cseq},
      text_);
  turn.journal.note(subscription_key(subscription.id), text_);
}

void Notifier::changed(Subscription& subscription, engine::Turn& turn) {
  if (subscription.end != SubscriptionEnd::none) return;
  if (subscription.watch_state == im::WatchState::rejected) {
    return finish(subscription, SubscriptionEnd::rejected, turn);
  }
  const bool active = subscription.watch_state == im::WatchState::active;
  list(subscription, active ? WatcherEvent::approved : WatcherEvent::rejected, turn);
  if (packages_[subscription.package]->is_news(subscription)) notify(subscription, turn);
}

// Whoever asks who watches hears of it, if this is another status than he was told. To the user a
// watcher whom she blocks is none.
void Notifier::list(Subscription& subscription, WatcherEvent event, engine::Turn& turn) {
  const bool is_first = event == WatcherEvent::subscribe;  // and not one that only asks once
  if (subscription.presentity == nullptr || (subscription.listed == 0 && !is_first)) return;
  const WatcherStatus status = status_of(subscription);
  const auto listed = static_cast<uint8_t>(1 + static_cast<uint8_t>(status));
  if (std::exchange(subscription.listed, listed) == listed) return;
  to_tell_.clear();
  for (const auto& package : packages_) package->on_watcher(subscription, status, event, to_tell_);
  for (const uint64_t id : to_tell_) {
    Subscription* const one = find(id);
    if (one != nullptr && one->end == SubscriptionEnd::none) tell_soon(*one, {}, turn);
  }
}

// Not from here, where a presentity may be in the middle of its list.
void Notifier::tell_soon(Subscription& subscription, base::Duration delay, engine::Turn& turn) {
  subscription.due = true;
  if (!subscription.answered || subscription.notifying || subscription.held) return;
  subscription.held = true;
  turn.timers.arm(subscription, turn.now + delay);
}

void Notifier::look_again(base::Bytes account, uint8_t package, engine::Turn& turn) {
  im::User* const user = realm_.find_user(account);
  if (user == nullptr || user->presentity == nullptr) return;
  user->presentity->for_each_watcher([&](im::Watcher& one) {
    auto& subscription = static_cast<Subscription&>(one);  // there are no others
    if (subscription.package != package || subscription.end != SubscriptionEnd::none) return;
    if (packages_[package]->is_news(subscription)) tell_soon(subscription, kGather, turn);
  });
}

Notifier::Facts Notifier::facts(const im::Watcher& watcher) const {
  const auto& subscription = static_cast<const Subscription&>(watcher);  // there are no others
  return {packages_[subscription.package]->name(), subscription.expires};
}

// The last NOTIFY is still to come; it goes when that has been answered.
void Notifier::finish(Subscription& subscription, SubscriptionEnd why, engine::Turn& turn) {
  CHECK(why != SubscriptionEnd::none);
  if (subscription.end != SubscriptionEnd::none) return;
  subscription.end = why;
  list(subscription, event_of(why), turn);
  if (!subscription.held) subscription.disarm();
  if (std::exchange(subscription.kept, false)) {
    turn.journal.erase(subscription_key(subscription.id));
  }
  notify(subscription, turn);
}

void Notifier::notify(Subscription& subscription, engine::Turn& turn) {
  subscription.due = true;
  if (base::plant == base::Plant::sip_last_state_lost && subscription.notifying) {
    subscription.due = false;
  }
  if (!subscription.answered || subscription.notifying || subscription.held) return;
  if (!reachable(subscription)) {
    if (subscription.end != SubscriptionEnd::none) turn.timers.arm(subscription, turn.now);
    return;
  }
  if (!send(subscription, turn)) {  // no room: what it holds will leave
    turn.timers.arm(subscription, turn.now + kTryAgain);
    return;
  }
  subscription.due = false;
  subscription.notifying = true;
}

// Where the subscriber's requests come to; nothing where a reload has taken his peer away.
void Notifier::write_contact(const Subscription& subscription, base::Sink& out) const {
  const Options& options = service_.options();
  if (subscription.way != nullptr) return append_contact(*subscription.way, options, out);
  const TrunkPeer* const peer = peer_of_watcher(subscription);
  if (peer != nullptr) append_contact(*peer, options, out);
}

const TrunkPeer* Notifier::peer_of_watcher(const Subscription& subscription) const {
  const jid::JidView identity = jid::JidView::trusted(subscription.identity());
  return peer_for(service_.options().peers, identity.domain());
}

// False until his next SUBSCRIBE, or a reload that brings his peer back.
bool Notifier::reachable(const Subscription& subscription) const {
  if (subscription.way != nullptr) return !subscription.way->lost();
  return peer_of_watcher(subscription) != nullptr;
}

bool Notifier::send(Subscription& subscription, engine::Turn& turn) {
  const bool by_peer = subscription.way == nullptr;
  if (by_peer && !service_.outgoing().has_room(*peer_of_watcher(subscription))) return false;
  subscription.read_dialog(dialog_);
  dialog_.local_cseq = subscription.local_cseq;
  Request how;
  fill_request(dialog_, "NOTIFY", route_, how);
  Package& package = *packages_[subscription.package];
  text_.clear();
  Writer writer(text_);
  const base::Bytes event_id = subscription.event_id();
  std::string event(package.name());
  if (!event_id.empty()) event.append(";id=").append(event_id);
  writer.field(HeaderId::event, event);
  std::string state;
  write_state(subscription, turn, state);
  writer.field(HeaderId::subscription_state, state);
  std::string contact;
  write_contact(subscription, contact);
  writer.field(HeaderId::contact, contact);
  const bool lives = subscription.presentity != nullptr;
  const auto body = lives ? package.body(subscription, dialog_.local_cseq - 1) : nullptr;
  if (body == nullptr) {
    writer.end();
  } else {
    if (package.has_entity_tags()) writer.field(HeaderId::sip_etag, entity_tag(subscription));
    writer.end(package.media_type(), *body);
  }
  if (!send(subscription, how, turn)) return false;
  trace::count(Counter::sip_notifies);
  package.on_sent(subscription);
  subscription.local_cseq = dialog_.local_cseq;
  // Long before they are used, so that this is on the disk by then.
  if (subscription.kept && subscription.local_cseq + kCSeqStep / 2 > subscription.cseq_reserved) {
    subscription.cseq_reserved += kCSeqStep;
    note(subscription, turn);
  }
  return true;
}

// `how` and text_.
bool Notifier::send(const Subscription& subscription, const Request& how, engine::Turn& turn) {
  Outgoing& outgoing = service_.outgoing();
  if (const ClientWay* const way = subscription.way.get()) {
    return outgoing.send(way->flow, way->shard, Method::notify, how, text_, *this, subscription.id,
                         turn);
  }
  return outgoing.send(*peer_of_watcher(subscription), Method::notify, how, text_, *this,
                       subscription.id, turn);
}

void Notifier::write_state(const Subscription& subscription, engine::Turn& turn,
                           base::Sink& out) const {
  if (subscription.end != SubscriptionEnd::none) {
    out.append("terminated;reason=").append(reason_of(subscription.end));
    return;
  }
  const bool pending = subscription.watch_state == im::WatchState::pending;
  const int64_t left = std::max<int64_t>((subscription.expires - turn.now).ns / 1'000'000'000, 0);
  out.append(pending ? "pending;expires=" : "active;expires=").append(std::to_string(left));
}

// Of what is seen in this subscription; not of another one, nor of another life of the node.
std::string Notifier::entity_tag(const Subscription& subscription) const {
  CHECK(subscription.presentity != nullptr);
  std::string tag = std::to_string(start_);
  tag.push_back('.');
  tag.append(std::to_string(subscription.presentity->seen_by(subscription).version));
  return tag;
}

// A hold that it is in is over.
void Notifier::arm(Subscription& subscription, engine::Turn& turn) {
  subscription.held = false;
  turn.timers.arm(subscription, subscription.expires);
}

void Notifier::on_time(Subscription& subscription, engine::Turn& turn) {
  subscription.held = false;
  if (subscription.end != SubscriptionEnd::none && !reachable(subscription)) {
    return erase(subscription, turn);
  }
  if (subscription.end == SubscriptionEnd::none && turn.now >= subscription.expires) {
    trace::count(Counter::sip_subscriptions_expired);
    return finish(subscription, SubscriptionEnd::timeout, turn);
  }
  if (subscription.end == SubscriptionEnd::none) arm(subscription, turn);
  if (subscription.due) notify(subscription, turn);
}

void Notifier::on_response(uint64_t number, const Message& response, const Essentials&,
                           engine::Turn& turn) {
  const uint16_t status = response.status();
  if (status < 200) return;
  Subscription* const subscription = find(number);
  CHECK(subscription != nullptr && subscription->notifying);
  subscription->notifying = false;
  if (ends_subscription(status)) {
    trace::count(Counter::sip_subscriptions_lost);
    return erase(*subscription, turn);
  }
  if (subscription->due) return notify(*subscription, turn);
  if (subscription->end != SubscriptionEnd::none) erase(*subscription, turn);
}

// As good as a 408: the subscriber is gone (RFC 6665 §4.2.2).
void Notifier::on_no_response(uint64_t number, engine::Turn& turn) {
  Subscription* const subscription = find(number);
  CHECK(subscription != nullptr && subscription->notifying);
  trace::count(Counter::sip_subscriptions_lost);
  erase(*subscription, turn);
}

// The 200 is on its way. From another shard it takes a little: a NOTIFY must be understood before
// it (RFC 6665 §4.1.2.4), and few do.
void Notifier::answered(Subscription& subscription, bool elsewhere, engine::Turn& turn) {
  subscription.answered = true;
  if (!subscription.due) return;
  subscription.held = elsewhere;
  if (!elsewhere) return notify(subscription, turn);
  turn.timers.arm(subscription, turn.now);
}

void Notifier::on_committed(engine::Turn& turn) {
  answers_.on_committed(turn, [&](uint64_t id, bool elsewhere) {
    if (Subscription* const subscription = find(id)) answered(*subscription, elsewhere, turn);
  });
}

void Notifier::on_recovered(std::vector<engine::JournalEntry> entries, engine::Turn& turn) {
  realm_.recover_kept(std::move(entries), *this, turn);
}

void Notifier::restore(im::User& user, const engine::JournalEntry& entry, base::Bytes rest,
                       engine::Turn& turn) {
  KeptSubscription kept;
  SubscriptionNote when;
  const auto package_of = [&](const auto& one) { return one->name() == kept.package; };
  auto package = packages_.end();
  ClientWay way;
  if (unpack(rest, kept) && unpack(entry.note, when) && unpack_dialog(kept.dialog, dialog_) &&
      (kept.way.empty() || unpack(kept.way, service_.options(), turn.shard, way))) {
    package = std::find_if(packages_.begin(), packages_.end(), package_of);
  }
  if (base::plant == base::Plant::sip_subscription_dropped) package = packages_.end();
  if (package == packages_.end() || find(entry.key.id) != nullptr) {
    trace::count(Counter::sip_subscriptions_unreadable);
    return turn.journal.erase(entry.key);
  }
  Subscription* const subscription = &make(entry.key.id);
  subscription->kept = true;
  subscription->keep(dialog_, kept.identity, kept.event_id);
  subscription->granted = kept.granted;
  if (!kept.way.empty()) subscription->way = std::make_unique<ClientWay>(way);
  subscription->package = static_cast<uint8_t>(package - packages_.begin());
  subscription->local_cseq = when.cseq_reserved;
  if (base::plant == base::Plant::sip_cseq_reused) subscription->local_cseq = 0;
  subscription->cseq_reserved = when.cseq_reserved + kCSeqStep;
  subscription->remote_cseq = when.remote_cseq;
  subscription->answered = true;
  const int64_t left_us =
      std::clamp<int64_t>(when.expires.us - turn.wall.us, 0, kLifetimeMaxSeconds * 1'000'000);
  subscription->expires = turn.now + base::Duration::microseconds(left_us);
  subscription->watch_state = first_state(user, *subscription);
  if (!realm_.presentity(user).watch(*subscription)) return erase(*subscription, turn);
  note(*subscription, turn);
  (*package)->on_asked(*subscription);
  subscription->listed = static_cast<uint8_t>(1 + static_cast<uint8_t>(status_of(*subscription)));
  subscription->due = true;
  subscription->held = true;
  restored_.push_back({subscription->id, turn.journal.appended()});
  if (!restart_timer_.armed()) turn.timers.arm(restart_timer_, turn.now + kRestartTick);
}

// In the order they came back; expired ones are told so. Not before the numbers that they are told
// with are reserved on the disk: another crash would have them used twice.
void Notifier::on_restart_tick(engine::Turn& turn) {
  size_t left = std::max<size_t>(1, kRestartRate / 10 / service_.shards());
  for (; left > 0 && !restored_.empty(); --left) {
    if (restored_.front().position > turn.journal.committed()) break;
    Subscription* const subscription = find(restored_.front().id);
    restored_.pop_front();
    if (subscription != nullptr) on_time(*subscription, turn);
  }
  if (!restored_.empty()) turn.timers.arm(restart_timer_, turn.now + kRestartTick);
}

}  // namespace sip
