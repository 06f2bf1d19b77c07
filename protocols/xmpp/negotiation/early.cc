// What a client may say before it has authenticated: STARTTLS (RFC 6120 §5), SASL (§6), and
// registration where it is on (XEP-0077).
#include "engine/base/check.h"
#include "protocols/xmpp/dispatch.h"
#include "protocols/xmpp/namespaces.h"
#include "protocols/xmpp/negotiation/login.h"
#include "protocols/xmpp/service.h"
#include "protocols/xmpp/stream.h"

namespace xmpp {

bool Stream::sasl_allowed() const { return secured() || listener().sasl_without_tls; }

sasl::MechanismSet Stream::mechanisms() const {
  return sasl::offered(login_->bindings, service_->options().sasl_plain);
}

void Stream::on_early(const xml::Element& element, engine::Turn& turn) {
  const base::Bytes name = element.name();
  const base::Bytes ns = element.ns();
  if (ns == ns::kSasl) {
    if (name == "auth") return on_auth(element, turn);
    if (name == "response") return on_response(element, turn);
    // An abort of nothing is answered like one of something (§6.4.4).
    if (name == "abort") return sasl_failure(sasl::Failure::aborted, turn);
    return sasl_failure(sasl::Failure::malformed_request, turn);
  }
  if (ns == ns::kTls && name == "starttls") return on_starttls(turn);
  if (ns == ns::kClient && name == "iq") return on_early_iq(element, turn);
  const bool stanza = name == "message" || name == "presence" || name == "iq";
  if (stanza && ns != ns::kClient) return fail(StreamError::invalid_namespace, {}, turn);
  // §4.9.3.12: stanzas are for those who have authenticated.
  fail(stanza ? StreamError::not_authorized : StreamError::unsupported_stanza_type, {}, turn);
}

void Stream::on_starttls(engine::Turn& turn) {
  if (secured() || listener().tls == TlsMode::off) {
    // §5.4.2.2: a failure ends the stream.
    turn.out.send(connection_, "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
    return on_end(turn);
  }
  CHECK(!login_->authenticated);
  turn.out.send(connection_, "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
  turn.out.start_tls(connection_);
  reader_.restart();
  state_ = StreamState::securing;
}

void Stream::on_secured(const engine::TlsFacts& facts, engine::Turn& turn) {
  if (state_ == StreamState::closing) return;
  CHECK(login_ != nullptr && !login_->authenticated && facts.version != 0);
  tls_version_ = facts.version;
  login_->bindings.exporter = facts.exporter;
  login_->bindings.server_end_point = facts.server_end_point;
  login_->bindings.unique = facts.unique;
  state_ = StreamState::header;
  header_sent_ = false;
  last_heard_ = turn.now;
}

void Stream::on_early_iq(const xml::Element& iq, engine::Turn& turn) {
  im::Stanza stanza;
  stanza.kind = im::StanzaKind::iq;
  stanza.id = iq.attribute("id");
  stanza.to = jid::JidView::trusted(login_->domain);
  const xml::Element payload = iq.first_child();
  const bool request = im::parse_type(im::StanzaKind::iq, iq.attribute("type"), stanza.type) &&
                       (stanza.type == im::StanzaType::get || stanza.type == im::StanzaType::set);
  const bool whole = request && !stanza.id.empty() && payload && !payload.next_sibling();
  stanza.payload = iq.inner();
  // One question at a time: the answer finds the way back by the stream's one ticket.
  const bool allowed = whole && sasl_allowed() && login_->ticket == 0;
  if (!allowed || !answer_early_iq(*this, stanza, payload, turn)) {
    fail(StreamError::not_authorized, {}, turn);
  }
}

}  // namespace xmpp
