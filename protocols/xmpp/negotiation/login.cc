// The SASL exchange of a stream (RFC 6120 §6), up to <success/> on the account's own shard.
#include "protocols/xmpp/negotiation/login.h"

#include <utility>

#include "engine/base/base64.h"
#include "engine/base/check.h"
#include "engine/base/plant.h"
#include "engine/trace/counters.h"
#include "engine/trace/trace.h"
#include "protocols/jid/jid.h"
#include "protocols/xmpp/namespaces.h"
#include "protocols/xmpp/sasl/plain.h"
#include "protocols/xmpp/service.h"
#include "protocols/xmpp/stream.h"

namespace xmpp {

// Brings the store's answer back to the stream that asked, if it still waits for it.
struct SaslAnswer final : im::StoreRequest::Context {
  SaslAnswer(Service& s, uint64_t t) : service(s), ticket(t) {}
  void answered(im::StoreRequest& request, im::Realm&, engine::Turn& turn) override {
    Stream* stream = service.find_waiting(ticket);
    if (stream == nullptr) return;
    service.drop_ticket(ticket);
    stream->on_store(request, turn);
  }
  Service& service;
  uint64_t ticket;
};

namespace {

void write_base64(base::Bytes element, base::Bytes data, base::Sink& out) {
  out.append("<").append(element).append(" xmlns='").append(ns::kSasl);
  if (data.empty()) {
    out.append("'/>");
    return;
  }
  out.append("'>");
  base::base64_encode(data, out);
  out.append("</").append(element).append(">");
}

sasl::Failure failure_of(sasl::Step step) {
  switch (step) {
    case sasl::Step::malformed: return sasl::Failure::malformed_request;
    case sasl::Step::invalid_authzid: return sasl::Failure::invalid_authzid;
    case sasl::Step::not_authorized: return sasl::Failure::not_authorized;
    case sasl::Step::ok: break;
  }
  CHECK(false);
}

base::Bytes tls_name(uint16_t version) {
  return version == 0 ? "none" : version == 0x0304 ? "TLSv1.3" : "TLSv1.2";
}

}  // namespace

void Stream::on_auth(const xml::Element& element, engine::Turn& turn) {
  if (state_ != StreamState::offered) {
    // A second <auth/> while an exchange runs: the first one is over (§6.4.2).
    return sasl_failure(sasl::Failure::malformed_request, turn);
  }
  if (!sasl_allowed()) return sasl_failure(sasl::Failure::encryption_required, turn);
  sasl::Mechanism wanted;
  if (!sasl::parse(element.attribute("mechanism"), wanted) ||
      (mechanisms() & sasl::bit(wanted)) == 0) {
    return sasl_failure(sasl::Failure::invalid_mechanism, turn);
  }
  mechanism_ = wanted;
  if (sasl::is_scram(wanted)) {
    const bool plus = login_->bindings.any();
    login_->scram = std::make_unique<sasl::Scram>(wanted, plus);
  }
  login_->first_message = true;
  const std::string text = element.text();
  if (!text.empty()) return on_sasl_message(text, turn);
  // No initial response (§6.4.2): the client's turn, with an empty challenge.
  send("<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>", turn);
  state_ = StreamState::sasl_response;
}

void Stream::on_response(const xml::Element& element, engine::Turn& turn) {
  if (state_ != StreamState::sasl_response) {
    return sasl_failure(sasl::Failure::malformed_request, turn);
  }
  on_sasl_message(element.text(), turn);
}

void Stream::on_sasl_message(base::Bytes encoded, engine::Turn& turn) {
  std::string message;
  // "=" is the initial response of zero length (§6.4.2).
  if (encoded != "=" && !base::base64_decode(encoded, message)) {
    return sasl_failure(sasl::Failure::incorrect_encoding, turn);
  }
  if (mechanism_ == sasl::Mechanism::plain) return plain(message, turn);
  if (std::exchange(login_->first_message, false)) return scram_first(message, turn);
  scram_final(message, turn);
}

// The account the exchange is about, and whether it may be another's (§6.3.8: it may not).
bool Stream::identify(base::Bytes authcid, base::Bytes authzid, engine::Turn& turn) {
  std::string user;
  if (!jid::prepare_local(authcid, user)) {
    sasl_failure(sasl::Failure::not_authorized, turn);
    return false;
  }
  user.append("@").append(login_->domain);
  if (!authzid.empty()) {
    jid::JidView other;
    if (!jid::parse(authzid, service_->from_scratch(), other) || other.full() != user) {
      sasl_failure(sasl::Failure::invalid_authzid, turn);
      return false;
    }
  }
  login_->user = std::move(user);
  return true;
}

void Stream::scram_first(base::Bytes message, engine::Turn& turn) {
  CHECK(login_->scram != nullptr);
  sasl::Scram& scram = *login_->scram;
  const sasl::Step step = scram.client_first(message, login_->bindings);
  if (step != sasl::Step::ok) {
    if (step == sasl::Step::not_authorized) {
      trace::count(trace::Counter::xmpp_channel_binding_failures);
    }
    return sasl_failure(failure_of(step), turn);
  }
  if (!identify(scram.username(), scram.authzid(), turn)) return;
  ask(im::StoreKind::load_credentials, {}, turn);
}

void Stream::scram_final(base::Bytes message, engine::Turn& turn) {
  CHECK(login_->scram != nullptr && !login_->user.empty());
  const sasl::Step step = login_->scram->client_final(message);
  if (step != sasl::Step::ok) return sasl_failure(failure_of(step), turn);
  logged_in(turn);
}

void Stream::plain(base::Bytes message, engine::Turn& turn) {
  sasl::Plain parts;
  std::string password;
  if (!sasl::parse_plain(message, parts)) {
    return sasl_failure(sasl::Failure::malformed_request, turn);
  }
  if (!identify(parts.authcid, parts.authzid, turn)) return;
  if (!jid::prepare_password(parts.password, password)) {
    return sasl_failure(sasl::Failure::not_authorized, turn);
  }
  ask(im::StoreKind::verify_password, std::move(password), turn);
}

void Stream::ask(im::StoreKind kind, std::string text, engine::Turn& turn) {
  CHECK(!login_->user.empty() && !login_->authenticated);
  // A registration's answer that is still out is of no interest to somebody who logs in.
  if (login_->ticket != 0) service_->drop_ticket(login_->ticket);
  auto request = std::make_unique<im::StoreRequest>();
  request->kind = kind;
  request->user = login_->user;
  request->text = std::move(text);
  request->then = std::make_unique<SaslAnswer>(*service_, service_->take_ticket(*this));
  state_ = StreamState::sasl_store;
  service_->realm().ask(std::move(request), turn);
}

void Stream::on_store(im::StoreRequest& answer, engine::Turn& turn) {
  if (state_ == StreamState::closing) return;
  CHECK(state_ == StreamState::sasl_store && answer.user == login_->user);
  if (answer.status == im::StoreStatus::failed) {
    sasl_failure(sasl::Failure::temporary_auth_failure, turn);
  } else if (mechanism_ != sasl::Mechanism::plain) {
    challenge(answer, turn);
  } else if (answer.status == im::StoreStatus::ok) {
    logged_in(turn);
  } else {
    sasl_failure(sasl::Failure::not_authorized, turn);
  }
  if (!waits() && state_ != StreamState::closing) release_held(turn);
}

void Stream::challenge(const im::StoreRequest& answer, engine::Turn& turn) {
  const base::HashKind kind = sasl::hash_of(mechanism_);
  const im::ScramKeys& stored =
      kind == base::HashKind::sha1 ? answer.credentials.sha1 : answer.credentials.sha256;
  const bool known = answer.status == im::StoreStatus::ok && stored.iterations > 0 &&
                     stored.stored_key.size() == base::digest_length(kind);
  const im::ScramKeys imaginary = sasl::imaginary_keys(
      kind, login_->user, service_->node().secret, service_->options().scram_iterations);
  std::string nonce;
  turn.random.token(18, nonce);
  const std::string hash = sasl::downgrade_hash(kind, mechanisms(), login_->bindings);
  const base::Bytes message =
      login_->scram->server_first(known ? stored : imaginary, known, nonce, hash);
  write_base64("challenge", message, turn.out.begin_send(connection_));
  turn.out.end_send();
  state_ = StreamState::sasl_response;
}

void Stream::sasl_failure(sasl::Failure failure, engine::Turn& turn) {
  CHECK(!login_->authenticated);
  trace::count(trace::Counter::xmpp_login_failures);
  TRACE(sasl, debug, "login refused", {"user", login_->user}, {"why", sasl::name(failure)},
        {"mechanism", sasl::name(mechanism_)}, {"address", remote_address()});
  base::Sink& out = turn.out.begin_send(connection_);
  out.append("<failure xmlns='").append(ns::kSasl).append("'><");
  out.append(sasl::name(failure)).append("/></failure>");
  turn.out.end_send();
  login_->scram.reset();
  login_->user.clear();
  login_->first_message = false;
  mechanism_ = sasl::Mechanism::none;
  state_ = StreamState::offered;
  if (++login_->failures < service_->options().authentication_failures_max) return;
  // §6.4.5: a limit on retries, and then the stream ends.
  trace::count(trace::Counter::xmpp_limit_login_failures);
  fail(StreamError::policy_violation, "too many failed attempts to log in", turn);
}

void Stream::logged_in(engine::Turn& turn) {
  trace::count(trace::Counter::xmpp_logins);
  TRACE(sasl, info, "login", {"user", login_->user}, {"mechanism", sasl::name(mechanism_)},
        {"tls", tls_name(tls_version_)}, {"address", remote_address()});
  CHECK(!login_->authenticated && !login_->user.empty());
  // Nor one that was asked for in the middle of the exchange: its ticket is this shard's, and of a
  // stream that is logging in.
  if (login_->ticket != 0) service_->drop_ticket(login_->ticket);
  login_->authenticated = true;
  const engine::Owner owner = service_->partition().owner(login_->user);
  if (owner.shard == service_->shard()) return succeed(turn);
  CHECK(owner.shard < service_->node().services.size());
  trace::count(trace::Counter::xmpp_streams_moved);
  timer_.disarm();
  service_->leave(*this);
  if (std::exchange(login_->paused, false)) turn.out.resume(connection_);
  state_ = StreamState::moving;
  turn.out.move(connection_, owner.shard);
}

void Stream::on_moved(engine::ConnectionId connection, engine::Turn& turn) {
  CHECK(state_ == StreamState::moving && connection);
  CHECK(!listed_ && login_->authenticated && login_->ticket == 0);
  Service* home = service_->node().services[turn.shard];
  CHECK(home != nullptr && home->shard() == turn.shard);
  service_ = home;
  const uint32_t before = connection_.generation;
  connection_ = connection;
  if (base::plant == base::Plant::stale_generation) connection_.generation = before;
  service_->enter(*this);
  turn.timers.arm(timer_, login_->deadline);
  succeed(turn);
  if (state_ != StreamState::closing) release_held(turn);
}

// §6.4.6: the exchange is over, its secrets are forgotten, and the client opens a new stream.
void Stream::succeed(engine::Turn& turn) {
  const base::Bytes last =
      login_->scram != nullptr ? login_->scram->server_final() : base::Bytes();
  write_base64("success", last, turn.out.begin_send(connection_));
  turn.out.end_send();
  login_->scram.reset();
  reader_.restart();
  header_sent_ = false;
  state_ = StreamState::header;
}

}  // namespace xmpp
