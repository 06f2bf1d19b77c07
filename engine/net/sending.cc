// Network: from queued bytes to one gathered send per connection and turn, and the limits on what
// may be queued.
#include <errno.h>

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/net/network.h"
#include "engine/trace/counters.h"

namespace engine {

namespace {

constexpr size_t kPiecesPerSend = 64;  // about 256 KiB

}  // namespace

void Network::account(int64_t bytes) {
  CHECK(bytes >= 0 || queued_bytes_ >= static_cast<uint64_t>(-bytes));
  queued_bytes_ += static_cast<uint64_t>(bytes);
  trace::gauge_add(trace::Gauge::send_queue_bytes, bytes);
}

void Network::queue(Connection& connection, SendQueue& to, base::Bytes bytes) {
  CHECK(connection.phase != Phase::ending);
  CHECK(&to == &connection.plain || &to == &connection.wire);
  to.append(bytes, pool_);
  account(static_cast<int64_t>(bytes.size()));
  CHECK(queued_bytes_ >= connection.queued());
  mark_dirty(connection);
}

void Network::mark_dirty(Connection& connection) {
  CHECK(connection.network == this);
  if (connection.dirty) return;
  connection.dirty = true;
  dirty_.push_back(connection.id);
}

// After a send effect. The connection may be closing when this returns.
void Network::check_limits(Connection& connection) {
  if (connection.queued() > options_.send_hard_bytes) {
    trace::count(trace::Counter::send_limit_closes);
    close_now(connection, CloseReason::send_limit);
    return;
  }
  if (queued_bytes_ > options_.send_bytes_per_shard) shed_longest_queue();
  check_congestion(connection);
}

void Network::check_congestion(Connection& connection) {
  if (!connection.has_peer()) return;
  const uint32_t queued = connection.queued();
  if (!connection.congested && queued > options_.send_soft_bytes) {
    trace::count(trace::Counter::congestions);
    connection.congested = true;
    connection.peer->on_congestion(true, shard_.current());
  } else if (connection.congested && queued <= options_.send_soft_bytes / 4) {
    connection.congested = false;
    connection.peer->on_congestion(false, shard_.current());
  }
  shard_.settle();
}

void Network::shed_longest_queue() {
  Connection* longest = nullptr;
  for (const Slot& slot : slots_) {
    Connection* candidate = slot.connection.get();
    if (candidate == nullptr || !candidate->has_peer()) continue;
    if (longest == nullptr || candidate->queued() > longest->queued()) longest = candidate;
  }
  if (longest == nullptr) return;
  trace::count(trace::Counter::send_shard_limit_closes);
  close_now(*longest, CloseReason::send_limit);
}

void Network::flush_one(Connection& connection) {
  if (connection.send_in_flight) return;  // its completion marks us again
  if (connection.phase != Phase::open && connection.phase != Phase::flushing) return;
  if (connection.secured && !seal(connection)) {
    if (connection.has_peer()) {
      close_now(connection, CloseReason::network);
    } else {
      end(connection);
    }
    return;
  }
  if (connection.notify_asked && connection.has_peer()) {
    CHECK(connection.plain.empty());
    connection.notify_asked = false;
    connection.notify_left = connection.wire.size();
    if (connection.wire.empty()) count_off(connection, 0);
  }
  if (connection.phase == Phase::flushing) say_goodbye(connection);
  if (connection.phase == Phase::ending || connection.wire.empty()) return;
  iovec pieces[kPiecesPerSend];
  const size_t count = connection.wire.gather(pieces, kPiecesPerSend);
  CHECK(count > 0 && connection.socket >= 0);
  connection.sending = 0;
  for (size_t i = 0; i < count; ++i) {
    connection.sending += static_cast<uint32_t>(pieces[i].iov_len);
  }
  reactor_.send(connection.socket, {pieces, count}, user_data(connection.id));
  trace::count(trace::Counter::sends);
  connection.send_in_flight = true;
  connection.progress = shard_.current().now;
  if (!connection.armed()) arm_timer(connection);
}

// Peer::on_sent is owed when the last byte that was queued before it was asked for has left.
void Network::count_off(Connection& connection, uint32_t sent) {
  connection.notify_left -= std::min(connection.notify_left, sent);
  if (connection.notify_left > 0 || !connection.has_peer()) return;
  connection.peer->on_sent(shard_.current());
  shard_.settle();
}

void Network::on_send(Connection& connection, int32_t result) {
  CHECK(connection.send_in_flight);
  CHECK(connection.sending > 0 && connection.sending <= connection.wire.size());
  connection.send_in_flight = false;
  const bool counted = connection.phase != Phase::ending;  // end() has taken it off the books
  if (result > 0) {
    const auto sent = static_cast<uint32_t>(result);
    CHECK(sent <= connection.sending);
    trace::count(trace::Counter::bytes_sent, sent);
    if (sent < connection.sending) trace::count(trace::Counter::sends_short);
    connection.wire.consume(sent, pool_);
    if (counted) account(-int64_t{sent});
    if (connection.notify_left > 0) count_off(connection, sent);
    connection.progress = shard_.current().now;
    try_start_tls(connection);
    if (connection.queued() > 0 || connection.phase == Phase::flushing) mark_dirty(connection);
    check_congestion(connection);
  } else if (connection.has_peer()) {
    close_now(connection, CloseReason::network);
  } else if (connection.phase != Phase::ending) {
    end(connection);
  }
  operation_ended(connection);
}

}  // namespace engine
