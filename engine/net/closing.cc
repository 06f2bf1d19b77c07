// Network: the ways a connection ends. Its Peer goes first, what is queued may still leave, then
// FIN, and the socket is closed only when the last operation on it has ended.
#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/net/network.h"
#include "engine/trace/counters.h"

namespace engine {

void Connection::fire(Turn&) {
  CHECK(network != nullptr);
  network->on_deadline(*this);
}

// The phase changes first, so that effects of on_closed aimed at this connection are dropped.
void Network::retire(Connection& connection, CloseReason reason) {
  CHECK(connection.has_peer() && connection.peer != nullptr);
  connection.phase = Phase::flushing;
  connection.blocks = 0;
  connection.carry.reset();
  handshake_over(connection);
  const std::unique_ptr<Peer> peer = std::move(connection.peer);
  peer->on_closed(reason, shard_.current());
  shard_.settle();
}

void Network::close_orderly(Connection& connection, CloseReason reason) {
  retire(connection, reason);
  CHECK(connection.phase == Phase::flushing && connection.socket >= 0);
  connection.deadline = shard_.current().now + options_.close_flush;
  if ((!connection.secured || connection.tls_ended) && !connection.plain.empty()) {
    // Meant to be encrypted, and never will be.
    account(-int64_t{connection.plain.size()});
    connection.plain.clear(pool_);
  }
  arm_timer(connection);
  mark_dirty(connection);
  update_receive(connection);
}

void Network::close_now(Connection& connection, CloseReason reason) {
  retire(connection, reason);
  if (connection.phase != Phase::ending) end(connection);
}

// Everything queued has been sealed; adds close_notify, and when all has left, FIN.
void Network::say_goodbye(Connection& connection) {
  CHECK(connection.phase == Phase::flushing && !connection.send_in_flight);
  CHECK(connection.plain.empty() && connection.peer == nullptr);
  if (connection.secured && !connection.tls_ended) {
    connection.tls_ended = true;
    records_scratch_.clear();
    connection.tls->close(records_scratch_);
    queue(connection, connection.wire, records_scratch_);
  }
  if (!connection.wire.empty()) return;
  if (connection.read_ended) {
    end(connection);
    return;
  }
  // Closing now would answer bytes still on their way with a reset, which may overtake what we
  // sent last. So: FIN, and read to nowhere until the other side's.
  reactor_.shut_down_writes(connection.socket);
  connection.phase = Phase::lingering;
  connection.deadline = shard_.current().now + options_.close_linger;
  arm_timer(connection);
}

void Network::end(Connection& connection) {
  CHECK(connection.phase != Phase::ending);
  CHECK(connection.peer == nullptr && !connection.handshake_counted);
  connection.phase = Phase::ending;
  connection.disarm();  // no deadline any more: only completions are waited for
  account(-int64_t{connection.queued()});
  update_receive(connection);
  if (connection.send_in_flight) reactor_.cancel(Operation::send, user_data(connection.id));
  finish(connection);
}

void Network::finish(Connection& connection) {
  CHECK(connection.phase == Phase::ending);
  if (connection.receive_armed || connection.send_in_flight || connection.passing) return;
  if (connection.socket < 0) return;  // done already, and freed when this turn is over
  reactor_.close(connection.socket);
  connection.socket = -1;
  connection.plain.clear(pool_);
  connection.wire.clear(pool_);
  shared_.sources.remove(connection.source);
  connection_over();
  trace::count(trace::Counter::connections_ended);
  trace::gauge_add(trace::Gauge::connections, -1);
  gone_.push_back(remove(connection));
}

void Network::arm_timer(Connection& connection) {
  CHECK(connection.network == this && connection.phase != Phase::ending);
  base::Instant when = connection.deadline;
  if (connection.send_in_flight) when = std::min(when, connection.progress + options_.send_stall);
  shard_.wheel().arm(connection, when);
}

void Network::on_deadline(Connection& connection) {
  CHECK(connection.network == this && connection.phase != Phase::ending);
  const base::Instant now = shard_.current().now;
  if (now >= connection.deadline) {
    connection.deadline = base::Instant::never();
    if (!connection.has_peer()) {
      end(connection);
      return;
    }
    CHECK(connection.handshake_counted);
    trace::count(trace::Counter::handshake_timeouts);
    close_now(connection, CloseReason::tls_handshake);
    return;
  }
  if (connection.send_in_flight && now >= connection.progress + options_.send_stall) {
    trace::count(trace::Counter::send_stall_closes);
    if (connection.has_peer()) {
      close_now(connection, CloseReason::send_limit);
    } else {
      end(connection);
    }
    return;
  }
  arm_timer(connection);
}

}  // namespace engine
