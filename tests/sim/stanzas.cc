// What a simulated client says and hears once it is logged in.
#include <algorithm>
#include <cstdlib>
#include <utility>

#include "protocols/xml/writer.h"
#include "tests/sim/client.h"
#include "tests/sim/client_namespaces.h"

namespace sim {

void Client::ask_for_roster() {
  const std::string id = "roster-" + std::to_string(++questions_);
  asked_[id] = said_.size();
  send("<iq type='get' id='" + id + "'><query xmlns='jabber:iq:roster'/></iq>");
}

void Client::set_presence(base::Bytes show, base::Bytes status, int priority) {
  std::string xml = "<presence>";
  if (!show.empty()) xml::write_text_element("show", show, xml);
  if (!status.empty()) xml::write_text_element("status", status, xml);
  if (priority != 0) xml::write_text_element("priority", std::to_string(priority), xml);
  send(xml + "</presence>");
  if (managed_) unacked_.back().status = std::string(status);
  presence = pack_presence(show, status, priority);
}

void Client::become_unavailable(base::Bytes status) {
  std::string xml = "<presence type='unavailable'>";
  xml::write_text_element("status", status, xml);
  send(xml + "</presence>");
  if (managed_) unacked_.back().status = std::string(status);
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
  said_.emplace_back(body);
  if (managed_) unacked_.back().body = std::string(body);
}

void Client::on_management(xml::Element element) {
  const base::Bytes name = element.name();
  const auto h =
      static_cast<uint32_t>(std::strtoul(std::string(element.attribute("h")).c_str(), nullptr, 10));
  if (name == "r") {
    if (options_.mute) return;
    raw("<a xmlns='urn:xmpp:sm:3' h='" + std::to_string(handled_) + "'/>");
  } else if (name == "a") {
    on_acknowledged(h);
  } else if (name == "enabled") {
    resume_id_ = std::string(element.attribute("id"));
    handled_ = 0;
    life_ = network_.deaths();
  } else if (name == "resumed") {
    phase_ = Phase::online;
    ++resumptions;
    on_acknowledged(h);
    if (std::exchange(life_, network_.deaths()) != network_.deaths()) {
      ++resumed_over_restart;
      for (const Unacked& stanza : unacked_) said_again.insert(stanza.status);
    }
    resend_unacked();
  } else if (name == "failed") {
    forget_session();
    if (phase_ == Phase::binding) bind();
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

// "kind/condition", and the text if there is one.
void Client::note_error(base::Bytes kind, xml::Element stanza) {
  std::string key(kind);
  xml::Element error = stanza.child("error", kClient);
  for (xml::Element part = error ? error.first_child() : error; part; part = part.next_sibling()) {
    if (part.ns() != kStanzaErrors) continue;
    key += "/" + (part.name() == "text" ? part.text() : std::string(part.name()));
  }
  ++told[key];
}

void Client::on_iq(xml::Element iq) {
  const base::Bytes type = iq.attribute("type");
  const std::string id(iq.attribute("id"));
  if (id == "bind") {
    if (type == "result") {
      bound_ = iq.first_child().first_child().text();
      return start_session();
    }
    note_error("bind", iq);
    return lose_connection(false);
  }
  if (type == "error") return note_error("iq", iq);
  if (type == "get" || type == "set") {
    xml::Element query = iq.child("query", "jabber:iq:roster");
    if (query && type == "set") on_roster_push(query);
    if (options_.mute) return;
    std::string reply = "<iq type='result'";
    xml::write_attribute("id", id, reply);
    if (iq.has_attribute("from")) xml::write_attribute("to", iq.attribute("from"), reply);
    send(reply + "/>");
    return;
  }
  const auto asked = asked_.find(id);
  if (asked == asked_.end()) return;
  for (size_t i = 0; i < asked->second; ++i) answered.emplace(said_.at(i), clock_.now());
  asked_.erase(asked);
  roster.clear();
  xml::Element query = iq.child("query", "jabber:iq:roster");
  for (xml::Element item = query.first_child(); item; item = item.next_sibling()) {
    roster[std::string(item.attribute("jid"))] = std::string(item.attribute("subscription"));
  }
}

void Client::on_roster_push(xml::Element query) {
  xml::Element item = query.first_child();
  const std::string jid(item.attribute("jid"));
  if (item.attribute("subscription") == "remove") {
    roster.erase(jid);
  } else {
    roster[jid] = std::string(item.attribute("subscription"));
  }
}

void Client::on_presence(xml::Element stanza) {
  const std::string from(stanza.attribute("from"));
  const base::Bytes type = stanza.attribute("type");
  if (type == "error") return note_error("presence", stanza);
  const bool about_availability = type.empty() || type == "unavailable";
  if (about_availability && presence.empty()) return;
  const std::string status =
      stanza.child("status", kClient) ? stanza.child("status", kClient).text() : "";
  if (type == "unavailable") {
    if (from.find('/') == std::string::npos) return;
    available.erase(from);
    // Its own, and it has come back: what it was shown before that is void.
    if (from == bound_) available.clear();
    presences.push_back({from, status, clock_.now()});
  } else if (type.empty()) {
    xml::Element priority = stanza.child("priority", kClient);
    available[from] =
        pack_presence(stanza.child("show", kClient) ? stanza.child("show", kClient).text() : "",
                      status, priority ? std::atoi(priority.text().c_str()) : 0);
    presences.push_back({from, status, clock_.now()});
  } else if (type == "subscribe") {
    requests.push_back(from);
  }
}

void Client::on_message(xml::Element message) {
  if (message.attribute("type") == "error") {
    // After a crash it may come again: it says that it is late, or belongs to a resumed session.
    const std::string id(message.attribute("id"));
    const bool late = static_cast<bool>(message.child("delay", "urn:xmpp:delay"));
    if ((late || resumed_over_restart > 0) &&
        std::find(bounced.begin(), bounced.end(), id) != bounced.end())
      return;
    bounced.push_back(id);
    return note_error("message", message);
  }
  for (const auto& [wrapper, way] :
       {std::pair("received", Way::carbon_received), std::pair("sent", Way::carbon_sent)}) {
    xml::Element carbon = message.child(wrapper, kCarbons);
    if (!carbon) continue;
    // XEP-0280 §11: only one's own account copies.
    if (message.attribute("from") != bare()) trouble = "a carbon from somebody else";
    xml::Element forwarded = carbon.child("forwarded", kForward);
    return take_message(forwarded.first_child(), way);
  }
  take_message(message, Way::direct);
}

void Client::take_message(xml::Element message, Way way) {
  xml::Element body = message.child("body", kClient);
  if (!body) return;
  xml::Element id = message.child("stanza-id", "urn:xmpp:sid:0");
  const bool delayed = static_cast<bool>(message.child("delay", "urn:xmpp:delay"));
  messages.push_back({std::string(message.attribute("from")), std::string(message.attribute("to")),
                      body.text(), id ? std::string(id.attribute("id")) : std::string(),
                      clock_.now(), way, available.contains(bound_), logins, delayed});
}

}  // namespace sim
