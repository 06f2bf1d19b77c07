#include "protocols/sip/outgoing.h"

#include <utility>

#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "engine/trace/trace.h"
#include "protocols/sip/connection.h"
#include "protocols/sip/service.h"

namespace sip {

using trace::Counter;

Outgoing::Outgoing(Service& service, const ClientTransactions::Limits& limits)
    : service_(service),
      client_(*this, limits, service.key()),
      trunks_(service.options().peers.size()) {}

Outgoing::~Outgoing() = default;

uint64_t Outgoing::ticket(ClientUser& user, uint64_t number) {
  CHECK(number < kNumbers);
  size_t at = 0;
  while (at < users_.size() && users_[at] != &user) ++at;
  if (at == users_.size()) users_.push_back(&user);
  CHECK(users_.size() < 256);
  return at * kNumbers + number;
}

bool Outgoing::send(const TrunkPeer& peer, Method method, const Request& how, base::Bytes rest,
                    ClientUser& user, uint64_t number, engine::Turn& turn) {
  const uint64_t mine = ticket(user, number);
  const Options& options = service_.options();
  const auto at = static_cast<size_t>(&peer - options.peers.data());
  CHECK(at < trunks_.size());
  if (peer.datagrams) {
    Flow flow;
    flow.remote = peer.address;
    if (!options.find_listener(ListenerKind::udp, flow.listener)) return false;
    return send_by(flow, method, how, rest, mine, turn);
  }
  Trunk& trunk = trunks_[at];
  if (trunk.connection != nullptr) return send_by(trunk.flow, method, how, rest, mine, turn);
  if (!wait(trunk, method, how, rest, mine)) return false;
  if (std::exchange(trunk.connecting, true)) return true;
  turn.out.connect(at, {.remote = peer.address, .server_name = {}});
  return true;
}

bool Outgoing::send_by(const Flow& flow, Method method, const Request& how, base::Bytes rest,
                       uint64_t ticket, engine::Turn& turn) {
  branch_.clear();
  Place place;
  if (!client_.reserve(turn, place, branch_)) return false;
  Request whole = how;
  whole.transport = flow.reliable() ? "TCP" : "UDP";
  whole.sent_by = service_.options().sent_by;
  whole.branch = branch_;
  text_.clear();
  Writer(text_).begin_request(whole);
  text_.append(rest);
  client_.send(place, method, flow, text_, ticket, turn);
  return true;
}

bool Outgoing::wait(Trunk& trunk, Method method, const Request& how, base::Bytes rest,
                    uint64_t ticket) {
  auto one = std::make_unique<Waiting>();
  one->method = method;
  one->how = how;
  one->ticket = ticket;
  base::Bytes* const views[] = {&one->how.method, &one->how.uri, &one->how.route,
                                &one->how.from,   &one->how.to,  &one->how.call_id};
  for (const base::Bytes* view : views) one->text.append(*view);
  one->text.append(rest);
  if (trunk.waiting_bytes + one->text.size() > kWaitingBytesMax) {
    trace::count(Counter::sip_peer_queue_full);
    return false;
  }
  base::Bytes left = one->text;
  for (base::Bytes* view : views) {
    *view = left.substr(0, view->size());
    left.remove_prefix(view->size());
  }
  one->rest = left;
  trunk.waiting_bytes += one->text.size();
  trunk.waiting.push_back(std::move(one));
  return true;
}

std::unique_ptr<engine::Peer> Outgoing::on_connected(uint64_t token, const engine::Accepted& how,
                                                     engine::Turn& turn) {
  CHECK(token < trunks_.size());
  Trunk& trunk = trunks_[token];
  CHECK(std::exchange(trunk.connecting, false) && trunk.connection == nullptr);
  if (std::exchange(trunk.unreachable, false)) {
    TRACE(sip, info, "peer_reachable", {"peer", token});
  }
  trunk.flow = {};
  trunk.flow.connection = how.connection;
  trunk.flow.remote = service_.options().peers[token].address;
  auto made = service_.make_connection(trunk.flow, turn);
  trunk.connection = made.get();
  const auto waiting = std::exchange(trunk.waiting, {});
  trunk.waiting_bytes = 0;
  for (const auto& one : waiting) {
    if (send_by(trunk.flow, one->method, one->how, one->rest, one->ticket, turn)) continue;
    on_no_response(one->ticket, turn);
  }
  return made;
}

void Outgoing::on_connect_failed(uint64_t token, engine::Turn& turn) {
  CHECK(token < trunks_.size());
  Trunk& trunk = trunks_[token];
  CHECK(std::exchange(trunk.connecting, false));
  trace::count(Counter::sip_connects_failed);
  if (!std::exchange(trunk.unreachable, true)) {
    TRACE(sip, warn, "peer_unreachable", {"peer", token}, {"waiting", trunk.waiting.size()});
  }
  const auto waiting = std::exchange(trunk.waiting, {});
  trunk.waiting_bytes = 0;
  for (const auto& one : waiting) on_no_response(one->ticket, turn);
}

void Outgoing::on_closed(const Connection& connection) {
  for (Trunk& trunk : trunks_) {
    if (trunk.connection == &connection) trunk.connection = nullptr;
  }
}

void Outgoing::receive(const Message& response, const Essentials& essentials, engine::Turn& turn) {
  // What is for none that waits has been counted.
  static_cast<void>(client_.receive(response, essentials, turn));
}

void Outgoing::on_response(uint64_t ticket, const Message& response, const Essentials& essentials,
                           engine::Turn& turn) {
  users_[ticket / kNumbers]->on_response(ticket % kNumbers, response, essentials, turn);
}

void Outgoing::on_no_response(uint64_t ticket, engine::Turn& turn) {
  users_[ticket / kNumbers]->on_no_response(ticket % kNumbers, turn);
}

}  // namespace sip
