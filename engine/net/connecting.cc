// Network: connections that we make. Until one stands it is a deadline and an operation of the
// reactor's; from then on a connection like any other.
#include "engine/net/connecting.h"

#include <errno.h>

#include <utility>

#include "engine/base/check.h"
#include "engine/net/network.h"
#include "engine/tls/client_session.h"
#include "engine/trace/counters.h"

namespace engine {

namespace {

ConnectFailure failure_of(int error) {
  switch (error) {
    case ECONNREFUSED:
    case ECONNRESET:
      return ConnectFailure::refused;
    case ETIMEDOUT:
    case ECANCELED:
      return ConnectFailure::timeout;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
    case EAGAIN:
    case EADDRNOTAVAIL:  // no local port is free
      return ConnectFailure::limit;
    default:
      return ConnectFailure::unreachable;
  }
}

}  // namespace

void Connecting::fire(Turn&) {
  CHECK(!cancelled);
  cancelled = true;
  network.reactor_.cancel(Operation::connect, number);
}

void Network::connect(OutgoingConnection what) {
  CHECK(what.how.remote);
  trace::count(trace::Counter::connects);
  const bool full = connecting_.size() >= options_.connects_per_shard ||
                    live_ + connecting_.size() >= options_.connections_per_shard;
  const bool no_context = what.how.tls && client_context(what.how.tls_context) == nullptr;
  if (!accepting_ || full || no_context) {
    ConnectFailure why = full ? ConnectFailure::limit : ConnectFailure::no_context;
    if (!accepting_) why = ConnectFailure::shutdown;
    if (full) trace::count(trace::Counter::connects_refused);
    shard_.service().on_connect_failed(what.token, why, shard_.current());
    return;
  }
  while (connecting_.contains(++last_connect_)) {
  }
  auto connecting = std::make_unique<Connecting>(*this, last_connect_, std::move(what));
  shard_.wheel().arm(*connecting, shard_.current().now + options_.connect_timeout);
  reactor_.connect(connecting->what.how.remote, last_connect_);
  shared_.connections.fetch_add(1, std::memory_order_relaxed);
  connecting_.emplace(last_connect_, std::move(connecting));
}

void Network::on_connect(const Completion& completion) {
  const auto found = connecting_.find(static_cast<uint32_t>(completion.user_data));
  CHECK(found != connecting_.end() && !shard_.settling());
  const std::unique_ptr<Connecting> connecting = std::move(found->second);
  connecting_.erase(found);
  connecting->disarm();
  const Connect& how = connecting->what.how;
  const bool no_context = how.tls && client_context(how.tls_context) == nullptr;  // any more
  if (completion.result >= 0 && !connecting->cancelled && accepting_ && !no_context) {
    connected(*connecting, completion.result);
    return;
  }
  if (completion.result >= 0) reactor_.close(completion.result);
  ConnectFailure why = failure_of(completion.result < 0 ? -completion.result : ECANCELED);
  if (no_context) why = ConnectFailure::no_context;
  if (!accepting_) why = ConnectFailure::shutdown;
  trace::count(trace::Counter::connects_failed);
  connection_over();
  shard_.service().on_connect_failed(connecting->what.token, why, shard_.current());
  shard_.settle();
}

void Network::connected(Connecting& connecting, int socket) {
  trace::count(trace::Counter::connects_made);
  trace::gauge_add(trace::Gauge::connections, 1);
  const Connect& how = connecting.what.how;
  Connection& connection = insert(std::make_unique<Connection>(SourceKey{}));
  connection.socket = socket;
  connection.listener = kNoListener;
  base::Sink address;
  base::append_address(how.remote, address);
  const Accepted made{connection.id, kNoListener, address, how.remote.port};
  connection.peer = shard_.service().on_connected(connecting.what.token, made, shard_.current());
  if (connection.peer == nullptr) {
    end(connection);
    return;
  }
  if (how.tls) {
    begin_handshake(connection,
                    make_client_session(*client_context(how.tls_context), how.server_name));
  }
  shard_.settle();
  // Our first flight.
  if (how.tls && connection.phase == Phase::open) open_records(connection, {});
  update_receive(connection);
}

// One that was counted for the whole node is gone, or never came to be.
void Network::connection_over() {
  const int64_t before = shared_.connections.fetch_sub(1);
  CHECK(before > 0);
  const bool last = before == 1;
  // A node that drains is done now; its shards, this one too, may be about to sleep for good.
  for (ShardId id = 0; last && shard_.draining() && id < shard_.mesh().shards(); ++id) {
    shard_.mesh().wake(id);
  }
}

void Network::stop_connecting() {
  CHECK(!accepting_);
  for (const auto& [number, connecting] : connecting_) {
    if (std::exchange(connecting->cancelled, true)) continue;
    connecting->disarm();
    reactor_.cancel(Operation::connect, number);
  }
}

}  // namespace engine
