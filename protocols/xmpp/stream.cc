#include "protocols/xmpp/stream.h"

#include <utility>

#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "engine/trace/trace.h"
#include "protocols/xml/document.h"
#include "protocols/xmpp/namespaces.h"
#include "protocols/xmpp/negotiation/login.h"
#include "protocols/xmpp/service.h"
#include "protocols/xmpp/session.h"

namespace xmpp {

namespace {

constexpr base::Duration kPongWithin = base::Duration::seconds(60);

}  // namespace

Stream::Stream(Service& service, const engine::Accepted& how, engine::Turn& turn)
    : service_(&service),
      connection_(how.connection),
      login_(std::make_unique<Login>()),
      remote_address_(how.remote_address),
      last_heard_(turn.now),
      listener_(how.listener) {
  CHECK(connection_);
  trace::count(trace::Counter::xmpp_streams_opened);
  trace::gauge_add(trace::Gauge::xmpp_streams, 1);
  login_->deadline = turn.now + service.options().login_timeout;
  turn.timers.arm(timer_, login_->deadline);
  service.enter(*this);
}

Stream::~Stream() {
  CHECK(!feeding_);
  // While the stream moves, its old service is another thread's.
  if (listed_) {
    if (login_ != nullptr && login_->ticket != 0) service_->drop_ticket(login_->ticket);
    service_->leave(*this);
  }
  if (session_ != nullptr) session_->abandon();
  trace::gauge_add(trace::Gauge::xmpp_streams, -1);
}

const xml::Limits& Stream::limits() const {
  const bool authenticated = login_ == nullptr || login_->authenticated;
  return authenticated ? service_->options().after_authentication
                       : service_->options().before_authentication;
}

const ListenerOptions& Stream::listener() const {
  static const ListenerOptions kStrict;   // a listener that a reload took away
  const auto& listeners = service_->options().listeners;
  return listener_ < listeners.size() ? listeners[listener_] : kStrict;
}

bool Stream::waits() const {
  return state_ == StreamState::sasl_store || state_ == StreamState::moving ||
         state_ == StreamState::binding;
}

void Stream::on_bytes(base::Bytes in, engine::Turn& turn) {
  CHECK(service_->shard() == turn.shard);
  last_heard_ = turn.now;
  pinged_ = false;
  if (waits()) return hold(in, turn);
  feed(in, turn);
}

void Stream::hold(base::Bytes in, engine::Turn& turn) {
  CHECK(login_ != nullptr);
  if (in.empty()) return;
  if (login_->held.size() + in.size() > kHeldBytesMax) {
    trace::count(trace::Counter::xmpp_limit_held_bytes);
    return fail(StreamError::policy_violation, "too many bytes before an answer", turn);
  }
  login_->held.append(in);
  // While it moves the connection has no name to be paused by; the engine holds its bytes.
  if (!login_->paused && state_ != StreamState::moving) {
    login_->paused = true;
    turn.out.pause(connection_);
  }
}

void Stream::release_held(engine::Turn& turn) {
  CHECK(!waits() && login_ != nullptr);
  if (std::exchange(login_->paused, false)) turn.out.resume(connection_);
  const std::string held = std::exchange(login_->held, {});
  if (!held.empty()) feed(held, turn);
}

void Stream::feed(base::Bytes in, engine::Turn& turn) {
  CHECK(!feeding_);
  feeding_ = true;
  while (state_ != StreamState::closing) {
    if (waits()) {
      hold(in, turn);
      break;
    }
    if (state_ == StreamState::securing) {
      // RFC 6120 §5.4.3.3: nothing said in the clear survives into TLS.
      trace::count(trace::Counter::xmpp_plaintext_dropped, in.size());
      break;
    }
    const xml::StreamEvent event = reader_.next(in, service_->document(), limits());
    if (event == xml::StreamEvent::need_more) {
      CHECK(in.empty());
      break;
    }
    switch (event) {
      case xml::StreamEvent::header:
        on_header(reader_.element(), turn);
        break;
      case xml::StreamEvent::stanza:
        on_element(reader_.element(), turn);
        break;
      case xml::StreamEvent::end:
        on_end(turn);
        break;
      case xml::StreamEvent::error:
        fail(from_verdict(reader_.verdict()), {}, turn);
        break;
      case xml::StreamEvent::need_more:
        CHECK(false);
    }
  }
  feeding_ = false;
  // What failed while the session was in the middle of something ends now.
  if (state_ == StreamState::closing) leave_session(false, true, turn);
}

void Stream::on_element(const xml::Element& element, engine::Turn& turn) {
  if (element.ns() == ns::kStreams) {
    if (element.name() != "error") return fail(StreamError::unsupported_stanza_type, {}, turn);
    trace::count(trace::Counter::xmpp_stream_errors_received);
    const xml::Element condition = element.first_child();
    TRACE(stream, debug, "stream error received", {"address", remote_address()},
          {"condition", condition ? condition.name() : base::Bytes()});
    return on_end(turn);
  }
  switch (state_) {
    case StreamState::offered:
    case StreamState::sasl_response:
      return on_early(element, turn);
    case StreamState::authenticated:
      return on_authenticated(element, turn);
    case StreamState::bound:
      return session_->on_element(element, turn);
    case StreamState::header:      // the reader gives a header first
    case StreamState::securing:
    case StreamState::sasl_store:
    case StreamState::moving:
    case StreamState::binding:
    case StreamState::closing:
      break;
  }
  CHECK(false);
}

// RFC 6120 §4.4: the other side closes; so do we, and then the connection.
void Stream::on_end(engine::Turn& turn) {
  if (state_ == StreamState::closing) return;
  turn.out.send(connection_, "</stream:stream>");
  state_ = StreamState::closing;
  turn.out.close(connection_);
}

void Stream::fail(StreamError error, base::Bytes text, engine::Turn& turn,
                  base::Bytes application) {
  if (state_ == StreamState::closing) return;
  trace::count(trace::Counter::xmpp_stream_errors);
  TRACE(stream, debug, "stream refused", {"condition", condition_name(error)}, {"text", text},
        {"address", remote_address()});
  base::Sink& out = turn.out.begin_send(connection_);
  if (!header_sent_) write_header(out, turn);
  write(error, text, application, out);
  out.append("</stream:stream>");
  turn.out.end_send();
  state_ = StreamState::closing;
  turn.out.close(connection_);
  if (!feeding_) leave_session(error == StreamError::connection_timeout, false, turn);
}

void Stream::leave_session(bool may_resume, bool now, engine::Turn& turn) {
  if (session_ == nullptr) return;
  CHECK(session_->stream() == this);
  Session* session = std::exchange(session_, nullptr);
  session->lost_stream(may_resume, now, turn);
}

void Stream::send(base::Bytes xml, engine::Turn& turn) {
  if (writable()) turn.out.send(connection_, xml);
}

void Stream::send(const im::Stanza& stanza, engine::Turn& turn) {
  if (!writable()) return;
  im::write(stanza, stanza.to, {}, turn.out.begin_send(connection_));
  turn.out.end_send();
}

void Stream::on_timer(engine::Turn& turn) {
  if (state_ == StreamState::closing) return;
  if (login_ != nullptr) {
    trace::count(trace::Counter::xmpp_login_timeouts);
    return fail(StreamError::connection_timeout, "logging in took too long", turn);
  }
  CHECK(session_ != nullptr && state_ == StreamState::bound);
  const base::Instant due = last_heard_ + service_->options().idle_timeout;
  if (turn.now < due) {
    turn.timers.arm(timer_, due);
  } else if (!pinged_) {
    pinged_ = true;
    trace::count(trace::Counter::xmpp_idle_pings);
    turn.timers.arm(timer_, turn.now + kPongWithin);
    session_->ping(turn);
  } else {
    trace::count(trace::Counter::xmpp_idle_timeouts);
    fail(StreamError::connection_timeout, "no answer to a ping", turn);
  }
}

void Stream::on_congestion(bool congested, engine::Turn& turn) {
  if (congested_ == congested) return;
  congested_ = congested;
  if (session_ == nullptr) return;
  // A client that does not read is not read from: its own requests cannot pile up answers.
  if (congested) {
    turn.out.pause(connection_);
  } else {
    turn.out.resume(connection_);
    session_->on_uncongested(turn);
  }
}

void Stream::on_sent(engine::Turn& turn) {
  if (session_ != nullptr) session_->on_sent(turn);
}

void Stream::on_closed(engine::CloseReason reason, engine::Turn& turn) {
  CHECK(!feeding_);
  state_ = StreamState::closing;
  timer_.disarm();
  const bool may_resume =
      reason != engine::CloseReason::by_us && reason != engine::CloseReason::shutdown;
  leave_session(may_resume, true, turn);
}

}  // namespace xmpp
