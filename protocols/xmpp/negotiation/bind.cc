// Between authentication and a session: resource binding (RFC 6120 §7) or resumption (XEP-0198 §5).
#include <utility>

#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "protocols/jid/jid.h"
#include "protocols/xml/writer.h"
#include "protocols/xmpp/namespaces.h"
#include "protocols/xmpp/negotiation/login.h"
#include "protocols/xmpp/nonza.h"
#include "protocols/xmpp/service.h"
#include "protocols/xmpp/session.h"
#include "protocols/xmpp/stream.h"

namespace xmpp {

void Stream::on_authenticated(const xml::Element& element, engine::Turn& turn) {
  CHECK(login_ != nullptr && login_->authenticated && session_ == nullptr);
  const base::Bytes name = element.name();
  const base::Bytes ns = element.ns();
  if (ns == ns::kStreamManagement) {
    if (name == "resume") return on_resume(element, turn);
    if (name == "enable") return send(failed_nonza("unexpected-request"), turn);
    return fail(StreamError::unsupported_stanza_type, {}, turn);
  }
  if (ns == ns::kClientState) return;   // XEP-0352 §2: too early to mean anything
  const bool stanza = name == "message" || name == "presence" || name == "iq";
  if (stanza && ns != ns::kClient) return fail(StreamError::invalid_namespace, {}, turn);
  if (!stanza) return fail(StreamError::unsupported_stanza_type, {}, turn);
  const xml::Element payload = element.first_child();
  if (name == "iq" && payload && payload.is("bind", ns::kBind)) {
    return on_bind(element, payload, turn);
  }
  // §7.1: no stanza goes anywhere before the stream has an address.
  fail(StreamError::not_authorized, "bind a resource first", turn);
}

void Stream::on_bind(const xml::Element& iq, const xml::Element& bind, engine::Turn& turn) {
  login_->bind_id = iq.attribute("id");
  if (iq.attribute("type") != "set" || login_->bind_id.empty() || bind.next_sibling()) {
    return refuse_bind(im::ErrorCondition::bad_request, im::ErrorType::modify, turn);
  }
  std::string wish = login_->user;
  if (const xml::Element resource = bind.child("resource", ns::kBind)) {
    const std::string text = resource.text();
    // An empty wish is none: the server chooses (§7.6).
    if (!text.empty()) {
      wish.push_back('/');
      if (!jid::prepare_resource(text, wish)) {
        return refuse_bind(im::ErrorCondition::bad_request, im::ErrorType::modify, turn);
      }
    }
  }
  session_ = &service_->adopt(std::make_unique<Session>(*service_, *this, turn));
  state_ = StreamState::binding;
  session_->bind(wish, turn);
}

void Stream::refuse_bind(im::ErrorCondition condition, im::ErrorType type, engine::Turn& turn) {
  im::StanzaError error;
  error.condition = condition;
  error.type = type;
  base::Sink& out = turn.out.begin_send(connection_);
  out.append("<iq type='error'");
  if (!login_->bind_id.empty()) xml::write_attribute("id", login_->bind_id, out);
  out.push_back('>');
  im::write(error, out);
  out.append("</iq>");
  turn.out.end_send();
}

void Stream::bind_refused(im::BindResult why, engine::Turn& turn) {
  session_ = nullptr;
  if (state_ == StreamState::closing) return;
  CHECK(state_ == StreamState::binding);
  state_ = StreamState::authenticated;
  switch (why) {
    case im::BindResult::conflict:
      trace::count(trace::Counter::xmpp_bind_conflicts);
      refuse_bind(im::ErrorCondition::conflict, im::ErrorType::modify, turn);
      break;
    case im::BindResult::too_many_sessions:
      trace::count(trace::Counter::xmpp_limit_sessions);
      refuse_bind(im::ErrorCondition::resource_constraint, im::ErrorType::wait, turn);
      break;
    case im::BindResult::no_such_account:
      // Deleted between login and bind, or the store does not answer.
      return fail(StreamError::not_authorized, "there is no such account", turn);
    default:
      refuse_bind(im::ErrorCondition::internal_server_error, im::ErrorType::wait, turn);
      break;
  }
  if (!feeding_) release_held(turn);
}

void Stream::bound(engine::Turn& turn) {
  CHECK(state_ == StreamState::binding && session_ != nullptr);
  base::Sink& out = turn.out.begin_send(connection_);
  out.append("<iq type='result'");
  xml::write_attribute("id", login_->bind_id, out);
  out.append("><bind xmlns='").append(ns::kBind).append("'>");
  xml::write_text_element("jid", session_->full_jid, out);
  out.append("</bind></iq>");
  turn.out.end_send();
  enter_session(turn);
}

// What only logging in needed is freed; from here on the timer watches for silence.
void Stream::enter_session(engine::Turn& turn) {
  CHECK(session_ != nullptr && login_ != nullptr && login_->ticket == 0);
  state_ = StreamState::bound;
  const std::unique_ptr<Login> login = std::move(login_);
  if (login->paused) turn.out.resume(connection_);
  turn.timers.arm(timer_, turn.now + service_->options().idle_timeout);
  if (!login->held.empty() && !feeding_) feed(login->held, turn);
}

void Stream::on_resume(const xml::Element& element, engine::Turn& turn) {
  uint32_t h = 0;
  if (!parse_number(element.attribute("h"), h)) {
    return send(failed_nonza("bad-request"), turn);
  }
  login_->resume_id = element.attribute("previd");
  login_->resume_h = h;
  resume(turn);
}

// Until the journal has what the client sent on its last connection, and, after a restart, until
// the sessions are back.
void Stream::wait_to_resume(engine::Journal::Position position) {
  CHECK(state_ == StreamState::authenticated && login_->ticket == 0);
  state_ = StreamState::binding;
  service_->wait_to_resume(*this, position);
}

void Stream::resume(engine::Turn& turn) {
  if (service_->restoring()) return wait_to_resume(0);
  // An id is worth something only to its own account, whose sessions all live on this shard.
  Session* session = service_->find_resumable(login_->user, login_->resume_id);
  if (session == nullptr) return resume_refused(turn);
  StreamManagement& acks = *session->stream_management();
  if (!acks.plausible(login_->resume_h)) {
    trace::count(trace::Counter::xmpp_acks_refused);
    return fail(StreamError::undefined_condition, "acknowledged more than was sent", turn,
                too_high(login_->resume_h, acks.sent_count()));
  }
  session->give_way(turn);
  if (session->finishing()) return resume_refused(turn);
  // <resumed h/> acknowledges.
  const engine::Journal::Position position = session->note_received(turn);
  if (turn.journal.committed() < position) return wait_to_resume(position);
  if (!session->resume(*this, login_->resume_h, turn)) return resume_refused(turn);
  base::Sink& out = turn.out.begin_send(connection_);
  out.append("<resumed xmlns='urn:xmpp:sm:3' previd='").append(acks.id()).append("' h='");
  append_number(acks.h(), out);
  out.append("'/>");
  turn.out.end_send();
  CHECK(session->stream() == this && session->user != nullptr);
  session_ = session;
  session->resend(turn);
  if (session_ == nullptr) return;  // what it is owed was more than it may hold: it has ended
  enter_session(turn);
}

void Stream::resume_refused(engine::Turn& turn) {
  trace::count(trace::Counter::xmpp_resumptions_refused);
  send(failed_nonza("item-not-found"), turn);
}

void Stream::resume_again(engine::Turn& turn) {
  if (state_ != StreamState::binding) return;  // it is closing
  state_ = StreamState::authenticated;
  resume(turn);
  if (state_ == StreamState::authenticated && !feeding_) release_held(turn);
}

}  // namespace xmpp
