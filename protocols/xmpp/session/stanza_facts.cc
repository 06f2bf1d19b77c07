#include "protocols/xmpp/session/stanza_facts.h"

#include <charconv>

#include "engine/trace/counters.h"
#include "protocols/jid/jid.h"
#include "protocols/xmpp/namespaces.h"

namespace xmpp {

namespace {

constexpr base::Bytes kChatStates = "http://jabber.org/protocol/chatstates";
constexpr base::Bytes kReceipts = "urn:xmpp:receipts";
constexpr base::Bytes kMarkers = "urn:xmpp:chat-markers:0";
constexpr base::Bytes kMucUser = "http://jabber.org/protocol/muc#user";
constexpr base::Bytes kConference = "jabber:x:conference";
constexpr base::Bytes kJingleMessage = "urn:xmpp:jingle-message:";

// What the children of a message have told so far, beyond the Facts themselves.
struct Seen {
  bool chat_state = false;
  bool instant = false;    // a payload that people's clients exchange: receipt, marker, …
  bool other = false;      // anything but chat states, threads and hints
};

void look_at_hint(base::Bytes name, im::Facts& facts) {
  if (name == "no-copy") facts.no_copy = true;
  if (name == "no-store" || name == "no-permanent-store") facts.no_store = true;
  if (name == "store") facts.store = true;
}

void look_at(const xml::Element& child, im::Facts& facts, Seen& seen) {
  const base::Bytes name = child.name();
  const base::Bytes ns = child.ns();
  if (ns == ns::kClient) {
    if (name == "body") facts.body = true;
    if (name != "thread") seen.other = true;
  } else if (ns == ns::kHints) {
    look_at_hint(name, facts);
  } else if (ns == kChatStates) {
    seen.chat_state = true;
  } else {
    seen.other = true;
    if (ns == ns::kCarbons) {
      if (name == "private") facts.carbon_private = true;
      if (name == "sent" || name == "received") facts.carbon_wrapped = true;
    } else if (ns == kReceipts || ns == kMarkers) {
      seen.instant = true;
    } else if (ns == kMucUser || ns == kConference) {
      facts.muc_private = facts.muc_private || (ns == kMucUser && name == "x");
      facts.urgent = true;   // an invitation, or a private message in a room
    } else if (name == "encrypted" || ns.starts_with(kJingleMessage)) {
      facts.urgent = true;   // somebody writes, or calls
      seen.instant = true;
    }
  }
}

// A domain of ours or an account there: who would hold messages back and say so.
bool is_of_ours(base::Bytes address, const im::Options& options) {
  std::string scratch;
  jid::JidView jid;
  return jid::parse(address, scratch, jid) && !jid.has_resource() && options.hosts(jid.domain());
}

bool is_forged(const xml::Element& child, const im::Options& options) {
  const base::Bytes ns = child.ns();
  if (ns == ns::kStanzaId && child.name() == "stanza-id") {
    const base::Bytes by = child.attribute("by");
    return by.find('@') != base::Bytes::npos || options.hosts(by);
  }
  if (ns == ns::kDelay && child.name() == "delay") {
    return is_of_ours(child.attribute("from"), options);
  }
  return false;
}

}  // namespace

im::Facts message_facts(const xml::Element& message, im::StanzaType type) {
  im::Facts facts;
  Seen seen;
  for (xml::Element child = message.first_child(); child; child = child.next_sibling()) {
    look_at(child, facts, seen);
  }
  facts.chat_state_only = seen.chat_state && !seen.other;
  facts.urgent = facts.urgent || facts.body;
  facts.carbon_eligible =
      type == im::StanzaType::chat ||
      (type == im::StanzaType::normal && (facts.body || seen.instant || seen.chat_state));
  return facts;
}

bool read_presence(const xml::Element& presence, std::string& status, im::Stanza& out) {
  const xml::Element show = presence.child("show", ns::kClient);
  if (show) {
    std::string text;
    show.text(text);
    // An empty one is read as none: go-sendxmpp of Debian 12 sends it in its first presence.
    if (!text.empty() && text != "away" && text != "chat" && text != "dnd" && text != "xa") {
      return false;
    }
  }
  if (const xml::Element element = presence.child("status", ns::kClient)) {
    status.clear();
    element.text(status);
    out.status = status;
  }
  const xml::Element element = presence.child("priority", ns::kClient);
  if (!element) return true;
  std::string text;
  element.text(text);
  // xs:byte, white space around it collapsed, a plus sign allowed.
  const size_t first = text.find_first_not_of(" \t\r\n");
  const size_t last = text.find_last_not_of(" \t\r\n");
  base::Bytes digits = first == std::string::npos
                           ? base::Bytes()
                           : base::Bytes(text).substr(first, last - first + 1);
  if (digits.starts_with('+')) digits.remove_prefix(1);
  int value = 0;
  const char* end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, value);
  if (digits.empty() || error != std::errc() || rest != end || value < -128 || value > 127) {
    out.priority = im::kBadPriority;
  } else {
    out.priority = static_cast<int16_t>(value);
  }
  return true;
}

base::Bytes content_without_forgeries(const xml::Element& stanza, const im::Options& options,
                                      std::string& scratch) {
  const base::Bytes inner = stanza.inner();
  size_t copied = 0;
  bool removed = false;
  for (xml::Element child = stanza.first_child(); child; child = child.next_sibling()) {
    if (!is_forged(child, options)) continue;
    if (!removed) scratch.clear();
    removed = true;
    trace::count(trace::Counter::xmpp_forgeries_removed);
    const base::Bytes outer = child.outer();
    const size_t at = static_cast<size_t>(outer.data() - inner.data());
    scratch.append(inner.substr(copied, at - copied));
    copied = at + outer.size();
  }
  if (!removed) return inner;
  scratch.append(inner.substr(copied));
  return scratch;
}

}  // namespace xmpp
