#include "protocols/sip/connection.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "engine/trace/trace.h"
#include "protocols/sip/service.h"
#include "protocols/sip/transaction/timing.h"

namespace sip {
namespace {

constexpr base::Bytes kPing = "\r\n\r\n";
constexpr base::Bytes kPong = "\r\n";
constexpr base::Duration kPongWait = base::Duration::seconds(10);  // RFC 5626 §4.4.1

}  // namespace

Connection::Connection(Service& service, const Flow& flow, engine::Turn& turn)
    : service_(service),
      flow_(flow),
      framer_(service.options().message),
      last_message_(turn.now),
      last_heard_(turn.now),
      spoken_(ours()) {
  CHECK(flow.reliable());
  trace::gauge_add(trace::Gauge::sip_connections, 1);
  turn.timers.arm(timer_, deadline());
}

Connection::~Connection() {
  service_.hold(held_, 0);
  trace::gauge_add(trace::Gauge::sip_connections, -1);
}

bool Connection::mutual() const {
  const Options& options = service_.options();
  return options.owns(flow_.listener) && options.kind_of(flow_.listener) == ListenerKind::mutual;
}

// Nothing has come or gone yet.
void Connection::on_secured(const engine::TlsFacts& facts, engine::Turn& turn) {
  if (closing_ || !(mutual() || ours())) return;
  const TrunkPeer* const peer = ours() ? service_.outgoing().on_secured(*this, facts, turn)
                                       : peer_named(service_.options().peers, facts.peer_names);
  if (peer != nullptr) {
    flow_.peer = peer->id;
    return;
  }
  service_.refusals().note(
      flow_.remote, facts.peer_subject,
      ours() ? "the peer has another certificate" : "no peer has this certificate", turn.now);
  close(turn);
}

void Connection::on_handshake_failed(const engine::TlsFailure& why, engine::Turn& turn) {
  if (!mutual() && !ours()) return;
  service_.refusals().note(flow_.remote, why.peer_subject, why.reason, turn.now);
}

void Connection::on_bytes(base::Bytes in, engine::Turn& turn) {
  if (closing_) return;
  const bool waited = framer_.in_message();
  last_heard_ = turn.now;
  if (std::exchange(awaits_pong_, false)) {
    pongs_ = pongs_ || (in.starts_with(kPong) && !in.starts_with(kPing));
  }
  feed(in, turn);
  if (closing_) return;
  hold(turn);
  // Half a message has less time than silence.
  if (!waited && framer_.in_message()) turn.timers.arm(timer_, deadline());
}

void Connection::feed(base::Bytes in, engine::Turn& turn) {
  Message& message = service_.message_scratch();
  while (!closing_) {
    switch (framer_.next(in, message)) {
      case StreamFramer::Event::nothing:
        return;
      case StreamFramer::Event::fault:
        return refuse(turn);
      case StreamFramer::Event::keep_alive:
        turn.out.send(flow_.connection, kPong);
        break;
      case StreamFramer::Event::message:
        service_.receive(message, flow_, turn);
        break;
    }
    spoken_ = true;
    last_message_ = turn.now;
  }
}

// Where the next message would begin nobody knows (RFC 3261 §18.3).
void Connection::refuse(engine::Turn& turn) {
  service_.refuse(service_.message_scratch(), framer_.fault(), flow_, turn);
  trace::count(trace::Counter::sip_connections_malformed);
  close(turn);
}

void Connection::hold(engine::Turn& turn) {
  const size_t now = framer_.held_bytes();
  const bool room = service_.hold(held_, now);
  held_ = now;
  if (room || now == 0) return;
  trace::count(trace::Counter::sip_unfinished_limit_hit);
  close(turn);
}

// A message, the first one included, has as long as its sender would wait for an answer.
base::Instant Connection::end_of_patience() const {
  if (!spoken_ || framer_.in_message()) return last_message_ + kTransactionLife;
  return last_heard_ + service_.options().idle_timeout;
}

base::Instant Connection::deadline() const {
  const base::Duration keepalive = service_.options().keepalive;
  if (!ours() || keepalive.ns == 0) return end_of_patience();
  const base::Instant ping = std::max(last_heard_, pinged_) + keepalive;
  const base::Instant pong = pinged_ + std::min(kPongWait, keepalive);
  return std::min(end_of_patience(), awaits_pong_ ? pong : ping);
}

void Connection::on_time(engine::Turn& turn) {
  if (turn.now >= end_of_patience()) {
    trace::count(trace::Counter::sip_connections_idle);
    return close(turn);
  }
  if (turn.now >= deadline()) {
    if (awaits_pong_ && pongs_) return give_up(turn);
    ping(turn);
  }
  turn.timers.arm(timer_, deadline());
}

// Not every peer answers: who never has is asked again, and not blamed.
void Connection::ping(engine::Turn& turn) {
  awaits_pong_ = !awaits_pong_;
  if (!awaits_pong_) return;
  pinged_ = turn.now;
  turn.out.send(flow_.connection, kPing);
}

void Connection::give_up(engine::Turn& turn) {
  trace::count(trace::Counter::sip_connections_dead);
  TRACE(sip, warn, "peer_silent", {"seconds", (turn.now - last_heard_).whole_seconds()});
  stop(turn);
  turn.out.abort(flow_.connection);
}

void Connection::close(engine::Turn& turn) {
  if (closing_) return;
  stop(turn);
  turn.out.close(flow_.connection);
}

void Connection::stop(engine::Turn& turn) {
  closing_ = true;
  timer_.disarm();
  service_.outgoing().on_closed(*this, turn);  // nothing more is to be sent by it
  service_.on_flow_closed(flow_, turn);
}

void Connection::on_moved(engine::ConnectionId, engine::Turn&) {
  CHECK(false);  // nobody asked for it
}

// Whoever does not take answers asks nothing more.
void Connection::on_sent(engine::Turn& turn) { service_.outgoing().on_sent(*this, turn); }

void Connection::on_congestion(bool congested, engine::Turn& turn) {
  if (congested) {
    turn.out.pause(flow_.connection);
  } else {
    turn.out.resume(flow_.connection);
  }
}

void Connection::on_closed(engine::CloseReason, engine::Turn& turn) {
  unlink();
  stop(turn);
}

}  // namespace sip
