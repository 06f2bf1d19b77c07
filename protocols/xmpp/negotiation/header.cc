// Stream headers and features (RFC 6120 §4.3, §4.7, §4.8).
#include "engine/base/check.h"
#include "engine/trace/trace.h"
#include "protocols/jid/jid.h"
#include "protocols/xml/writer.h"
#include "protocols/xmpp/feature.h"
#include "protocols/xmpp/namespaces.h"
#include "protocols/xmpp/negotiation/header_tag.h"
#include "protocols/xmpp/negotiation/login.h"
#include "protocols/xmpp/service.h"
#include "protocols/xmpp/stream.h"

namespace xmpp {

void Stream::on_header(const xml::Element& header, engine::Turn& turn) {
  CHECK(state_ == StreamState::header && login_ != nullptr);
  if (!check_namespaces(header, turn) || !check_addresses(header, turn) ||
      !check_version(header, turn)) {
    return;
  }
  const base::Bytes language = header.attribute("lang", ns::kXml);
  if (language.size() <= 64) language_ = base::PackedString(language);
  base::Sink& out = turn.out.begin_send(connection_);
  write_header(out, turn);
  write_features(out);
  turn.out.end_send();
  state_ = login_->authenticated ? StreamState::authenticated : StreamState::offered;
}

bool Stream::check_namespaces(const xml::Element& header, engine::Turn& turn) {
  const base::Bytes tag = header.outer();
  if (header.ns() != ns::kStreams) {
    fail(StreamError::invalid_namespace, {}, turn);
  } else if (header.name() != "stream") {
    fail(StreamError::bad_format, {}, turn);
  } else if (!tag.starts_with("<stream:stream")) {
    // RFC 6120 §4.8.5: for the sake of old implementations only this prefix is spoken.
    fail(StreamError::bad_namespace_prefix, {}, turn);
  } else if (default_namespace(tag) != ns::kClient) {
    fail(StreamError::invalid_namespace, {}, turn);
  }
  return state_ != StreamState::closing;
}

// RFC 6120 §4.7.5: major.minor, and no version means 0.9, which we do not speak.
bool Stream::check_version(const xml::Element& header, engine::Turn& turn) {
  if (is_version_1(header.attribute("version"))) return true;
  fail(StreamError::unsupported_version, {}, turn);
  return false;
}

bool Stream::check_addresses(const xml::Element& header, engine::Turn& turn) {
  std::string domain;
  if (header.has_attribute("to")) {
    if (!jid::prepare_domain(header.attribute("to"), domain)) {
      fail(StreamError::improper_addressing, {}, turn);
      return false;
    }
  } else if (login_->authenticated) {
    domain = login_->domain;
  } else {
    fail(StreamError::improper_addressing, "the attribute 'to' is missing", turn);
    return false;
  }
  if (login_->authenticated && domain != login_->domain) {
    // Who proved to be somebody here is nobody there.
    fail(StreamError::not_authorized, "authenticated for another domain", turn);
    return false;
  }
  if (!service_->realm().options().hosts(domain)) {
    fail(StreamError::host_unknown, {}, turn);
    return false;
  }
  login_->domain = domain;
  login_->from.clear();
  if (!header.has_attribute("from")) return true;
  jid::JidView from;
  const bool valid = jid::parse(header.attribute("from"), service_->from_scratch(), from);
  if (valid) login_->from = from.bare();
  if (login_->authenticated && login_->from != login_->user) {
    fail(StreamError::invalid_from, {}, turn);
    return false;
  }
  return true;
}

void Stream::write_header(base::Sink& out, engine::Turn& turn) {
  const auto& domains = service_->realm().options().domains;
  base::Bytes domain = login_ != nullptr ? base::Bytes(login_->domain) : base::Bytes();
  if (domain.empty() && !domains.empty()) domain = domains.front();
  out.append("<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='");
  out.append(ns::kStreams).append("' id='");
  turn.random.token(16, out);   // §4.7.3: 128 bits nobody can guess
  out.push_back('\'');
  xml::write_attribute("from", domain, out);
  if (login_ != nullptr && !login_->from.empty()) xml::write_attribute("to", login_->from, out);
  out.append(" version='1.0' xml:lang='en'>");
  header_sent_ = true;
}

void Stream::write_features(base::Sink& out) const {
  out.append("<stream:features>");
  if (!login_->authenticated) {
    write_early_features(out);
  } else {
    out.append(
        "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
        "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'><optional/></session>"
        "<sm xmlns='urn:xmpp:sm:3'/><csi xmlns='urn:xmpp:csi:0'/>"
        "<ver xmlns='urn:xmpp:features:rosterver'/>"
        "<sub xmlns='urn:xmpp:features:pre-approval'/>");
    for (const Feature* feature : all_features()) {
      const bool on = feature->enabled == nullptr || feature->enabled(service_->options());
      if (on && feature->stream_feature != nullptr) {
        feature->stream_feature(service_->options(), out);
      }
    }
  }
  out.append("</stream:features>");
}

void Stream::write_early_features(base::Sink& out) const {
  if (!secured() && listener().tls != TlsMode::off) {
    out.append("<starttls xmlns='").append(ns::kTls);
    out.append(listener().tls == TlsMode::required ? "'><required/></starttls>" : "'/>");
  }
  if (!sasl_allowed()) return;
  sasl::write_features(mechanisms(), login_->bindings, out);
  for (const Feature* feature : all_features()) {
    const bool on = feature->enabled == nullptr || feature->enabled(service_->options());
    if (on && feature->early_stream_feature != nullptr) {
      feature->early_stream_feature(service_->options(), out);
    }
  }
}

}  // namespace xmpp
