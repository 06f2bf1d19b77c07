#include "protocols/gateway/registrar.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "engine/trace/trace.h"
#include "protocols/im/journal_entry.h"
#include "protocols/sip/account.h"
#include "protocols/sip/message/uri.h"

namespace gateway {

using trace::Counter;
using trace::Gauge;

namespace {

constexpr auto kEntryKind = static_cast<uint8_t>(im::EntryKind::binding);

bool same_contact(base::Bytes a, base::Bytes b) {
  sip::Uri one;
  sip::Uri other;
  return sip::parse_uri(a, one) && sip::parse_uri(b, other) && sip::equal_uris(one, other);
}

base::WallTime wall_of(base::Instant until, const engine::Turn& turn) {
  return {turn.wall.us + (until - turn.now).ns / 1000};
}

}  // namespace

Registrar::Registrar(sip::Service& service, im::Realm& realm) : service_(service), realm_(realm) {
  if (!service.options().digest) return;
  service.handle(sip::Method::register_, *this);
  service.set_flow_user(*this);
}

Registrar::~Registrar() { CHECK(clients_.empty() && by_serial_.empty()); }

engine::Owner Registrar::owner_of(const sip::Received& request, engine::Turn&) {
  if (request.account.empty()) return service_.here();
  return realm_.partition().owner(request.account);
}

// §10.3 steps 3 to 5: nobody registers for somebody else.
bool Registrar::may_register(const sip::Received& request) const {
  sip::Uri to;
  std::string whose;
  return !request.account.empty() && sip::parse_uri(request.essentials.to.uri, to) &&
         sip::find_account(to, realm_.options(), service_.options(), whose) &&
         whose == request.account;
}

void Registrar::on_request(const sip::Received& request, engine::Turn& turn) {
  if (!may_register(request)) return refuse(request, 403, turn);
  Registration wish;
  uint16_t status = read_registration(request.message, wish);
  if (status == 0) {
    const auto found = clients_.find(request.account);
    Clients none;
    status = allow(wish, request, found == clients_.end() ? none : found->second);
  }
  if (status != 0) return refuse(request, status, turn);
  apply(wish, request, turn);
}

SipClient* Registrar::find(Clients& clients, base::Bytes contact) {
  const auto found = std::find_if(clients.begin(), clients.end(), [&](const auto& client) {
    return same_contact(client->binding.contact, contact);
  });
  return found == clients.end() ? nullptr : found->get();
}

// All or nothing (§10.3 steps 6 and 7).
uint16_t Registrar::allow(const Registration& wish, const sip::Received& request,
                          Clients& clients) const {
  const auto overtaken = [&](const SipClient& client) {
    return client.binding.call_id == request.essentials.call_id &&
           client.binding.cseq >= request.essentials.cseq.number;
  };
  size_t total = clients.size();
  for (const Registration::Contact& contact : wish.contacts) {
    const SipClient* const known = find(clients, contact.uri);
    if (known != nullptr && overtaken(*known)) return 500;
    if (known == nullptr && contact.seconds > 0) ++total;
  }
  const bool late = wish.all_go && std::any_of(clients.begin(), clients.end(),
                                               [&](const auto& one) { return overtaken(*one); });
  if (late) return 500;
  if (total > kClientsMax) {
    trace::count(Counter::gateway_binding_limit_hit);
    return 503;
  }
  return 0;
}

void Registrar::apply(const Registration& wish, const sip::Received& request, engine::Turn& turn) {
  const std::string account(request.account);
  if (wish.all_go) {
    while (clients_.find(account) != clients_.end()) {
      remove(*clients_.find(account)->second.front(), turn);
    }
  }
  SipClient* waits = nullptr;
  for (const Registration::Contact& contact : wish.contacts) {
    const auto all = clients_.find(account);
    SipClient* client = all == clients_.end() ? nullptr : find(all->second, contact.uri);
    if (contact.seconds == 0) {
      if (client != nullptr) remove(*client, turn);
      continue;
    }
    const bool fresh = client == nullptr;
    if (fresh) client = &add(account);
    keep(*client, contact, request, turn);
    if (!fresh && client->user != nullptr) newly_bound_.push_back(client->serial);
    if (fresh) realm_.bind(*client, *client, turn);
    if (client->user == nullptr) waits = client;
  }
  if (!newly_bound_.empty()) turn.timers.arm(timer_, turn.now);
  respond(request, waits, turn);
}

SipClient& Registrar::add(base::Bytes account) {
  auto made = std::make_unique<SipClient>(*this, ++last_serial_);
  SipClient& client = *made;
  client.full_jid = account;
  client.binding.account = account;
  clients_[std::string(account)].push_back(std::move(made));
  by_serial_[client.serial] = &client;
  trace::gauge_add(Gauge::gateway_bindings, 1);
  return client;
}

void Registrar::keep(SipClient& client, const Registration::Contact& wish,
                     const sip::Received& request, engine::Turn& turn) {
  leave(client, turn);
  client.binding.contact = wish.uri;
  client.binding.q = wish.q;
  client.binding.call_id = request.essentials.call_id;
  client.binding.cseq = request.essentials.cseq.number;
  client.binding.remote = request.source.remote;
  client.flow = request.source;
  client.shard = request.back.shard;
  client.until = turn.now + base::Duration::seconds(wish.seconds);
  client.binding.until = wall_of(client.until, turn);
  enter(client, turn);
  turn.timers.arm(client.timer, client.until);
}

// Where it is found again: by its connection, or, after a crash, in the journal.
void Registrar::enter(SipClient& client, engine::Turn& turn) {
  if (client.flow.reliable()) {
    by_flow_.emplace(FlowKey{client.shard, client.flow.connection}, &client);
    return;
  }
  if (!turn.journal.accepting()) return;  // it will have to register again
  if (client.entry == 0) {
    // Of this life of the node and this shard alone: entries may move to other shards later.
    client.entry = turn.journal.epoch() << 44 | uint64_t{turn.shard} << 34 | client.serial;
  }
  turn.journal.put({kEntryKind, client.entry}, pack(client.binding));
}

void Registrar::leave(SipClient& client, engine::Turn& turn) {
  const auto [first, last] = by_flow_.equal_range(FlowKey{client.shard, client.flow.connection});
  const auto found =
      std::find_if(first, last, [&](const auto& one) { return one.second == &client; });
  if (found != last) by_flow_.erase(found);
  if (client.entry == 0) return;
  turn.journal.erase({kEntryKind, client.entry});
  client.entry = 0;
}

std::string Registrar::answer(const sip::Received& request, uint16_t status, engine::Turn& turn) {
  std::string out;
  sip::Writer writer(out);
  service_.begin_answer(request, {.status = status}, writer);
  if (status == 423) writer.number(sip::HeaderId::min_expires, Registration::kExpiresMin);
  if (status == 503) writer.number(sip::HeaderId::retry_after, 60);
  if (status == 200) {
    const auto found = clients_.find(request.account);
    if (found != clients_.end()) {
      for (const auto& client : found->second) {
        char q[8];
        snprintf(q, sizeof q, "%u.%03u", client->binding.q / 1000, client->binding.q % 1000);
        const int64_t left = std::max<int64_t>((client->until - turn.now).whole_seconds(), 0);
        std::string contact = "<" + client->binding.contact + ">;expires=" + std::to_string(left);
        writer.field(sip::HeaderId::contact, contact.append(";q=").append(q));
      }
    }
    std::string date;
    append_date(turn.wall, date);
    writer.field(sip::HeaderId::date, date);
  }
  writer.end();
  return out;
}

void Registrar::respond(const sip::Received& request, SipClient* waits, engine::Turn& turn) {
  std::string accepted = answer(request, 200, turn);
  if (waits == nullptr) {
    trace::count(Counter::gateway_registrations);
    return service_.respond(request.back, 200, accepted, turn);
  }
  waits->back = request.back;
  waits->accepted = std::move(accepted);
  waits->refused = answer(request, 503, turn);
}

void Registrar::refuse(const sip::Received& request, uint16_t status, engine::Turn& turn) {
  trace::count(Counter::gateway_registrations_refused);
  service_.respond(request.back, status, answer(request, status, turn), turn);
}

void Registrar::bound(SipClient& client, im::BindResult result, engine::Turn& turn) {
  const bool good = result == im::BindResult::bound;
  if (good) {
    newly_bound_.push_back(client.serial);
    turn.timers.arm(timer_, turn.now);
    TRACE(sip, info, "registered", {"jid", client.full_jid}, {"contact", client.binding.contact});
  } else {
    client.until = turn.now;
    turn.timers.arm(client.timer, turn.now);
  }
  if (client.accepted.empty()) return;
  trace::count(good ? Counter::gateway_registrations : Counter::gateway_registrations_refused);
  service_.respond(client.back, good ? 200 : 503, good ? client.accepted : client.refused, turn);
  client.accepted.clear();
  client.refused.clear();
}

void Registrar::on_time(SipClient& client, engine::Turn& turn) {
  trace::count(Counter::gateway_bindings_expired);
  remove(client, turn);
}

void Registrar::on_flow_closed(const sip::Flow& flow, engine::ShardId shard, engine::Turn& turn) {
  const FlowKey key{shard, flow.connection};
  for (auto found = by_flow_.find(key); found != by_flow_.end(); found = by_flow_.find(key)) {
    trace::count(Counter::gateway_bindings_expired);
    remove(*found->second, turn);
  }
}

SipClient* Registrar::find(uint64_t serial) {
  const auto found = by_serial_.find(serial);
  return found == by_serial_.end() ? nullptr : found->second;
}

// What it was given and has not answered goes to somebody else.
void Registrar::remove(SipClient& client, engine::Turn& turn) {
  leave(client, turn);
  realm_.cancel_bind(client);
  realm_.unbind(client, turn);
  const uint64_t serial = client.serial;
  TRACE(sip, info, "unregistered", {"jid", client.full_jid});
  by_serial_.erase(serial);
  const auto all = clients_.find(client.binding.account);
  CHECK(all != clients_.end());
  std::erase_if(all->second, [&](const auto& one) { return one.get() == &client; });
  if (all->second.empty()) clients_.erase(all);
  trace::gauge_add(Gauge::gateway_bindings, -1);
  for (auto at = given_.begin(); at != given_.end();) {
    if (at->second.client != serial) {
      ++at;
      continue;
    }
    const Given given = std::move(at->second);
    at = given_.erase(at);
    later({given, Fate::returned}, turn);
  }
}

void Registrar::on_recovered(const std::vector<engine::JournalEntry>& entries, engine::Turn& turn) {
  const sip::Options& options = service_.options();
  sip::Flow flow;
  const bool wanted =
      options.digest && options.find_listener(sip::ListenerKind::udp, flow.listener);
  for (const engine::JournalEntry& entry : entries) {
    if (entry.key.kind != kEntryKind) continue;
    Binding binding;
    if (!wanted || !unpack(entry.bytes, binding) || binding.until <= turn.wall) {
      turn.journal.erase(entry.key);
      continue;
    }
    SipClient& client = add(binding.account);
    client.binding = binding;
    client.flow = flow;
    client.flow.remote = binding.remote;
    client.shard = turn.shard;
    client.entry = entry.key.id;
    const int64_t left_us = binding.until.us - turn.wall.us;
    client.until = turn.now + base::Duration::microseconds(left_us);
    turn.timers.arm(client.timer, client.until);
    realm_.bind(client, client, turn);
  }
}

// The journal keeps what it has: the clients are back with the node.
void Registrar::on_shutdown(engine::Turn& turn) {
  timer_.disarm();
  given_.clear();
  later_.clear();
  newly_bound_.clear();
  for (const auto& [serial, client] : by_serial_) {
    client->timer.disarm();
    realm_.cancel_bind(*client);
    realm_.unbind(*client, turn);
    trace::gauge_add(Gauge::gateway_bindings, -1);
  }
  by_serial_.clear();
  by_flow_.clear();
  clients_.clear();
}

}  // namespace gateway
