// Network: a connection moves to the shard that owns its user (ENGINE §2). Reading stops, the send
// in flight ends, then everything (socket, Peer, TLS, carry-over, unsent bytes) goes as one object.
// A socket that only our reactor knows is passed to the other one first; should the connection end
// meanwhile, the other side closes what it was passed.
// Between leave() and adopt() it belongs to the task that carries it; nobody else may touch it.
#include <utility>

#include "engine/base/check.h"
#include "engine/base/plant.h"
#include "engine/net/network.h"
#include "engine/trace/counters.h"

namespace engine {

namespace {

struct Handover final : Task {
  explicit Handover(std::unique_ptr<Connection> what) : connection(std::move(what)) {}
  void run(Shard& shard) override {
    CHECK(connection != nullptr);  // run once
    // Shards of one node all have the same kind of transport.
    static_cast<Network&>(shard.transport()).adopt(std::move(connection));
  }
  std::unique_ptr<Connection> connection;
};

struct Stray final : Task {
  explicit Stray(int what) : socket(what) {}
  void run(Shard& shard) override { shard.reactor().close(socket); }
  const int socket;
};

}  // namespace

void Network::begin_move(Connection& connection, ShardId to) {
  CHECK(to < shard_.mesh().shards());
  CHECK(!connection.starting_tls && !connection.handshake_counted);
  if (connection.phase == Phase::moving) return;
  if (to == shard_.id()) {
    connection.peer->on_moved(connection.id, shard_.current());
    return;
  }
  connection.phase = Phase::moving;
  connection.move_to = to;
  connection.blocks |= Connection::kMoving;
  update_receive(connection);
  if (!connection.receive_armed && !connection.send_in_flight) leaving_.push_back(connection.id);
}

// At the end of a turn, when no frame above us still holds the connection.
void Network::let_movers_leave() {
  CHECK(!shard_.settling());
  for (const ConnectionId id : leaving_) {
    Connection* connection = find(id);
    if (connection == nullptr || connection->phase != Phase::moving) continue;
    if (connection->receive_armed || connection->send_in_flight || connection->passing) continue;
    if (!reactor_.owns_sockets()) {
      leave(*connection);
      continue;
    }
    connection->passing = true;
    reactor_.pass(connection->socket, shard_.mesh().reactor(connection->move_to),
                  user_data(connection->id));
  }
  leaving_.clear();
}

void Network::on_pass(Connection& connection, int32_t result) {
  CHECK(connection.passing && reactor_.owns_sockets());
  connection.passing = false;
  if (connection.phase == Phase::moving && result >= 0) {
    reactor_.close(connection.socket);
    connection.socket = result;
    leave(connection);
    return;
  }
  if (result >= 0) {
    shard_.mesh().hand_over(connection.move_to, std::make_unique<Stray>(result));
  } else if (connection.phase == Phase::moving) {
    // No room in the other's table: refused as by a full shard.
    trace::count(trace::Counter::handovers_refused);
    close_orderly(connection, CloseReason::by_us);
  }
  operation_ended(connection);
}

void Network::leave(Connection& connection) {
  CHECK(connection.phase == Phase::moving && connection.peer != nullptr);
  CHECK(!connection.handshake_counted && connection.move_to != shard_.id());
  trace::count(trace::Counter::handovers_out);
  account(-int64_t{connection.queued()});
  const ShardId to = connection.move_to;
  std::unique_ptr<Connection> leaves = remove(connection);
  leaves->network = nullptr;
  leaves->dirty = leaves->deferred = false;
  leaves->blocks &= Connection::kPaused;
  if (base::plant == base::Plant::handover_bytes_dropped) leaves->carry.reset();
  shard_.mesh().hand_over(to, std::make_unique<Handover>(std::move(leaves)));
}

void Network::adopt(std::unique_ptr<Connection> arrived) {
  CHECK(arrived != nullptr && arrived->phase == Phase::moving && !shard_.settling());
  CHECK(arrived->peer != nullptr && arrived->socket >= 0 && !arrived->receive_armed);
  CHECK(arrived->move_to == shard_.id());
  CHECK(!arrived->send_in_flight && !arrived->passing && !arrived->dirty);
  const bool room = live_ < options_.connections_per_shard;
  Connection& connection = insert(std::move(arrived));
  connection.phase = Phase::open;
  account(int64_t{connection.queued()});
  if (!room) {
    trace::count(trace::Counter::handovers_refused);
    close_orderly(connection, CloseReason::by_us);
    return;
  }
  if (shard_.draining()) {
    // The protocol has said its goodbyes here already.
    close_orderly(connection, CloseReason::shutdown);
    return;
  }
  trace::count(trace::Counter::handovers_in);
  connection.peer->on_moved(connection.id, shard_.current());
  shard_.settle();
  if (connection.phase != Phase::open) return;
  feed_carry(connection);
  const bool fed = connection.carry == nullptr && connection.blocks == 0;
  if (connection.phase == Phase::open && fed && connection.read_ended) {
    close_orderly(connection, CloseReason::by_peer);
  }
  if (connection.phase != Phase::open) return;
  if (connection.queued() > 0) mark_dirty(connection);
  update_receive(connection);
}

}  // namespace engine
