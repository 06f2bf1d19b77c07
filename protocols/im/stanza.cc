#include "protocols/im/stanza.h"

#include <array>
#include <cstring>

#include "engine/base/check.h"
#include "protocols/xml/writer.h"

namespace im {
namespace {

struct TypeName {
  StanzaKind kind;
  StanzaType type;
  base::Bytes name;
};

constexpr std::array<TypeName, 17> kTypeNames{{
    {StanzaKind::message, StanzaType::normal, "normal"},
    {StanzaKind::message, StanzaType::chat, "chat"},
    {StanzaKind::message, StanzaType::groupchat, "groupchat"},
    {StanzaKind::message, StanzaType::headline, "headline"},
    {StanzaKind::message, StanzaType::error, "error"},
    {StanzaKind::presence, StanzaType::unavailable, "unavailable"},
    {StanzaKind::presence, StanzaType::subscribe, "subscribe"},
    {StanzaKind::presence, StanzaType::subscribed, "subscribed"},
    {StanzaKind::presence, StanzaType::unsubscribe, "unsubscribe"},
    {StanzaKind::presence, StanzaType::unsubscribed, "unsubscribed"},
    {StanzaKind::presence, StanzaType::probe, "probe"},
    {StanzaKind::presence, StanzaType::error, "error"},
    {StanzaKind::iq, StanzaType::get, "get"},
    {StanzaKind::iq, StanzaType::set, "set"},
    {StanzaKind::iq, StanzaType::result, "result"},
    {StanzaKind::iq, StanzaType::error, "error"},
    {StanzaKind::presence, StanzaType::available, ""},
}};

base::Bytes element_name(StanzaKind kind) {
  switch (kind) {
    case StanzaKind::message:
      return "message";
    case StanzaKind::presence:
      return "presence";
    case StanzaKind::iq:
      return "iq";
  }
  CHECK(false);
}

// XEP-0359 §4: `<stanza-id id='…' by='user@domain'/>`.
void write_stanza_id(MessageId id, base::Bytes by, base::Sink& out) {
  out += "<stanza-id xmlns='urn:xmpp:sid:0' id='";
  write(id, out);
  out += '\'';
  xml::write_attribute("by", by, out);
  out += "/>";
}

}  // namespace

bool fits(StanzaKind kind, StanzaType type) {
  if (type == StanzaType::error) return true;
  switch (kind) {
    case StanzaKind::message:
      return type <= StanzaType::headline;
    case StanzaKind::presence:
      return type >= StanzaType::available && type <= StanzaType::probe;
    case StanzaKind::iq:
      return type >= StanzaType::get && type <= StanzaType::result;
  }
  CHECK(false);
}

base::Bytes type_name(StanzaType type) {
  if (type == StanzaType::normal || type == StanzaType::available) return {};
  for (const TypeName& entry : kTypeNames) {
    if (entry.type == type) return entry.name;
  }
  CHECK(false);
}

bool parse_type(StanzaKind kind, base::Bytes text, StanzaType& out) {
  for (const TypeName& entry : kTypeNames) {
    if (entry.kind == kind && entry.name == text && !(text.empty() && kind == StanzaKind::iq)) {
      out = entry.type;
      CHECK(fits(kind, out));
      return true;
    }
  }
  // RFC 6121 §5.2.2: an unknown type of message is a normal message.
  if (kind != StanzaKind::message) return false;
  out = StanzaType::normal;
  return true;
}

void write(const Stanza& stanza, const jid::JidView& to, base::Bytes account, base::Sink& out) {
  CHECK(fits(stanza.kind, stanza.type));
  const base::Bytes element = element_name(stanza.kind);
  out += '<';
  out += element;
  if (!stanza.from.empty()) xml::write_attribute("from", stanza.from.full(), out);
  if (!to.empty()) xml::write_attribute("to", to.full(), out);
  if (!stanza.id.empty()) xml::write_attribute("id", stanza.id, out);
  const base::Bytes type = type_name(stanza.type);
  if (!type.empty()) xml::write_attribute("type", type, out);
  if (!stanza.lang.empty()) xml::write_attribute("xml:lang", stanza.lang, out);
  out += stanza.attributes;
  const bool named =
      !account.empty() && stanza.message_id && stanza.type != StanzaType::error;
  if (stanza.payload.empty() && !named) {
    out += "/>";
    return;
  }
  out += '>';
  out += stanza.payload;
  if (named) write_stanza_id(stanza.message_id, account, out);
  out += "</";
  out += element;
  out += '>';
}

}  // namespace im
