// What a bound client says: stanzas are checked, stamped and handed to a feature or to the realm.
#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "engine/trace/trace.h"
#include "protocols/xmpp/dispatch.h"
#include "protocols/xmpp/namespaces.h"
#include "protocols/xmpp/nonza.h"
#include "protocols/xmpp/service.h"
#include "protocols/xmpp/session.h"
#include "protocols/xmpp/session/stanza_facts.h"
#include "protocols/xmpp/stream.h"

namespace xmpp {

namespace {

void count_received(im::StanzaKind kind) {
  switch (kind) {
    case im::StanzaKind::message:
      return trace::count(trace::Counter::xmpp_messages_received);
    case im::StanzaKind::presence:
      return trace::count(trace::Counter::xmpp_presence_received);
    case im::StanzaKind::iq:
      return trace::count(trace::Counter::xmpp_iqs_received);
  }
}

bool kind_of(base::Bytes name, im::StanzaKind& out) {
  if (name == "message") {
    out = im::StanzaKind::message;
  } else if (name == "presence") {
    out = im::StanzaKind::presence;
  } else if (name == "iq") {
    out = im::StanzaKind::iq;
  } else {
    return false;
  }
  return true;
}

// RFC 6120 §8.2.3: get and set have exactly one child, a result at most one.
bool has_right_children(const xml::Element& iq, im::StanzaType type) {
  const xml::Element first = iq.first_child();
  if (type == im::StanzaType::error) return true;
  if (!first) return type == im::StanzaType::result;
  return !first.next_sibling();
}

}  // namespace

void Session::on_element(const xml::Element& element, engine::Turn& turn) {
  CHECK(stream_ != nullptr && user != nullptr);
  const base::Bytes ns = element.ns();
  if (ns == ns::kStreamManagement) return on_stream_management(element, turn);
  if (ns == ns::kClientState) return on_client_state(element, turn);
  im::StanzaKind kind;
  const bool stanza = kind_of(element.name(), kind);
  if (stanza && ns == ns::kClient) return on_stanza(element, kind, turn);
  stream_->fail(stanza ? StreamError::invalid_namespace : StreamError::unsupported_stanza_type, {},
                turn);
}

// RFC 6120 §8.1.2.1: a client may name itself, its account or nobody as the sender.
bool Session::check_from(const xml::Element& element, engine::Turn& turn) {
  if (!element.has_attribute("from")) return true;
  const base::Bytes text = element.attribute("from");
  if (text == full_jid || text == bare_jid()) return true;
  jid::JidView from;
  const bool valid = jid::parse(text, service_.from_scratch(), from) &&
                     (from.full() == full_jid || from.full() == bare_jid());
  if (!valid) stream_->fail(StreamError::invalid_from, {}, turn);
  return valid;
}

void Session::refuse(const im::Stanza& stanza, im::ErrorCondition condition, engine::Turn& turn) {
  trace::count(trace::Counter::xmpp_stanzas_refused);
  service_.realm().bounce(stanza, im::error(condition), turn);
}

void Session::on_stanza(const xml::Element& element, im::StanzaKind kind, engine::Turn& turn) {
  active_since = turn.now;
  count_received(kind);
  trace::stanza(bare_jid(), true, element.outer());
  if (!check_from(element, turn)) return;
  if (stream_management_ != nullptr) stream_management_->received();

  im::Stanza stanza;
  stanza.kind = kind;
  stanza.from = jid();
  stanza.id = element.attribute("id");
  stanza.lang = element.attribute("lang", ns::kXml);
  // RFC 6120 §4.7.4: what the stream says holds for stanzas that say nothing.
  if (stanza.lang.empty()) stanza.lang = stream_->language();
  // So that a bounce of an unreadable type is one of a request.
  if (kind == im::StanzaKind::iq) stanza.type = im::StanzaType::get;
  if (kind == im::StanzaKind::presence) stanza.type = im::StanzaType::available;
  im::StanzaType type;
  const bool typed = im::parse_type(kind, element.attribute("type"), type);
  if (typed) stanza.type = type;
  if (element.has_attribute("to") &&
      !jid::parse(element.attribute("to"), service_.to_scratch(), stanza.to)) {
    stanza.to = {};
    return refuse(stanza, im::ErrorCondition::jid_malformed, turn);
  }
  std::string& attributes = service_.attributes_scratch();
  attributes.clear();
  element.forwarded_attributes(attributes);
  stanza.attributes = attributes;
  stanza.payload = content_without_forgeries(element, service_.realm().options(),
                                             service_.payload_scratch());
  if (!typed) return refuse(stanza, im::ErrorCondition::bad_request, turn);
  if (kind == im::StanzaKind::iq) return on_iq(element, stanza, turn);
  if (kind == im::StanzaKind::message) {
    stanza.facts = message_facts(element, type);
  } else if (!read_presence(element, service_.status_scratch(), stanza)) {
    return refuse(stanza, im::ErrorCondition::bad_request, turn);
  }
  if (kind == im::StanzaKind::message && known_already()) return;
  // From its first presence on it may be sent messages; what an earlier session of the account is
  // about to hand back comes first.
  if (kind == im::StanzaKind::presence && !available()) service_.finish_ending(bare_jid(), turn);
  service_.realm().from_client(stanza, *this, turn);
  if (kind == im::StanzaKind::message) note_message(turn);
  if (kind == im::StanzaKind::presence) save(turn);
}

void Session::on_iq(const xml::Element& element, const im::Stanza& stanza, engine::Turn& turn) {
  if (stanza.id.empty() || !has_right_children(element, stanza.type)) {
    return refuse(stanza, im::ErrorCondition::bad_request, turn);
  }
  const jid::JidView& to = stanza.to;
  const bool self = to.empty() || to.full() == bare_jid();
  const bool host = !to.has_local() && !to.has_resource() &&
                    service_.realm().options().hosts(to.full());
  const bool request =
      stanza.type == im::StanzaType::get || stanza.type == im::StanzaType::set;
  if (!self && !host) return service_.realm().from_client(stanza, *this, turn);
  // Answers to the server's own pushes and pings need nothing more.
  if (!request) return;
  answer_iq(*this, self ? To::self : To::host, stanza, element.first_child(), turn);
  save(turn);
}

void Session::ping(engine::Turn& turn) {
  std::string id = "ping-";
  append_number(++pushes_, id);
  im::Stanza iq;
  iq.kind = im::StanzaKind::iq;
  iq.type = im::StanzaType::get;
  iq.from = jid::JidView::trusted(domain());
  iq.to = jid();
  iq.id = id;
  iq.payload = "<ping xmlns='urn:xmpp:ping'/>";
  deliver(iq, turn);
}

}  // namespace xmpp
