#include "protocols/sip/outgoing.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "engine/trace/trace.h"
#include "protocols/sip/connection.h"
#include "protocols/sip/identity.h"
#include "protocols/sip/service.h"

namespace sip {

using trace::Counter;

Outgoing::Outgoing(Service& service, const ClientTransactions::Limits& limits)
    : service_(service), client_(*this, limits, service.key()) {
  for (const TrunkPeer& peer : service.options().peers) {
    trunks_.push_back(std::make_unique<Trunk>(peer));
  }
}

Outgoing::~Outgoing() = default;

Trunk* Outgoing::find(uint64_t peer) {
  const auto found = std::find_if(trunks_.begin(), trunks_.end(),
                                  [&](const auto& trunk) { return trunk->peer.id == peer; });
  return found == trunks_.end() ? nullptr : found->get();
}

Trunk* Outgoing::find(const Connection& connection) {
  const auto found = std::find_if(trunks_.begin(), trunks_.end(), [&](const auto& trunk) {
    return trunk->connection == &connection;
  });
  return found == trunks_.end() ? nullptr : found->get();
}

Trunk* Outgoing::find_token(uint64_t token) {
  const auto found = std::find_if(trunks_.begin(), trunks_.end(), [&](const auto& trunk) {
    return trunk->state == Trunk::State::connecting && trunk->token == token;
  });
  return found == trunks_.end() ? nullptr : found->get();
}

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
  if (peer.datagrams) {
    Flow flow;
    flow.remote = peer.address;
    if (!service_.options().find_listener(ListenerKind::udp, flow.listener)) return false;
    return send_by(flow, false, method, how, rest, mine, turn);
  }
  Trunk* const trunk = find(peer.id);
  CHECK(trunk != nullptr);
  if (trunk->state == Trunk::State::ready) {
    return send_by(trunk->flow, peer.tls, method, how, rest, mine, turn);
  }
  if (!trunk->wait(method, how, rest, mine)) return false;
  if (trunk->state == Trunk::State::idle) connect(*trunk, turn);
  return true;
}

bool Outgoing::send_by(const Flow& flow, bool tls, Method method, const Request& how,
                       base::Bytes rest, uint64_t ticket, engine::Turn& turn) {
  branch_.clear();
  Place place;
  if (!client_.reserve(turn, place, branch_)) return false;
  const Options& options = service_.options();
  Request whole = how;
  whole.transport = tls ? "TLS" : flow.reliable() ? "TCP" : "UDP";
  whole.sent_by = tls ? options.sent_by_tls : options.sent_by;
  whole.branch = branch_;
  text_.clear();
  Writer(text_).begin_request(whole);
  text_.append(rest);
  client_.send(place, method, flow, text_, ticket, turn);
  return true;
}

void Outgoing::connect(Trunk& trunk, engine::Turn& turn) {
  CHECK(trunk.state == Trunk::State::idle && trunk.connection == nullptr);
  trunk.state = Trunk::State::connecting;
  trunk.token = ++last_token_;
  const TrunkPeer& peer = trunk.peer;
  turn.out.connect(trunk.token, {.remote = peer.address,
                                 .tls = peer.tls,
                                 .tls_context = service_.options().tls_context,
                                 .server_name = peer.tls ? peer.subjects.front() : ""});
}

std::unique_ptr<engine::Peer> Outgoing::on_connected(uint64_t token, const engine::Accepted& how,
                                                     engine::Turn& turn) {
  Trunk* const trunk = find_token(token);
  if (trunk == nullptr) return nullptr;
  CHECK(trunk->connection == nullptr);
  trunk->flow = {};
  trunk->flow.connection = how.connection;
  trunk->flow.remote = trunk->peer.address;
  trunk->flow.listener = engine::kNoListener;
  if (!trunk->peer.tls) trunk->flow.peer = trunk->peer.id;
  auto made = service_.make_connection(trunk->flow, turn);
  trunk->connection = made.get();
  trunk->state = Trunk::State::securing;
  if (!trunk->peer.tls) on_ready(*trunk, turn);
  return made;
}

const TrunkPeer* Outgoing::on_secured(const Connection& connection, const engine::TlsFacts& facts,
                                      engine::Turn& turn) {
  Trunk* const trunk = find(connection);
  if (trunk == nullptr || !identifies(facts.peer_names, trunk->peer.subjects)) return nullptr;
  trunk->flow.peer = trunk->peer.id;
  on_ready(*trunk, turn);
  return &trunk->peer;
}

void Outgoing::on_ready(Trunk& trunk, engine::Turn& turn) {
  CHECK(trunk.state == Trunk::State::securing);
  trunk.state = Trunk::State::ready;
  if (std::exchange(trunk.unreachable, false)) {
    TRACE(sip, info, "peer_reachable", {"peer", trunk.peer.name()});
  }
  const engine::ConnectionId lost = std::exchange(trunk.lost, {});
  if (lost) client_.move(lost, trunk.flow, turn);
  for (const auto& one : trunk.take_waiting()) {
    if (send_by(trunk.flow, trunk.peer.tls, one->method, one->how, one->rest, one->ticket, turn)) {
      continue;
    }
    on_no_response(one->ticket, turn);
  }
}

void Outgoing::on_connect_failed(uint64_t token, engine::Turn& turn) {
  if (Trunk* const trunk = find_token(token)) fail(*trunk, turn);
}

void Outgoing::fail(Trunk& trunk, engine::Turn& turn) {
  trunk.state = Trunk::State::idle;
  trace::count(Counter::sip_connects_failed);
  const auto waiting = trunk.take_waiting();
  if (!std::exchange(trunk.unreachable, true)) {
    TRACE(sip, warn, "peer_unreachable", {"peer", trunk.peer.name()}, {"waiting", waiting.size()});
  }
  const engine::ConnectionId lost = std::exchange(trunk.lost, {});
  if (lost) client_.give_up(lost, turn);
  for (const auto& one : waiting) on_no_response(one->ticket, turn);
}

void Outgoing::on_closed(const Connection& connection, engine::Turn& turn) {
  Trunk* const trunk = find(connection);
  if (trunk == nullptr) return;
  trunk->connection = nullptr;
  const bool was_ready = trunk->state == Trunk::State::ready;
  trunk->state = Trunk::State::idle;
  if (service_.shutting_down()) return;
  if (!was_ready) return fail(*trunk, turn);
  if (!client_.lose(trunk->flow.connection, turn)) return;
  trunk->lost = trunk->flow.connection;
  // Somebody who has just heard of a failure may have asked for it already.
  if (trunk->state == Trunk::State::idle) connect(*trunk, turn);
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
