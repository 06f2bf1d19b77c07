#include "protocols/sip/connection.h"

#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "protocols/sip/service.h"
#include "protocols/sip/transaction/timing.h"

namespace sip {
namespace {

constexpr base::Bytes kPong = "\r\n";

}  // namespace

Connection::Connection(Service& service, const Flow& flow, engine::Turn& turn)
    : service_(service),
      flow_(flow),
      framer_(service.options().message),
      last_message_(turn.now),
      last_heard_(turn.now) {
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
  if (closing_ || !mutual()) return;
  const TrunkPeer* const peer = peer_named(service_.options().peers, facts.peer_names);
  if (peer != nullptr) {
    flow_.peer = peer->id;
    return;
  }
  service_.refusals().note(flow_.remote, facts.peer_subject, "no peer has this certificate",
                           turn.now);
  close(turn);
}

void Connection::on_handshake_failed(const engine::TlsFailure& why, engine::Turn& turn) {
  if (mutual()) service_.refusals().note(flow_.remote, why.peer_subject, why.reason, turn.now);
}

void Connection::on_bytes(base::Bytes in, engine::Turn& turn) {
  if (closing_) return;
  const bool waited = framer_.in_message();
  last_heard_ = turn.now;
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
base::Instant Connection::deadline() const {
  if (!spoken_ || framer_.in_message()) return last_message_ + kTransactionLife;
  return last_heard_ + service_.options().idle_timeout;
}

void Connection::on_time(engine::Turn& turn) {
  if (turn.now < deadline()) return turn.timers.arm(timer_, deadline());
  trace::count(trace::Counter::sip_connections_idle);
  close(turn);
}

void Connection::close(engine::Turn& turn) {
  if (closing_) return;
  closing_ = true;
  timer_.disarm();
  service_.outgoing().on_closed(*this);  // nothing more is to be sent by it
  turn.out.close(flow_.connection);
}

void Connection::on_moved(engine::ConnectionId, engine::Turn&) {
  CHECK(false);  // nobody asked for it
}

// Whoever does not take answers asks nothing more.
void Connection::on_congestion(bool congested, engine::Turn& turn) {
  if (congested) {
    turn.out.pause(flow_.connection);
  } else {
    turn.out.resume(flow_.connection);
  }
}

void Connection::on_closed(engine::CloseReason, engine::Turn&) {
  closing_ = true;
  timer_.disarm();
  unlink();
  service_.outgoing().on_closed(*this);
}

}  // namespace sip
