#include "tests/sim/client.h"

#include <algorithm>
#include <cstdlib>

#include "engine/base/base64.h"
#include "engine/base/check.h"
#include "protocols/xml/document.h"
#include "protocols/xml/writer.h"
#include "tests/support/scram_client.h"

namespace sim {

static constexpr base::Bytes kClient = "jabber:client";
static constexpr base::Bytes kStreams = "http://etherx.jabber.org/streams";
static constexpr base::Bytes kSasl = "urn:ietf:params:xml:ns:xmpp-sasl";
static constexpr base::Bytes kManagement = "urn:xmpp:sm:3";

static const xml::Limits kLimits{.depth = 64, .stanza_bytes = 1 << 22};

std::string pack_presence(base::Bytes show, base::Bytes status, int priority) {
  return std::string(show) + "|" + std::string(status) + "|" + std::to_string(priority);
}

Client::Client(Network& network, Clock& clock, base::Prng& random, ClientOptions options)
    : network_(network),
      clock_(clock),
      random_(random),
      options_(std::move(options)),
      document_(std::make_unique<xml::Document>()) {}

Client::~Client() {
  if (socket_ >= 0) network_.forget(socket_);
}

bool Client::connect() {
  CHECK(phase_ == Phase::offline);
  socket_ = network_.connect(options_.port, *this);
  if (socket_ < 0) return false;
  phase_ = Phase::connecting;
  authenticated_ = false;
  reader_ = xml::StreamReader();
  restart_stream();
  return true;
}

void Client::restart_stream() {
  reader_.restart();
  raw("<?xml version='1.0'?><stream:stream to='" + options_.domain +
      "' version='1.0' xmlns='jabber:client' "
      "xmlns:stream='http://etherx.jabber.org/streams'>");
}

void Client::raw(base::Bytes bytes) {
  if (socket_ >= 0) network_.client_send(socket_, bytes);
}

void Client::send(base::Bytes xml) {
  if (managed_) unacked_.push_back({std::string(xml), {}});
  if (phase_ == Phase::online) raw(xml);
}

void Client::log_out() {
  if (phase_ == Phase::online) {
    raw("<presence type='unavailable'/></stream:stream>");
  }
  presence.clear();
  forget_session();
  lose_connection(false);
}

void Client::lose_connection(bool reset) {
  if (socket_ >= 0) {
    network_.forget(socket_);
    if (reset) {
      network_.client_reset(socket_);
    } else {
      network_.client_finish(socket_);
    }
  }
  socket_ = -1;
  phase_ = Phase::offline;
  if (!resumable()) forget_session();
}

void Client::stall(bool stalled) {
  if (socket_ >= 0) network_.client_stall(socket_, stalled);
}

void Client::forget_session() {
  resume_id_.clear();
  managed_ = false;
  handled_ = acked_ = 0;
  unacked_.clear();
  available.clear();
  presence.clear();
  bound_.clear();
}

void Client::on_end(bool) {
  socket_ = -1;
  phase_ = Phase::offline;
  if (!resumable()) forget_session();
}

void Client::set_presence(base::Bytes show, base::Bytes status, int priority) {
  std::string xml = "<presence>";
  if (!show.empty()) xml::write_text_element("show", show, xml);
  if (!status.empty()) xml::write_text_element("status", status, xml);
  if (priority != 0) xml::write_text_element("priority", std::to_string(priority), xml);
  send(xml + "</presence>");
  presence = pack_presence(show, status, priority);
}

void Client::become_unavailable() {
  send("<presence type='unavailable'/>");
  presence.clear();
  available.clear();
  settled_at_ = clock_.now() + base::Duration::seconds(2);
}

void Client::send_message(base::Bytes to, base::Bytes body) {
  std::string xml = "<message type='chat'";
  xml::write_attribute("to", to, xml);
  xml::write_attribute("id", body, xml);
  xml += "><body>";
  xml::escape_text(body, xml);
  send(xml + "</body></message>");
  if (managed_) unacked_.back().body = std::string(body);
}

void Client::on_bytes(base::Bytes bytes) {
  const int socket = socket_;
  while (socket_ == socket) {
    switch (reader_.next(bytes, *document_, kLimits)) {
      case xml::StreamEvent::need_more:
        return;
      case xml::StreamEvent::header:
        break;
      case xml::StreamEvent::stanza:
        on_stanza(reader_.element());
        break;
      case xml::StreamEvent::end:
        raw("</stream:stream>");
        if (socket_ >= 0) network_.client_finish(socket_);
        return;
      case xml::StreamEvent::error:
        trouble = "server sent bad XML";
        lose_connection(true);
        return;
    }
  }
}

void Client::on_stanza(xml::Element stanza) {
  if (stanza.is("features", kStreams)) return on_features(stanza);
  if (stanza.is("error", kStreams)) {
    last_stream_error = std::string(stanza.first_child().name());
    return;
  }
  if (stanza.ns() == kSasl) return on_sasl(stanza);
  if (stanza.ns() == kManagement) return on_management(stanza);
  if (stanza.ns() != kClient) {
    trouble = "stanza in namespace " + std::string(stanza.ns());
    return;
  }
  if (managed_) ++handled_;
  if (stanza.name() == "iq") return on_iq(stanza);
  if (stanza.name() == "presence") return on_presence(stanza);
  if (stanza.name() == "message") return on_message(stanza);
}

void Client::on_features(xml::Element features) {
  if (!authenticated_) {
    phase_ = Phase::authenticating;
    std::string encoded;
    if (options_.scram) {
      base::base64_encode(tests::scram_client_first(options_.user, random_, scram_first_), encoded);
      raw("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-256'>" + encoded +
          "</auth>");
      return;
    }
    const std::string plain = '\0' + options_.user + '\0' + options_.password;
    base::base64_encode(plain, encoded);
    raw("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>" + encoded + "</auth>");
    if (options_.eager) {
      raw("<?xml version='1.0'?><stream:stream to='" + options_.domain +
          "' version='1.0' xmlns='jabber:client' "
          "xmlns:stream='http://etherx.jabber.org/streams'>");
    }
    return;
  }
  phase_ = Phase::binding;
  const bool offers_management = static_cast<bool>(features.child("sm", kManagement));
  if (resumable() && offers_management) {
    raw("<resume xmlns='urn:xmpp:sm:3' previd='" + resume_id_ + "' h='" +
        std::to_string(handled_) + "'/>");
    return;
  }
  raw("<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>" +
      options_.resource + "</resource></bind></iq>");
}

void Client::on_sasl(xml::Element element) {
  if (element.name() == "challenge") {
    std::string challenge;
    std::string answer;
    if (!base::base64_decode(element.text(), challenge)) trouble = "bad base64 from server";
    base::base64_encode(tests::scram_client_final(challenge, scram_first_, options_.password,
                                           scram_server_signature_),
                        answer);
    raw("<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>" + answer + "</response>");
    return;
  }
  if (element.name() != "success") {
    if (element.first_child().name() != "temporary-auth-failure") {
      trouble = "login failed: " + std::string(element.first_child().name());
    }
    lose_connection(true);
    return;
  }
  if (options_.scram) {
    std::string last;
    if (!base::base64_decode(element.text(), last) || last != "v=" + scram_server_signature_) {
      trouble = "server signature is wrong";
    }
  }
  authenticated_ = true;
  if (options_.eager && !options_.scram) {
    reader_.restart();
  } else {
    restart_stream();
  }
}

void Client::on_management(xml::Element element) {
  const base::Bytes name = element.name();
  const auto h = static_cast<uint32_t>(std::strtoul(std::string(element.attribute("h")).c_str(),
                                                    nullptr, 10));
  if (name == "r") {
    raw("<a xmlns='urn:xmpp:sm:3' h='" + std::to_string(handled_) + "'/>");
  } else if (name == "a") {
    on_acknowledged(h);
  } else if (name == "enabled") {
    resume_id_ = std::string(element.attribute("id"));
    handled_ = 0;
  } else if (name == "resumed") {
    phase_ = Phase::online;
    ++resumptions;
    on_acknowledged(h);
    resend_unacked();
  } else if (name == "failed") {
    const std::string wish = presence;
    forget_session();
    if (phase_ == Phase::binding) {
      raw("<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>" +
          options_.resource + "</resource></bind></iq>");
    }
  }
}

void Client::on_acknowledged(uint32_t h) {
  const uint32_t newly = h - acked_;
  if (newly > unacked_.size()) {
    trouble = "server acknowledged more than was sent";
    return;
  }
  for (uint32_t i = 0; i < newly; ++i) {
    if (!unacked_[i].body.empty()) acknowledged.insert(unacked_[i].body);
  }
  unacked_.erase(unacked_.begin(), unacked_.begin() + newly);
  acked_ = h;
}

void Client::resend_unacked() {
  for (const Unacked& stanza : unacked_) raw(stanza.xml);
}

void Client::on_iq(xml::Element iq) {
  const base::Bytes type = iq.attribute("type");
  const base::Bytes id = iq.attribute("id");
  if (id == "bind" && type == "result") {
    bound_ = iq.first_child().first_child().text();
    start_session();
    return;
  }
  if (type == "get" || type == "set") {
    xml::Element query = iq.child("query", "jabber:iq:roster");
    if (query && type == "set") {
      xml::Element item = query.first_child();
      const std::string jid(item.attribute("jid"));
      if (item.attribute("subscription") == "remove") {
        roster.erase(jid);
      } else {
        roster[jid] = std::string(item.attribute("subscription"));
      }
    }
    std::string reply = "<iq type='result'";
    xml::write_attribute("id", id, reply);
    if (iq.has_attribute("from")) xml::write_attribute("to", iq.attribute("from"), reply);
    send(reply + "/>");
    return;
  }
  if (id == "roster" && type == "result") {
    roster.clear();
    xml::Element query = iq.child("query", "jabber:iq:roster");
    for (xml::Element item = query.first_child(); item; item = item.next_sibling()) {
      roster[std::string(item.attribute("jid"))] = std::string(item.attribute("subscription"));
    }
  }
}

void Client::start_session() {
  phase_ = Phase::online;
  ++logins;
  available.clear();
  if (options_.stream_management) {
    raw("<enable xmlns='urn:xmpp:sm:3' resume='true'/>");
    managed_ = true;
    handled_ = acked_ = 0;
    unacked_.clear();
  }
  send("<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>");
}

void Client::on_presence(xml::Element stanza) {
  const std::string from(stanza.attribute("from"));
  const base::Bytes type = stanza.attribute("type");
  const bool about_availability = type.empty() || type == "unavailable";
  if (about_availability && presence.empty()) return;
  if (type == "unavailable") {
    if (from.find('/') != std::string::npos) available.erase(from);
  } else if (type.empty()) {
    xml::Element priority = stanza.child("priority", kClient);
    available[from] = pack_presence(
        stanza.child("show", kClient) ? stanza.child("show", kClient).text() : "",
        stanza.child("status", kClient) ? stanza.child("status", kClient).text() : "",
        priority ? std::atoi(priority.text().c_str()) : 0);
  } else if (type == "subscribe") {
    requests.push_back(from);
  }
}

void Client::on_message(xml::Element message) {
  xml::Element body = message.child("body", kClient);
  if (message.attribute("type") == "error") {
    bounced.emplace_back(message.attribute("id"));
    return;
  }
  if (!body) return;
  messages.push_back({std::string(message.attribute("from")), body.text(),
                      std::string(message.child("stanza-id", "urn:xmpp:sid:0").attribute("id"))});
}

}  // namespace sim
