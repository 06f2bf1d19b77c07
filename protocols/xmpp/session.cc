#include "protocols/xmpp/session.h"

#include <utility>

#include "engine/base/check.h"
#include "engine/base/plant.h"
#include "engine/trace/counters.h"
#include "engine/trace/trace.h"
#include "protocols/xmpp/service.h"
#include "protocols/xmpp/session/snapshot.h"
#include "protocols/xmpp/stream.h"

namespace xmpp {

Session::Session(Service& service, Stream& stream, engine::Turn& turn)
    : service_(service), stream_(&stream), since_(turn.wall) {
  active_since = turn.now;
}

Session::Session(Service& service, const SessionSnapshot& snapshot, engine::Turn& turn)
    : service_(service), stream_(nullptr), since_(turn.wall), restored_(true) {
  stream_management_ =
      std::make_unique<StreamManagement>(true, snapshot.resume_seconds, turn.random,
                                         service.unacked_bytes());
  ledger_ = std::make_unique<SessionLedger>();
  active_since = turn.now;
  full_jid = snapshot.full_jid;
}

Session::~Session() {
  CHECK(stream_ == nullptr);  // it would come back to us
  if (waiting_) trace::gauge_add(trace::Gauge::xmpp_sessions_detached, -1);
  if (counted_) trace::gauge_add(trace::Gauge::xmpp_sessions, -1);
}

void Session::bind(base::Bytes wish, engine::Turn& turn) {
  CHECK(user == nullptr && !binding_ && stream_ != nullptr);
  full_jid = wish;
  binding_ = true;
  service_.realm().bind(*this, *this, turn);
}

void Session::bound(im::BindResult result, engine::Turn& turn) {
  if (restored_) return bound_again(result, turn);
  CHECK(std::exchange(binding_, false) && stream_ != nullptr);
  if (result != im::BindResult::bound) {
    Stream* stream = std::exchange(stream_, nullptr);
    finish_soon(turn);
    stream->bind_refused(result, turn);
    return;
  }
  CHECK(user != nullptr);
  trace::gauge_add(trace::Gauge::xmpp_sessions, 1);
  counted_ = true;
  TRACE(session, info, "session bound", {"jid", full_jid},
        {"address", stream_->remote_address()});
  stream_->bound(turn);
}

void Session::end(im::Farewell why, engine::Turn& turn) {
  if (finishing_) return;
  Stream* stream = stream_;
  if (stream != nullptr) {
    switch (why) {
      case im::Farewell::replaced:
        stream->fail(StreamError::conflict, "replaced by a new session", turn);
        break;
      case im::Farewell::account_deleted:
        stream->fail(StreamError::not_authorized, "the account has been removed", turn);
        break;
      case im::Farewell::kicked:
        stream->fail(StreamError::policy_violation, "ended by an operator", turn);
        break;
      case im::Farewell::shutdown:
        stream->fail(StreamError::system_shutdown, {}, turn);
        break;
    }
  }
  ended_ = why == im::Farewell::account_deleted;
  if (!finishing_) lost_stream(false, false, turn);
}

void Session::lost_stream(bool may_resume, bool now, engine::Turn& turn) {
  if (stream_ != nullptr) {
    stream_->forget_session();
    stream_ = nullptr;
  }
  if (finishing_) {
    if (now) finish(turn);
    return;
  }
  const bool resumable =
      user != nullptr && stream_management_ != nullptr && stream_management_->resumable();
  // The client of a node that stops can come back to the next one: the journal has its session.
  const bool kept = resumable && service_.shutting_down() && ledger_->entry != 0;
  if (kept || (resumable && may_resume && !service_.shutting_down())) {
    CHECK(!waiting_);
    flush_client_state(turn);   // into the queue that waits with us
    client_state_.reset();
    if (finishing_) {           // that was more than may wait
      if (now) finish(turn);
      return;
    }
    stream_management_->request_outstanding = false;
    trace::gauge_add(trace::Gauge::xmpp_sessions_detached, 1);
    TRACE(session, info, "session detached", {"jid", full_jid},
          {"unacked", stream_management_->unacked_count()});
    waiting_ = true;
    if (base::plant == base::Plant::timer_unarmed && restored_) return;
    turn.timers.arm(timer_,
                    turn.now + base::Duration::seconds(stream_management_->resume_seconds()));
    return;
  }
  if (now) {
    finish(turn);
  } else {
    finish_soon(turn);
  }
}

void Session::finish_soon(engine::Turn& turn) {
  CHECK(stream_ == nullptr);
  finishing_ = true;
  // The realm's answer may come before the timer does, and must not find us without a stream.
  if (std::exchange(binding_, false)) service_.realm().cancel_bind(*this);
  turn.timers.arm(timer_, turn.now);
  service_.ending(*this);
}

void Session::finish(engine::Turn& turn) {
  CHECK(stream_ == nullptr);
  service_.not_ending(*this);
  finishing_ = true;
  timer_.disarm();
  if (std::exchange(binding_, false)) service_.realm().cancel_bind(*this);
  if (counted_) TRACE(session, info, "session ended", {"jid", full_jid});
  // First the presence goes, so that what is routed again does not come back here.
  if (user != nullptr) service_.realm().unbind(*this, turn);
  CHECK(user == nullptr);
  hand_back(turn);
  if (ledger_ != nullptr && ledger_->entry != 0) turn.journal.erase(ledger_->key());
  service_.destroy(*this);
}

void Session::on_timer(engine::Turn& turn) {
  if (finishing_) return finish(turn);
  if (stream_ != nullptr) return check_ack_timer(turn);
  CHECK(waiting_ && user != nullptr);
  trace::count(trace::Counter::xmpp_resumptions_expired);
  finish(turn);
}

// A client far away takes stored messages slower than the store gives them: half of what may be
// unacknowledged is theirs, the rest is for what comes meanwhile.
bool Session::congested() const {
  if (stream_ == nullptr) return false;
  return stream_->congested() || half_unacked();
}

void Session::on_uncongested(engine::Turn& turn) {
  if (user != nullptr) service_.realm().uncongested(*this, turn);
}

SessionFacts Session::facts() const {
  SessionFacts facts;
  facts.jid = full_jid;
  facts.since = since_;
  facts.priority = priority;
  facts.available = available();
  facts.inactive = client_state_ != nullptr;
  facts.tls = "none";
  facts.stream_management = "off";
  if (stream_ != nullptr) {
    facts.remote_address = stream_->remote_address();
    facts.mechanism = sasl::name(stream_->mechanism());
    if (stream_->tls_version() == 0x0303) facts.tls = "TLSv1.2";
    if (stream_->tls_version() == 0x0304) facts.tls = "TLSv1.3";
  }
  if (stream_management_ != nullptr) {
    facts.stream_management = detached() ? "detached"
                              : stream_management_->resumable() ? "resumable"
                                                                : "acks";
    facts.unacked = stream_management_->unacked_count();
  }
  return facts;
}

}  // namespace xmpp
