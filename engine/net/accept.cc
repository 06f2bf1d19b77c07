// Network: listeners, and who is let in.
#include <errno.h>

#include <utility>

#include "engine/base/check.h"
#include "engine/net/network.h"
#include "engine/trace/counters.h"
#include "engine/trace/trace.h"

namespace engine {

void Network::tend(uint16_t listener) {
  CHECK(listener < listeners_.size());
  Listener& here = listeners_[listener];
  CHECK(here.socket >= 0 || !here.armed);
  if (here.datagrams != nullptr) {
    tend_datagrams(listener);
    return;
  }
  if (here.socket < 0 || here.armed) return;
  if (!accepting_) {
    reactor_.close(here.socket);
    here.socket = -1;
  } else if (!accept_timer_.armed()) {
    reactor_.arm_accept(here.socket, listener);
    here.armed = true;
  }
}

void Network::on_accept(const Completion& completion) {
  const auto listener = static_cast<uint16_t>(completion.user_data);
  CHECK(listener < listeners_.size());
  CHECK(listeners_[listener].armed);
  if (!completion.more) listeners_[listener].armed = false;
  if (completion.result >= 0) {
    admit(completion.result, listener);
  } else if (completion.result != -ECANCELED) {
    on_accept_error(-completion.result);
  }
  tend(listener);
}

void Network::on_accept_error(int error) {
  CHECK(error > 0);
  switch (error) {
    // accept(2): errors of the one connection that would have been accepted.
    case ECONNABORTED:
    case EPROTO:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENETDOWN:
    case ENETUNREACH:
    case EAGAIN:
    case EINTR:
      trace::count(trace::Counter::accept_errors);
      return;
    default:
      // Out of descriptors or memory, or something unheard of. At once it would only fail again;
      // clients wait in the backlog meanwhile.
      trace::count(trace::Counter::accept_pauses);
      TRACE(net, warn, "accepting pauses", {"shard", shard_.id()}, {"errno", error});
      shard_.wheel().arm(accept_timer_, shard_.current().now + options_.accept_pause);
      return;
  }
}

void Network::resume_accepting(Turn&) {
  CHECK(accepting_);  // stop_accepting() disarms the timer
  for (uint16_t i = 0; i < listeners_.size(); ++i) tend(i);
}

bool Network::admissible(const SourceKey& source) {
  if (!accepting_) return false;
  if (live_ >= options_.connections_per_shard) {
    trace::count(trace::Counter::connections_refused_shard);
    return false;
  }
  if (!shared_.sources.add(source)) {
    trace::count(trace::Counter::connections_refused_source);
    return false;
  }
  return true;
}

void Network::admit(int socket, uint16_t listener) {
  CHECK(socket >= 0 && !shard_.settling());
  CHECK(listener < options_.listeners.size());
  base::Sink address;
  uint16_t port = 0;
  reactor_.remote_address(socket, address, port);
  const SourceKey source = source_key(address);
  if (!admissible(source)) {
    reactor_.close(socket);
    return;
  }
  trace::count(trace::Counter::connections_accepted);
  trace::gauge_add(trace::Gauge::connections, 1);
  shared_.connections.fetch_add(1, std::memory_order_relaxed);
  Connection& connection = insert(std::make_unique<Connection>(source));
  CHECK(live_ <= options_.connections_per_shard);
  connection.socket = socket;
  connection.listener = listener;
  const Accepted how{connection.id, listener, address, port};
  connection.peer = shard_.service().accept(how, shard_.current());
  if (connection.peer == nullptr) {
    trace::count(trace::Counter::connections_refused_service);
    end(connection);
    return;
  }
  if (options_.listeners[listener].direct_tls) {
    begin_handshake(connection, make_server_session(*server_context(listener)));
  }
  shard_.settle();
  update_receive(connection);
}

void Network::stop_accepting() {
  accepting_ = false;
  accept_timer_.disarm();
  datagram_timer_.disarm();
  for (uint16_t i = 0; i < listeners_.size(); ++i) {
    if (listeners_[i].armed && listeners_[i].datagrams == nullptr) {
      reactor_.cancel(Operation::accept, i);
    } else {
      tend(i);
    }
  }
  stop_connecting();
}

}  // namespace engine
