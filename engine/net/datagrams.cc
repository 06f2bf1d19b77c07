// Network: datagram listeners. One socket each and shard; what arrives goes to the service at once,
// what leaves is queued for the turn and handed to the kernel in batches.
#include <errno.h>

#include "engine/base/check.h"
#include "engine/net/network.h"
#include "engine/trace/counters.h"
#include "engine/trace/trace.h"

namespace engine {

namespace {

constexpr size_t kDatagramsPerBatch = 512;

}  // namespace

// Makes the receive agree with what the shard wants.
void Network::tend_datagrams(uint16_t listener) {
  Listener& here = listeners_[listener];
  CHECK(here.datagrams != nullptr && here.socket >= 0);
  const bool wanted = accepting_ && !held_ && !datagram_timer_.armed();
  if (wanted && !here.armed) {
    reactor_.arm_receive_datagrams(here.socket, listener);
    here.armed = true;
  } else if (!wanted && here.armed && !here.datagrams->cancelled) {
    reactor_.cancel(Operation::receive_datagrams, listener);
    here.datagrams->cancelled = true;
  }
}

void Network::on_datagram(const Completion& completion) {
  const auto listener = static_cast<uint16_t>(completion.user_data);
  CHECK(listener < listeners_.size() && listeners_[listener].datagrams != nullptr);
  Listener& here = listeners_[listener];
  CHECK(here.armed && !shard_.settling());
  if (!completion.more) here.armed = here.datagrams->cancelled = false;
  if (completion.result > 0) {
    CHECK(completion.from != nullptr);
    trace::count(trace::Counter::datagrams_received);
    trace::count(trace::Counter::bytes_received, completion.data.size());
    if (!*completion.from || !accepting_) return;
    shard_.service().on_datagram({listener, *completion.from, completion.data}, shard_.current());
    shard_.settle();
  } else if (completion.result < 0) {
    on_datagram_error(-completion.result);
  }
}

// flush() arms again what has ended, when all buffers are about to be free.
void Network::on_datagram_error(int error) {
  CHECK(error > 0);
  switch (error) {
    case ECANCELED:
      return;
    case EMSGSIZE:
      trace::count(trace::Counter::datagrams_cut);
      return;
    case ENOBUFS:
      trace::count(trace::Counter::receive_buffers_exhausted);
      return;
    default:
      // At once it would only fail again.
      trace::count(trace::Counter::datagram_receive_errors);
      TRACE(net, warn, "receiving datagrams pauses", {"shard", shard_.id()}, {"errno", error});
      shard_.wheel().arm(datagram_timer_, shard_.current().now + options_.accept_pause);
      return;
  }
}

void Network::resume_datagrams(Turn&) { tend_all_datagrams(); }

void Network::tend_all_datagrams() {
  for (uint16_t i = 0; i < listeners_.size(); ++i) {
    if (listeners_[i].datagrams != nullptr) tend_datagrams(i);
  }
}

void Network::send_datagram(uint16_t listener, const base::SocketAddress& to, base::Bytes bytes) {
  CHECK(listener < listeners_.size() && listeners_[listener].datagrams != nullptr);
  if (datagrams_queued_ >= options_.datagrams_queued ||
      datagram_bytes_queued_ + bytes.size() > options_.datagram_bytes_queued) {
    trace::count(trace::Counter::datagrams_dropped);
    return;
  }
  ++datagrams_queued_;
  datagram_bytes_queued_ += bytes.size();
  trace::gauge_add(trace::Gauge::datagrams_queued, 1);
  listeners_[listener].datagrams->queue.append(to, bytes);
}

void Network::flush_datagrams() {
  for (uint16_t i = 0; i < listeners_.size(); ++i) {
    Listener& here = listeners_[i];
    if (here.datagrams == nullptr) continue;
    tend_datagrams(i);
    if (here.datagrams->sending || here.datagrams->queue.empty()) continue;
    reactor_.send_datagrams(here.socket, here.datagrams->queue.next(kDatagramsPerBatch), i);
    here.datagrams->sending = true;
  }
}

void Network::on_datagrams_sent(const Completion& completion) {
  const auto listener = static_cast<uint16_t>(completion.user_data);
  CHECK(listener < listeners_.size() && listeners_[listener].datagrams != nullptr);
  DatagramSocket& here = *listeners_[listener].datagrams;
  CHECK(here.sending);
  here.sending = false;
  const DatagramQueue::Taken taken = here.queue.taken();
  CHECK(taken.datagrams <= datagrams_queued_ && taken.bytes <= datagram_bytes_queued_);
  CHECK(completion.result >= 0 && static_cast<size_t>(completion.result) <= taken.datagrams);
  datagrams_queued_ -= taken.datagrams;
  datagram_bytes_queued_ -= taken.bytes;
  const auto refused = static_cast<uint64_t>(completion.result);
  trace::gauge_add(trace::Gauge::datagrams_queued, -static_cast<int64_t>(taken.datagrams));
  trace::count(trace::Counter::datagrams_sent, taken.datagrams - refused);
  trace::count(trace::Counter::datagram_send_errors, refused);
  trace::count(trace::Counter::bytes_sent, taken.bytes);
}

}  // namespace engine
