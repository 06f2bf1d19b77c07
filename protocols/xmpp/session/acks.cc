// Stream management (XEP-0198) and client state (XEP-0352) of a bound session.
#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/plant.h"
#include "engine/trace/counters.h"
#include "engine/trace/trace.h"
#include "protocols/xmpp/namespaces.h"
#include "protocols/xmpp/nonza.h"
#include "protocols/xmpp/service.h"
#include "protocols/xmpp/session.h"
#include "protocols/xmpp/stream.h"

namespace xmpp {

namespace {

// An acknowledgement is asked for when this many stanzas went out since the last request, or this
// long after the first of them.
constexpr uint32_t kRequestEvery = 8;
constexpr base::Duration kRequestAfter = base::Duration::milliseconds(200);
// A client that does not answer a request for so long is not there any more.
constexpr base::Duration kAnswerWithin = base::Duration::seconds(60);
// A page of stored messages (64 KiB) fits into it.
constexpr uint32_t kCrowdedShare = 2;

}  // namespace

// While the shard's sessions hold too much together, those with little in flight stay.
uint32_t Session::unacked_bytes_max() const {
  const Options& options = service_.options();
  const bool crowded = service_.unacked_bytes() > options.unacked_shard_bytes_max;
  return options.unacked_bytes_max / (crowded ? kCrowdedShare : 1);
}

// The largest stanza's bytes do not count: one that is as large as the limit must not end the
// session of whoever it is sent to, come back from the store at the next login and end that too.
bool Session::over_limit() const {
  if (stream_management_ == nullptr) return false;
  const Options& options = service_.options();
  const StreamManagement& acks = *stream_management_;
  CHECK(acks.largest_bytes() <= acks.unacked_bytes());
  return acks.unacked_count() > options.unacked_stanzas_max ||
         acks.unacked_bytes() - acks.largest_bytes() > unacked_bytes_max();
}

bool Session::half_unacked() const {
  const Options& options = service_.options();
  return stream_management_ != nullptr &&
         (stream_management_->unacked_count() > options.unacked_stanzas_max / 2 ||
          stream_management_->unacked_bytes() > unacked_bytes_max() / 2);
}

bool Session::full() const { return finishing_ && over_limit(); }

void Session::remember(const im::Stanza& stanza, engine::Turn& turn) {
  // Between the limit and the end pass up to 100 ms, enough for very much. What wants an answer has
  // been refused (full()); the rest is soft state.
  if (full()) return;
  StreamManagement& acks = *stream_management_;
  std::string& packed = service_.pack_scratch();
  packed.clear();
  im::pack(stanza, packed);
  acks.sent(packed);
  if (in_journal()) note_sent(stanza, packed, acks.sent_count(), turn);
  if (finishing_) return;
  if (over_limit()) {
    // The policy: the session ends, and what it holds is routed again (offline storage, or back).
    trace::count(trace::Counter::xmpp_limit_unacked);
    if (stream_ != nullptr) {
      stream_->fail(StreamError::policy_violation, "too many stanzas not acknowledged", turn);
    } else {
      finish_soon(turn);
    }
    return;
  }
  if (stream_ == nullptr || acks.request_outstanding) return;
  if (acks.since_request >= kRequestEvery) {
    ask_for_ack(turn);
  } else if (!timer_.armed()) {
    turn.timers.arm(timer_, turn.now + kRequestAfter);
  }
}

void Session::ask_for_ack(engine::Turn& turn) {
  StreamManagement& acks = *stream_management_;
  CHECK(!acks.request_outstanding && stream_ != nullptr);
  acks.request_outstanding = true;
  acks.since_request = 0;
  acks.requested = turn.now;
  stream_->send("<r xmlns='urn:xmpp:sm:3'/>", turn);
  turn.timers.arm(timer_, turn.now + kAnswerWithin);
}

void Session::check_ack_timer(engine::Turn& turn) {
  if (stream_management_ == nullptr) return;
  StreamManagement& acks = *stream_management_;
  if (!acks.request_outstanding) {
    if (acks.unacked_count() > 0) ask_for_ack(turn);
    return;
  }
  if (turn.now - acks.requested < kAnswerWithin) {
    turn.timers.arm(timer_, acks.requested + kAnswerWithin);
    return;
  }
  trace::count(trace::Counter::xmpp_ack_timeouts);
  stream_->fail(StreamError::connection_timeout, "no acknowledgement", turn);
}

void Session::on_stream_management(const xml::Element& element, engine::Turn& turn) {
  const base::Bytes name = element.name();
  if (name == "enable") return on_enable(element, turn);
  if (name == "resume") {   // a bound stream cannot become another (XEP-0198 §5)
    return stream_->send(failed_nonza("unexpected-request"), turn);
  }
  if (stream_management_ == nullptr || (name != "r" && name != "a")) {
    return stream_->fail(StreamError::unsupported_stanza_type, {}, turn);
  }
  if (name == "a") return on_ack(element, turn);
  answer_request(turn);
}

// `<a/>` says that we answer for what they sent: not before it is on the disk. One request at a
// time waits for that; those that come meanwhile are answered together afterwards.
void Session::answer_request(engine::Turn& turn) {
  if (linked()) {
    ledger_->again = true;
    return;
  }
  ledger_->h = stream_management_->h();
  ledger_->position = note_received(turn);
  ledger_->again = false;
  const bool hasty = base::plant == base::Plant::ack_before_sync;
  if (turn.journal.committed() >= ledger_->position || hasty) return send_ack(ledger_->h, turn);
  service_.wait_for_commit(*this);
}

void Session::on_committed(engine::Turn& turn) {
  CHECK(!linked() && turn.journal.committed() >= ledger_->position);
  if (stream_ == nullptr) return;
  send_ack(ledger_->h, turn);
  if (ledger_->again) answer_request(turn);
}

void Session::send_ack(uint32_t h, engine::Turn& turn) {
  std::string answer = "<a xmlns='urn:xmpp:sm:3' h='";
  append_number(h, answer);
  answer.append("'/>");
  stream_->send(answer, turn);
}

void Session::on_enable(const xml::Element& element, engine::Turn& turn) {
  if (stream_management_ != nullptr) {
    return stream_->send(failed_nonza("unexpected-request"), turn);
  }
  const base::Bytes resume = element.attribute("resume");
  uint32_t seconds = service_.options().resume_seconds;
  const bool resumable = (resume == "true" || resume == "1") && seconds > 0;
  uint32_t wish = 0;
  if (parse_number(element.attribute("max"), wish) && wish > 0) seconds = std::min(seconds, wish);
  stream_management_ = std::make_unique<StreamManagement>(resumable, seconds, turn.random,
                                                         service_.unacked_bytes());
  ledger_ = std::make_unique<SessionLedger>();
  save(turn);
  std::string answer = "<enabled xmlns='urn:xmpp:sm:3'";
  if (resumable) {
    answer.append(" id='").append(stream_management_->id()).append("' resume='true' max='");
    append_number(seconds, answer);
    answer.push_back('\'');
  }
  answer.append("/>");
  stream_->send(answer, turn);
}

void Session::on_ack(const xml::Element& element, engine::Turn& turn) {
  StreamManagement& acks = *stream_management_;
  uint32_t h = 0;
  if (!parse_number(element.attribute("h"), h)) {
    return stream_->fail(StreamError::bad_format, "h is not a number", turn);
  }
  if (!acks.plausible(h)) {
    trace::count(trace::Counter::xmpp_acks_refused);
    return stream_->fail(StreamError::undefined_condition, "acknowledged more than was sent",
                         turn, too_high(h, acks.sent_count()));
  }
  forget_acked(h, turn);
  acks.request_outstanding = false;
  if (acks.unacked_count() == 0) {
    timer_.disarm();
  } else {
    turn.timers.arm(timer_, turn.now + kRequestAfter);
  }
  on_uncongested(turn);
}

// The client is on another connection: this one is given up, the session waits for that one.
void Session::give_way(engine::Turn& turn) {
  if (stream_ == nullptr) return;
  Stream* old = std::exchange(stream_, nullptr);
  old->forget_session();
  old->fail(StreamError::conflict, "resumed on another connection", turn);
  lost_stream(true, false, turn);
}

bool Session::resume(Stream& stream, uint32_t h, engine::Turn& turn) {
  CHECK(stream_management_ != nullptr && user != nullptr && !finishing_);
  CHECK(stream.session() == nullptr && stream_ == nullptr && waiting_);
  StreamManagement& acks = *stream_management_;
  const bool renumbered = acks.restored();
  forget_acked(h, turn);
  if (renumbered) note_all_sent(turn);
  flush_client_state(turn);   // XEP-0352 §3: a resumed client is active
  client_state_.reset();
  if (finishing_) return false;   // what was held back was more than may wait: it has ended
  waiting_ = false;
  trace::gauge_add(trace::Gauge::xmpp_sessions_detached, -1);
  timer_.disarm();
  acks.request_outstanding = false;
  acks.since_request = 0;
  stream_ = &stream;
  active_since = turn.now;
  trace::count(trace::Counter::xmpp_resumptions);
  TRACE(session, info, "session resumed", {"jid", full_jid}, {"unacked", acks.unacked_count()},
        {"address", stream.remote_address()});
  return true;
}

void Session::resend(engine::Turn& turn) {
  CHECK(stream_ != nullptr && stream_management_ != nullptr);
  if (stream_management_->unacked_count() == 0) {
    on_uncongested(turn);
  } else {
    base::Sink& out = turn.out.begin_send(stream_->connection());
    stream_management_->for_each_unacked([&](base::Bytes packed) {
      im::Stanza stanza;
      CHECK(im::unpack(packed, stanza));
      im::write(stanza, stanza.to, bare_jid(), out);
    });
    turn.out.end_send();
    ask_for_ack(turn);
  }
  // What it knows of others' presence is what it knew before the node stopped. Last, because what
  // it is told at once is not to be sent again.
  if (std::exchange(restored_, false)) service_.realm().refresh(*this, turn);
}

void Session::on_client_state(const xml::Element& element, engine::Turn& turn) {
  if (element.name() == "inactive") {
    if (client_state_ == nullptr) client_state_ = std::make_unique<ClientState>();
  } else if (element.name() == "active") {
    flush_client_state(turn);
    client_state_.reset();
  } else {
    stream_->fail(StreamError::unsupported_stanza_type, {}, turn);
  }
}

}  // namespace xmpp
