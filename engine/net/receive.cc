// Network: from received bytes to the peer. Bytes are fed only between callbacks, never while
// effects are carried out: an earlier effect (start_tls, move, pause) decides what becomes of them.
#include <errno.h>

#include <algorithm>
#include <string>
#include <utility>

#include "engine/base/check.h"
#include "engine/net/network.h"
#include "engine/trace/counters.h"

namespace engine {

void Network::on_receive(Connection& connection, const Completion& completion) {
  CHECK(connection.receive_armed);
  CHECK(completion.data.size() == static_cast<size_t>(std::max(completion.result, 0)));
  if (!completion.more) connection.receive_armed = connection.receive_cancelled = false;
  if (completion.result > 0) {
    take_bytes(connection, completion.data);
  } else if (!completion.more) {
    receive_ended(connection, completion.result);
  }
  if (connection.receive_armed) {
    update_receive(connection);
  } else {
    operation_ended(connection);
  }
}

void Network::receive_ended(Connection& connection, int32_t result) {
  CHECK(result <= 0 && !connection.receive_armed);
  if (result == -ECANCELED) return;
  if (result == -ENOBUFS) {
    trace::count(trace::Counter::receive_buffers_exhausted);
    connection.blocks |= Connection::kHungry;
    hungry_.push_back(connection.id);
    return;
  }
  if (result < 0) {
    if (connection.has_peer()) {
      close_now(connection, CloseReason::network);
    } else if (connection.phase != Phase::ending) {
      end(connection);
    }
    return;
  }
  connection.read_ended = true;
  if (connection.phase == Phase::lingering) {
    end(connection);
  } else if (connection.phase == Phase::open && connection.carry == nullptr &&
             (connection.blocks & Connection::kPaused) == 0) {
    close_orderly(connection, CloseReason::by_peer);
  }
}

void Network::take_bytes(Connection& connection, base::Bytes bytes) {
  trace::count(trace::Counter::bytes_received, bytes.size());
  if (!connection.has_peer()) return;
  if (connection.starting_tls) {
    // Clear text after STARTTLS was agreed on: somebody's injection (RFC 6120 §5.4.3.3).
    trace::count(trace::Counter::starttls_bytes_dropped, bytes.size());
    return;
  }
  if (connection.turn != turn_) {
    connection.turn = turn_;
    connection.turn_bytes = 0;
  }
  connection.turn_bytes += static_cast<uint32_t>(bytes.size());
  if (connection.blocks != 0 || connection.carry != nullptr) {
    if (connection.carry == nullptr) connection.carry = std::make_unique<std::string>();
    connection.carry->append(bytes);
  } else {
    feed(connection, bytes);
  }
  const bool enough = connection.turn_bytes >= options_.receive_bytes_per_turn;
  if (connection.phase == Phase::open && (enough || held_)) defer(connection);
}

void Network::feed(Connection& connection, base::Bytes bytes) {
  CHECK(!shard_.settling() && connection.peer != nullptr);
  if (connection.tls != nullptr) {
    open_records(connection, bytes);
    return;
  }
  connection.peer->on_bytes(bytes, shard_.current());
  shard_.settle();
}

// Feeds what was kept while reading was blocked: one turn's share, the rest in the next.
void Network::feed_carry(Connection& connection) {
  if (connection.carry == nullptr || connection.blocks != 0) return;
  CHECK(!connection.carry->empty());
  const size_t share = std::min<size_t>(connection.carry->size(), options_.receive_bytes_per_turn);
  const std::string piece = connection.carry->substr(0, share);
  connection.carry->erase(0, share);
  const bool last = connection.carry->empty();
  if (last) connection.carry.reset();
  feed(connection, piece);
  if (connection.phase == Phase::open && connection.carry != nullptr) defer(connection);
}

void Network::defer(Connection& connection) {
  CHECK(connection.has_peer());
  connection.blocks |= Connection::kDeferred;
  if (connection.deferred) return;
  trace::count(trace::Counter::receives_deferred);
  connection.deferred = true;
  deferred_.push_back(connection.id);
}

// A few in each turn: after everybody was held, all of them together would be one long turn, and
// what it journals would make them be held again.
void Network::take_up_deferred() {
  CHECK(!shard_.settling());
  if (held_) return;
  if (deferred_taken_ == deferred_now_.size()) {
    deferred_now_.clear();
    deferred_taken_ = 0;
    deferred_now_.swap(deferred_);
  }
  const size_t upto = std::min<size_t>(deferred_now_.size(),
                                       deferred_taken_ + options_.deferred_per_turn);
  while (deferred_taken_ < upto) {
    Connection* connection = find(deferred_now_[deferred_taken_++]);
    if (connection == nullptr) continue;
    CHECK(connection->deferred);
    connection->deferred = false;
    connection->blocks &= static_cast<uint8_t>(~Connection::kDeferred);
    if (connection->phase == Phase::open) feed_carry(*connection);
    const bool fed = connection->carry == nullptr && connection->blocks == 0;
    if (connection->phase == Phase::open && fed && connection->read_ended) {
      close_orderly(*connection, CloseReason::by_peer);
    }
    shard_.settle();
    update_receive(*connection);
  }
}

// Makes the receive agree with what the connection's state wants.
void Network::update_receive(Connection& connection) {
  const bool wanted = connection.blocks == 0 && !connection.read_ended &&
                      connection.phase != Phase::moving && connection.phase != Phase::ending;
  CHECK(!wanted || connection.socket >= 0);
  CHECK(connection.receive_armed || !connection.receive_cancelled);
  if (wanted && !connection.receive_armed) {
    reactor_.arm_receive(connection.socket, user_data(connection.id));
    connection.receive_armed = true;
  } else if (!wanted && connection.receive_armed && !connection.receive_cancelled) {
    reactor_.cancel(Operation::receive, user_data(connection.id));
    connection.receive_cancelled = true;
  }
}

// At the end of a turn all buffers are about to be free again; those who found none get another
// try, as many as can hope for one.
void Network::feed_the_hungry() {
  for (uint32_t n = 0; n < options_.rearms_per_turn && !hungry_.empty(); ++n) {
    Connection* connection = find(hungry_.front());
    hungry_.pop_front();
    if (connection == nullptr) continue;
    connection->blocks &= static_cast<uint8_t>(~Connection::kHungry);
    update_receive(*connection);
  }
}

}  // namespace engine
