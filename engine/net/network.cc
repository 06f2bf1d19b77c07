#include "engine/net/network.h"

#include <string>
#include <utility>

#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "engine/trace/trace.h"

namespace engine {

namespace {

// A slot must fit in the 28 bits that a reactor leaves above the generation.
constexpr uint32_t kSlotsMax = 1u << 28;

}  // namespace

Network::Network(Shard& shard, const NetOptions& options, NetShared& shared, TlsContexts tls)
    : shard_(shard),
      reactor_(shard.reactor()),
      options_(options),
      shared_(shared),
      tls_(std::move(tls)) {
  CHECK(options_.connections_per_shard < kSlotsMax && options_.handshakes_per_shard > 0);
  CHECK(options_.send_soft_bytes < options_.send_hard_bytes);
}

Network::~Network() = default;

base::Status Network::listen(std::vector<uint16_t>& ports) {
  CHECK(!accepting_ && listeners_.empty());
  ports.resize(options_.listeners.size(), 0);
  for (size_t i = 0; i < options_.listeners.size(); ++i) {
    const ListenerOptions& wanted = options_.listeners[i];
    if (wanted.direct_tls && wanted.tls_context >= tls_.servers.size()) {
      return base::Error{"a listener with TLS needs a certificate"};
    }
    const bool datagrams = wanted.transport == ListenerTransport::datagram;
    CHECK(!datagrams || !wanted.direct_tls);  // DTLS is none of ours
    const ListenAddress address{wanted.address, wanted.port != 0 ? wanted.port : ports[i]};
    const base::Result<int> socket =
        datagrams ? reactor_.bind_datagrams(address, options_.datagram_socket_bytes)
                  : reactor_.listen(address);
    if (!socket) return socket.error();
    ports[i] = reactor_.local_port(*socket);
    Listener listener{.socket = *socket};
    if (datagrams) listener.datagrams = std::make_unique<DatagramSocket>();
    listeners_.push_back(std::move(listener));
  }
  CHECK(listeners_.size() == ports.size());
  accepting_ = true;
  for (uint16_t i = 0; i < listeners_.size(); ++i) tend(i);
  return base::Status::ok();
}

void Network::replace_tls(TlsContexts tls) {
  CHECK(tls.servers.size() >= tls_.servers.size() && tls.clients.size() >= tls_.clients.size());
  tls_ = std::move(tls);
}

uint64_t Network::user_data(ConnectionId id) {
  CHECK(id.slot < kSlotsMax);
  return uint64_t{id.slot} << 32 | id.generation;
}

Connection* Network::find(ConnectionId id) {
  if (id.slot >= slots_.size()) return nullptr;
  const Slot& slot = slots_[id.slot];
  if (slot.generation != id.generation || slot.connection == nullptr) return nullptr;
  CHECK(slot.connection->id == id && slot.connection->network == this);
  return slot.connection.get();
}

Connection& Network::insert(std::unique_ptr<Connection> connection) {
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const uint32_t index = free_slots_.back();
  free_slots_.pop_back();
  Slot& slot = slots_[index];
  CHECK(slot.connection == nullptr && connection->network == nullptr && !connection->armed());
  connection->id = {index, ++slot.generation};
  connection->network = this;
  slot.connection = std::move(connection);
  ++live_;
  CHECK(live_ + free_slots_.size() == slots_.size() && slots_.size() <= kSlotsMax);
  return *slot.connection;
}

std::unique_ptr<Connection> Network::remove(Connection& connection) {
  CHECK(find(connection.id) == &connection);
  CHECK(!connection.receive_armed && !connection.send_in_flight && !connection.passing);
  connection.disarm();
  free_slots_.push_back(connection.id.slot);
  CHECK(live_ > 0);
  --live_;
  CHECK(live_ + free_slots_.size() == slots_.size());
  return std::move(slots_[connection.id.slot].connection);
}

void Network::begin_turn() {
  CHECK(!shard_.settling());
  gone_.clear();
  ++turn_;
  take_up_deferred();
}

void Network::on_completion(const Completion& completion) {
  switch (completion.operation) {
    case Operation::accept:
      on_accept(completion);
      return;
    case Operation::connect:
      on_connect(completion);
      return;
    case Operation::receive_datagrams:
      on_datagram(completion);
      return;
    case Operation::send_datagrams:
      on_datagrams_sent(completion);
      return;
    default:
      break;
  }
  const ConnectionId id{static_cast<uint32_t>(completion.user_data >> 32),
                        static_cast<uint32_t>(completion.user_data)};
  Connection* connection = find(id);
  CHECK(!shard_.settling());
  CHECK(connection != nullptr);  // it stays until the last of its operations has ended
  if (completion.operation == Operation::receive) {
    on_receive(*connection, completion);
  } else if (completion.operation == Operation::pass) {
    on_pass(*connection, completion.result);
  } else {
    CHECK(completion.operation == Operation::send);
    on_send(*connection, completion.result);
  }
}

// What was waiting for the connection's operations may go on.
void Network::operation_ended(Connection& connection) {
  switch (connection.phase) {
    case Phase::ending:
      finish(connection);
      return;
    case Phase::moving:
      leaving_.push_back(connection.id);
      return;
    default:
      update_receive(connection);
      return;
  }
}

void Network::execute(const Effect& effect, base::Bytes bytes) {
  Connection* found = find(effect.connection);
  // Gone in the meantime, or closing: its protocol learns that from on_closed.
  if (found == nullptr || !found->has_peer()) return;
  Connection& connection = *found;
  CHECK(connection.peer != nullptr);
  switch (effect.kind) {
    case EffectKind::send:
      queue(connection, connection.encrypting() ? connection.plain : connection.wire, bytes);
      check_limits(connection);
      return;
    case EffectKind::start_tls:
      start_tls(connection);
      return;
    case EffectKind::close:
      close_orderly(connection, CloseReason::by_us);
      return;
    case EffectKind::abort:
      close_now(connection, CloseReason::by_us);
      return;
    case EffectKind::move:
      begin_move(connection, effect.shard);
      return;
    case EffectKind::pause:
      connection.blocks |= Connection::kPaused;
      update_receive(connection);
      return;
    case EffectKind::resume:
      connection.blocks &= static_cast<uint8_t>(~Connection::kPaused);
      // Not here: effects of earlier callbacks may still be waiting to be carried out.
      if (connection.carry != nullptr || connection.read_ended) defer(connection);
      update_receive(connection);
      return;
    case EffectKind::notify_sent:
      CHECK(!connection.notify_asked && connection.notify_left == 0);
      connection.notify_asked = true;
      mark_dirty(connection);
      return;
    case EffectKind::mail:
    case EffectKind::ask:
    case EffectKind::datagram:
    case EffectKind::connect:
      break;
  }
  CHECK(false);  // the shard's own, or functions of their own
}

void Network::flush() {
  CHECK(!shard_.settling());
  // Closing one connection may make others send: the list grows while it is walked.
  for (size_t i = 0; i < dirty_.size(); ++i) {
    Connection* connection = find(dirty_[i]);
    if (connection == nullptr || !connection->dirty) continue;
    connection->dirty = false;
    flush_one(*connection);
    shard_.settle();
  }
  dirty_.clear();
  flush_datagrams();
  feed_the_hungry();
  let_movers_leave();
}

void Network::hold_reading(bool hold) { held_ = hold; }

bool Network::busy() const {
  const bool deferred =
      !held_ && (!deferred_.empty() || deferred_taken_ < deferred_now_.size());
  return deferred || !dirty_.empty() || !hungry_.empty() || !leaving_.empty();
}

void Network::close_all() {
  CHECK(!accepting_);
  for (const Slot& slot : slots_) {
    if (slot.connection == nullptr) continue;
    if (slot.connection->has_peer()) {
      close_now(*slot.connection, CloseReason::shutdown);
    } else if (slot.connection->phase != Phase::ending) {
      end(*slot.connection);
    }
  }
}

}  // namespace engine
