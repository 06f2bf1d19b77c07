#include "protocols/sip/outgoing.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "engine/trace/trace.h"
#include "protocols/sip/connection.h"
#include "protocols/sip/identity.h"
#include "protocols/sip/service.h"
#include "protocols/sip/transport/locate.h"

namespace sip {

using trace::Counter;

Outgoing::Outgoing(Service& service, const ClientTransactions::Limits& limits)
    : service_(service), client_(*this, limits, service.key()) {
  for (const TrunkPeer& peer : service.options().peers) {
    trunks_.push_back(std::make_unique<Trunk>(peer));
  }
}

Outgoing::~Outgoing() = default;

Trunk* Outgoing::find_peer(uint64_t peer) {
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

Trunk* Outgoing::find(uint64_t token, Trunk::State state) {
  const auto found = std::find_if(trunks_.begin(), trunks_.end(), [&](const auto& trunk) {
    return trunk->state == state && trunk->token == token;
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
  Trunk* const trunk = find_peer(peer.id);
  CHECK(trunk != nullptr);
  Flow flow = trunk->flow;
  const bool located = trunk->state == Trunk::State::idle && trunk->located(turn.now);
  if (located && trunk->targets().empty()) return false;
  const bool by_datagram = peer.datagrams && located;
  if (by_datagram && !datagram_flow(*trunk, flow)) return false;
  if (by_datagram) return send_by(flow, false, method, how, rest, mine, turn);
  if (trunk->state == Trunk::State::ready && !trunk->behind()) {
    if (!send_by(flow, peer.tls, method, how, rest, mine, turn)) return false;
    count_sent(*trunk, turn);
    return true;
  }
  if (!trunk->wait(method, how, rest, mine)) return false;
  if (trunk->state == Trunk::State::idle) start(*trunk, turn);
  return true;
}

bool Outgoing::has_room(const TrunkPeer& peer) {
  const Trunk* const trunk = find_peer(peer.id);
  CHECK(trunk != nullptr);
  return trunk->has_room();
}

bool Outgoing::reaches(uint64_t peer) {
  const Trunk* const trunk = find_peer(peer);
  return trunk != nullptr && !trunk->unreachable;
}

// What has just been sent, by the connection.
void Outgoing::count_sent(Trunk& trunk, engine::Turn& turn) {
  trunk.unsent += text_.size();
  if (trunk.asked || trunk.unsent < Trunk::kUnsentBytesMax / 4) return;
  trunk.asked = true;
  turn.out.notify_sent(trunk.flow.connection);
}

void Outgoing::on_sent(const Connection& connection, engine::Turn& turn) {
  Trunk* const trunk = find(connection);
  if (trunk == nullptr) return;
  trunk->unsent = 0;
  trunk->asked = false;
  if (trunk->state == Trunk::State::ready) send_waiting(*trunk, turn);
}

bool Outgoing::datagram_flow(const Trunk& trunk, Flow& out) const {
  out = {};
  out.remote = trunk.targets().front();
  return service_.options().find_listener(ListenerKind::udp, out.listener);
}

bool Outgoing::send(const Flow& flow, engine::ShardId shard, Method method, const Request& how,
                    base::Bytes rest, ClientUser& user, uint64_t number, engine::Turn& turn) {
  const uint64_t mine = ticket(user, number);
  const bool tls = flow.reliable() && service_.options().is_tls(flow.listener);
  if (!flow.reliable() || shard == turn.shard) {
    return send_by(flow, tls, method, how, rest, mine, turn);
  }
  Place place;
  branch_.clear();
  if (!client_.reserve(turn, place, branch_)) return false;
  write(tls ? "TLS" : "TCP", tls, how, rest);
  client_.expect(place, method, text_, mine, turn);
  service_.send_elsewhere(flow, shard, text_, turn);
  return true;
}

void Outgoing::acknowledge(const TrunkPeer& peer, const Request& how, engine::Turn& turn) {
  Trunk* const trunk = find_peer(peer.id);
  CHECK(trunk != nullptr);
  Flow flow = trunk->flow;
  const bool known = peer.datagrams ? !trunk->targets().empty() && datagram_flow(*trunk, flow)
                                    : trunk->state == Trunk::State::ready;
  if (!known) return;
  branch_ = kBranchCookie;
  turn.random.token(16, branch_);
  std::string rest;
  Writer(rest).end();
  write(peer.tls ? "TLS" : flow.reliable() ? "TCP" : "UDP", peer.tls, how, rest);
  sip::send(flow, text_, turn.out);
}

bool Outgoing::cancel(ClientUser& user, uint64_t number, engine::Turn& turn) {
  return client_.cancel(ticket(user, number), turn);
}

void Outgoing::write(base::Bytes transport, bool tls, const Request& how, base::Bytes rest) {
  const Options& options = service_.options();
  Request whole = how;
  whole.transport = transport;
  whole.sent_by = tls ? options.sent_by_tls : options.sent_by;
  whole.branch = branch_;
  text_.clear();
  Writer(text_).begin_request(whole);
  text_.append(rest);
}

bool Outgoing::send_by(const Flow& flow, bool tls, Method method, const Request& how,
                       base::Bytes rest, uint64_t ticket, engine::Turn& turn) {
  branch_.clear();
  Place place;
  if (!client_.reserve(turn, place, branch_)) return false;
  write(tls ? "TLS" : flow.reliable() ? "TCP" : "UDP", tls, how, rest);
  client_.send(place, method, flow, text_, ticket, turn);
  return true;
}

// There is something to send, and no way yet.
void Outgoing::start(Trunk& trunk, engine::Turn& turn) {
  CHECK(trunk.state == Trunk::State::idle && trunk.connection == nullptr);
  trunk.tried = 0;
  if (trunk.located(turn.now)) return go_on(trunk, turn);
  const TrunkPeer& peer = trunk.peer;
  auto question = where_is(peer.host, peer.port,
                           peer.tls         ? Via::Transport::tls
                           : peer.datagrams ? Via::Transport::udp
                                            : Via::Transport::tcp);
  trunk.state = Trunk::State::locating;
  trunk.token = question->number = ++last_token_;
  turn.out.ask(std::move(question));
}

void Outgoing::on_located(const engine::NameQuestion& answer, engine::Turn& turn) {
  Trunk* const trunk = find(answer.number, Trunk::State::locating);
  if (trunk == nullptr) return;
  trunk->state = Trunk::State::idle;
  trunk->locate(answer, turn.random, turn.now);
  go_on(*trunk, turn);
}

void Outgoing::go_on(Trunk& trunk, engine::Turn& turn) {
  if (trunk.targets().empty()) return fail(trunk, turn);
  if (!trunk.peer.datagrams) return connect(trunk, turn);
  Flow flow;
  if (!datagram_flow(trunk, flow)) return fail(trunk, turn);
  send_datagrams(trunk, flow, turn);
}

void Outgoing::connect(Trunk& trunk, engine::Turn& turn) {
  CHECK(trunk.state == Trunk::State::idle && trunk.connection == nullptr);
  trunk.state = Trunk::State::connecting;
  trunk.token = ++last_token_;
  const TrunkPeer& peer = trunk.peer;
  turn.out.connect(trunk.token, {.remote = trunk.targets().front(),
                                 .tls = peer.tls,
                                 .tls_context = service_.options().tls_context,
                                 .server_name = peer.tls ? peer.subjects.front() : ""});
}

std::unique_ptr<engine::Peer> Outgoing::on_connected(uint64_t token, const engine::Accepted& how,
                                                     engine::Turn& turn) {
  Trunk* const trunk = find(token, Trunk::State::connecting);
  if (trunk == nullptr) return nullptr;
  CHECK(trunk->connection == nullptr);
  trunk->flow = {};
  trunk->flow.connection = how.connection;
  trunk->flow.remote = trunk->targets().front();
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
  trunk.tried = 0;
  if (std::exchange(trunk.unreachable, false)) {
    TRACE(sip, info, "peer_reachable", {"peer", trunk.peer.name()});
  }
  const engine::ConnectionId lost = std::exchange(trunk.lost, {});
  if (lost) client_.move(lost, trunk.flow, turn);
  trunk.unsent = 0;
  trunk.asked = false;
  send_waiting(trunk, turn);
}

// By the connection, as much as it takes.
void Outgoing::send_waiting(Trunk& trunk, engine::Turn& turn) {
  while (!trunk.behind()) {
    const auto one = trunk.take_one();
    if (one == nullptr) return;
    if (send_by(trunk.flow, trunk.peer.tls, one->method, one->how, one->rest, one->ticket, turn)) {
      count_sent(trunk, turn);
    } else {
      on_no_response(one->ticket, turn);
    }
  }
}

void Outgoing::send_datagrams(Trunk& trunk, const Flow& flow, engine::Turn& turn) {
  for (const auto& one : trunk.take_waiting()) {
    if (send_by(flow, false, one->method, one->how, one->rest, one->ticket, turn)) continue;
    on_no_response(one->ticket, turn);
  }
}

void Outgoing::on_connect_failed(uint64_t token, engine::Turn& turn) {
  Trunk* const trunk = find(token, Trunk::State::connecting);
  if (trunk == nullptr) return;
  trunk->state = Trunk::State::idle;
  on_target_failed(*trunk, turn);
}

// RFC 3263 §4.3: the next one, until all have been tried.
void Outgoing::on_target_failed(Trunk& trunk, engine::Turn& turn) {
  trace::count(Counter::sip_connects_failed);
  trunk.rotate();
  if (service_.shutting_down() || ++trunk.tried >= trunk.targets().size()) return fail(trunk, turn);
  trace::count(Counter::sip_peer_targets_skipped);
  connect(trunk, turn);
}

void Outgoing::fail(Trunk& trunk, engine::Turn& turn) {
  CHECK(trunk.state == Trunk::State::idle);
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
  if (!was_ready) return on_target_failed(*trunk, turn);
  if (!client_.lose(trunk->flow.connection, turn)) return;
  trunk->lost = trunk->flow.connection;
  // Somebody who has just heard of a failure may have asked for it already.
  if (trunk->state != Trunk::State::idle) return;
  trunk->rotate();
  start(*trunk, turn);
}

// §21.5.4: who says 503 is not to be asked anything for a while, and others may know more. By
// datagram that is for the requests that follow; by connection for all that it has not answered.
bool Outgoing::try_elsewhere(const Flow& flow, uint16_t status, engine::Turn& turn) {
  const auto found = std::find_if(trunks_.begin(), trunks_.end(), [&](const auto& trunk) {
    if (trunk->targets().size() < 2) return false;
    if (!flow.reliable()) return trunk->peer.datagrams && trunk->targets().front() == flow.remote;
    return trunk->connection != nullptr && trunk->flow.connection == flow.connection;
  });
  if (found == trunks_.end() || (flow.reliable() && status == 0)) return false;
  trace::count(Counter::sip_peer_targets_skipped);
  if (flow.reliable()) {
    (*found)->connection->close(turn);
  } else {
    (*found)->rotate();
  }
  return flow.reliable();
}

void Outgoing::on_peers_changed(engine::Turn& turn) {
  const std::vector<TrunkPeer>& peers = service_.options().peers;
  const auto gone = std::stable_partition(trunks_.begin(), trunks_.end(), [&](const auto& trunk) {
    return peer_of(peers, trunk->peer.id) != nullptr;
  });
  std::vector<std::unique_ptr<Trunk>> dropped(std::make_move_iterator(gone),
                                              std::make_move_iterator(trunks_.end()));
  trunks_.erase(gone, trunks_.end());
  for (const TrunkPeer& peer : peers) {
    if (find_peer(peer.id) == nullptr) trunks_.push_back(std::make_unique<Trunk>(peer));
  }
  for (auto& trunk : dropped) drop(std::move(trunk), turn);
}

void Outgoing::drop(std::unique_ptr<Trunk> trunk, engine::Turn& turn) {
  if (trunk->lost) client_.give_up(trunk->lost, turn);
  if (trunk->connection != nullptr) {
    const engine::ConnectionId connection = trunk->flow.connection;
    trunk->connection->close(turn);
    client_.give_up(connection, turn);
  }
  for (const auto& one : trunk->take_waiting()) on_no_response(one->ticket, turn);
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
