// Network: TLS between wire and peer. Records in and out of a TlsSession, handshakes under way and
// their limits, and STARTTLS.
#include <utility>

#include "engine/base/check.h"
#include "engine/net/network.h"
#include "engine/tls/context.h"
#include "engine/trace/counters.h"
#include "engine/trace/trace.h"

namespace engine {

void Network::start_tls(Connection& connection) {
  if (connection.encrypting()) return;  // once is enough
  if (server_context(connection.listener) == nullptr) {
    // Ours, which have TLS from the start or never, or a listener without a certificate.
    close_now(connection, CloseReason::tls_handshake);
    return;
  }
  connection.starting_tls = true;
  if (connection.carry != nullptr) {
    trace::count(trace::Counter::starttls_bytes_dropped, connection.carry->size());
    connection.carry.reset();
  }
  try_start_tls(connection);
}

// The other side may speak TLS once everything in clear text, our <proceed/> last, has left.
void Network::try_start_tls(Connection& connection) {
  if (!connection.starting_tls || connection.phase != Phase::open) return;
  if (!connection.wire.empty() || connection.send_in_flight) return;
  connection.starting_tls = false;
  begin_handshake(connection, make_server_session(*server_context(connection.listener)));
}

const TlsContext* Network::server_context(uint16_t listener) const {
  if (listener >= options_.listeners.size()) return nullptr;
  const uint16_t context = options_.listeners[listener].tls_context;
  return context < tls_.servers.size() ? tls_.servers[context].get() : nullptr;
}

const TlsClientContext* Network::client_context(uint16_t context) const {
  return context < tls_.clients.size() ? tls_.clients[context].get() : nullptr;
}

void Network::begin_handshake(Connection& connection, std::unique_ptr<TlsSession> session) {
  CHECK(session != nullptr && connection.tls == nullptr && connection.phase == Phase::open);
  CHECK(!connection.secured && !connection.handshake_counted);
  connection.tls = std::move(session);
  connection.deadline = shard_.current().now + options_.handshake_timeout;
  arm_timer(connection);
  connection.handshake_counted = true;
  handshakes_.push_back(connection.id);
  trace::gauge_add(trace::Gauge::handshakes, 1);
  if (++handshakes_live_ > options_.handshakes_per_shard) evict_handshake();
  CHECK(handshakes_live_ <= options_.handshakes_per_shard);
}

void Network::handshake_over(Connection& connection) {
  if (!connection.handshake_counted) return;
  CHECK(handshakes_live_ > 0);
  connection.handshake_counted = false;
  connection.deadline = base::Instant::never();
  --handshakes_live_;
  trace::gauge_add(trace::Gauge::handshakes, -1);
  const auto stale = [this](ConnectionId id) {
    const Connection* other = find(id);
    return other == nullptr || !other->handshake_counted;
  };
  while (!handshakes_.empty() && stale(handshakes_.front())) handshakes_.pop_front();
  // A slow one at the front keeps finished ones behind it; do not let them pile up.
  if (handshakes_.size() > 2 * size_t{options_.handshakes_per_shard}) {
    std::erase_if(handshakes_, stale);
  }
  CHECK(handshakes_.size() >= handshakes_live_);
}

void Network::evict_handshake() {
  CHECK(!handshakes_.empty());
  // The front is under way: handshake_over() takes finished ones off.
  Connection* oldest = find(handshakes_.front());
  CHECK(oldest != nullptr && oldest->handshake_counted);
  trace::count(trace::Counter::handshakes_evicted);
  close_now(*oldest, CloseReason::tls_handshake);
}

void Network::open_records(Connection& connection, base::Bytes bytes) {
  const bool established = open_some(connection, bytes);
  // A session tells only in the next call of an end that came together with the last flight.
  if (established && connection.has_peer()) open_some(connection, {});
}

// True when the handshake is done with these bytes.
bool Network::open_some(Connection& connection, base::Bytes bytes) {
  CHECK(connection.tls != nullptr && connection.has_peer());
  plain_scratch_.clear();
  records_scratch_.clear();
  const TlsStatus status = connection.tls->open(bytes, plain_scratch_, records_scratch_);
  if (!records_scratch_.empty()) queue(connection, connection.wire, records_scratch_);
  if (status == TlsStatus::established) {
    handshake_over(connection);
    connection.secured = true;
    mark_dirty(connection);
    connection.peer->on_secured(connection.tls->facts(), shard_.current());
    shard_.settle();
  }
  if (!plain_scratch_.empty() && connection.has_peer()) {
    connection.peer->on_bytes(plain_scratch_, shard_.current());
    shard_.settle();
  }
  if (!connection.has_peer()) return false;
  if (status == TlsStatus::closed) close_orderly(connection, CloseReason::by_peer);
  if (status == TlsStatus::failed) {
    TRACE(tls, debug, "session failed", {"reason", connection.tls->failure()});
    connection.tls_ended = true;  // its last word is the alert
    const bool secured = connection.secured;
    if (!secured) {
      const TlsFailure why{connection.tls->failure(), connection.tls->refused_subject()};
      connection.peer->on_handshake_failed(why, shard_.current());
      shard_.settle();
      if (!connection.has_peer()) return false;
    }
    close_orderly(connection, secured ? CloseReason::network : CloseReason::tls_handshake);
  }
  return status == TlsStatus::established;
}

bool Network::seal(Connection& connection) {
  CHECK(connection.secured && connection.tls != nullptr);
  while (!connection.plain.empty()) {
    const base::Bytes piece = connection.plain.front();
    CHECK(!piece.empty());
    records_scratch_.clear();
    if (!connection.tls->seal(piece, records_scratch_)) return false;
    const auto taken = static_cast<uint32_t>(piece.size());
    connection.plain.consume(taken, pool_);
    account(-int64_t{taken});
    queue(connection, connection.wire, records_scratch_);
  }
  return true;
}

}  // namespace engine
