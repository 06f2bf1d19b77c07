#include "protocols/gateway/pager.h"

#include <algorithm>

#include "protocols/sip/address.h"
#include "protocols/sip/header/media_type.h"
#include "protocols/sip/header/writer.h"
#include "protocols/sip/message/characters.h"
#include "protocols/xml/limits.h"
#include "protocols/xml/scan/characters.h"
#include "protocols/xml/writer.h"

namespace gateway {
namespace {

constexpr base::Bytes kClient = "jabber:client";
constexpr base::Bytes kPlainText = "text/plain";

// How many bytes at the front, in whole blocks, are characters of ASCII that any stanza can hold.
// The compiler makes a few instructions of each block.
size_t count_plain(base::Bytes in) {
  constexpr size_t kBlock = 16;
  size_t at = 0;
  for (; in.size() - at >= kBlock; at += kBlock) {
    const char* const block = in.data() + at;
    uint8_t other = 0;
    for (size_t i = 0; i < kBlock; ++i) {
      const auto c = static_cast<int8_t>(block[i]);
      other |=
          static_cast<uint8_t>(static_cast<uint8_t>(c < ' ') & static_cast<uint8_t>(c != '\n'));
    }
    if (other != 0) return at;
  }
  return at;
}

// Text that a stanza can hold, with line ends as XML has them. False: it is none.
bool take_text(base::Bytes in, std::string& out) {
  out.reserve(out.size() + in.size());
  while (!in.empty()) {
    const size_t plain = count_plain(in);
    out.append(in.substr(0, plain));
    in.remove_prefix(plain);
    if (in.empty()) return true;
    char32_t character = 0;
    const uint32_t size = xml::decode_utf8(in, character);
    if (size == 0 || !xml::is_xml_character(character)) return false;
    if (character != '\r') out.append(in.substr(0, size));
    in.remove_prefix(size);
  }
  return true;
}

// §8 of RFC 3428, and what we can show.
bool is_plain_text(const sip::Message& message) {
  sip::MediaType type;
  const base::Bytes coding = message.value(sip::HeaderId::content_encoding);
  if (!coding.empty() && !sip::equal_ignoring_case(coding, "identity")) return false;
  if (sip::read_content_type(message, type) != sip::Read::ok || !type.is(kPlainText)) return false;
  sip::Parameter charset;
  return !sip::find_parameter(type.parameters, "charset", charset) ||
         sip::equal_ignoring_case(charset.value, "utf-8") ||
         sip::equal_ignoring_case(charset.value, "us-ascii");
}

bool append_element(base::Bytes name, base::Bytes text, std::string& out) {
  std::string good;
  if (!take_text(text, good)) return false;
  if (!good.empty()) xml::write_text_element(name, good, out);
  return true;
}

// `whole` must live as long as what is read of the document.
bool parse(const im::Stanza& stanza, std::string& whole, xml::Document& document) {
  whole = "<message xmlns='jabber:client'";
  whole.append(stanza.attributes).append(">").append(stanza.payload).append("</message>");
  xml::Limits limits;
  limits.stanza_bytes = static_cast<uint32_t>(whole.size());
  return document.parse(whole, limits) == xml::Verdict::ok;
}

// One line of a header: no line ends.
std::string one_line(const std::string& text) {
  std::string out = text;
  for (char& c : out) c = static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  return out;
}

bool is_word(base::Bytes text) { return !text.empty() && sip::all(sip::kWord, text); }

}  // namespace

im::Stanza PageIn::stanza() const {
  im::Stanza stanza;
  stanza.kind = im::StanzaKind::message;
  stanza.type = session ? im::StanzaType::chat : im::StanzaType::normal;
  stanza.facts.body = true;
  stanza.facts.carbon_eligible = true;
  stanza.from = jid::JidView::trusted(from);
  stanza.to = jid::JidView::trusted(to);
  stanza.id = id;
  stanza.lang = lang;
  stanza.payload = payload;
  return stanza;
}

uint16_t read_page(const sip::Message& message, const sip::Essentials& essentials, PageIn& out) {
  if (!is_plain_text(message)) return 415;
  if (!sip::read_jid(essentials.from.uri, out.from)) return 403;
  out.id = essentials.via.branch;
  const base::Bytes lang = message.value(sip::HeaderId::content_language);
  out.lang = lang.substr(0, std::min(lang.find_first_of(", \t"), lang.size()));
  std::string subject;
  sip::unfold(message.value(sip::HeaderId::subject), subject);
  out.payload.clear();
  out.session = false;
  const bool good = append_element("subject", subject, out.payload) &&
                    append_element("body", message.body(), out.payload) &&
                    append_element("thread", essentials.call_id, out.payload);
  std::string scratch;
  if (!good || message.body().empty() || !take_text(out.id, scratch)) return 400;
  return take_text(out.lang, scratch) ? 0 : 400;
}

bool write_page(const im::Stanza& stanza, base::Bytes id, xml::Document& document, PageOut& out) {
  std::string whole;
  if (!parse(stanza, whole, document)) return false;
  const xml::Element root = document.root();
  const xml::Element body = root.child("body", kClient);
  if (!body || body.text().empty()) return false;
  const xml::Element thread = root.child("thread", kClient);
  const xml::Element subject = root.child("subject", kClient);
  out.uri.clear();
  sip::write_sip_uri(stanza.to, out.uri);
  out.to = "<" + out.uri + ">";
  out.from = "<";
  sip::write_sip_uri(stanza.from, out.from);
  out.from.append(">;tag=").append(id);
  out.call_id = thread && is_word(thread.text()) ? thread.text() : std::string(id);
  out.rest.clear();
  sip::Writer writer(out.rest);
  if (subject) writer.field(sip::HeaderId::subject, one_line(subject.text()));
  if (!stanza.lang.empty()) writer.field(sip::HeaderId::content_language, stanza.lang);
  writer.end("text/plain;charset=utf-8", body.text());
  return true;
}

bool read_chat_state(const im::Stanza& stanza, xml::Document& document, bool& active) {
  constexpr base::Bytes kChatStates = "http://jabber.org/protocol/chatstates";
  std::string whole;
  if (!parse(stanza, whole, document)) return false;
  const xml::Element root = document.root();
  if (root.child("body", kClient)) return false;
  active = static_cast<bool>(root.child("composing", kChatStates));
  return active || root.child("active", kChatStates) || root.child("paused", kChatStates) ||
         root.child("inactive", kChatStates);
}

im::ErrorCondition read_condition(const im::Stanza& error, xml::Document& document) {
  constexpr auto kLast = static_cast<int>(im::ErrorCondition::unexpected_request);
  std::string whole;
  if (!parse(error, whole, document)) return im::ErrorCondition::undefined_condition;
  const xml::Element found = document.root().child("error", kClient);
  for (xml::Element child = found ? found.first_child() : xml::Element(); child;
       child = child.next_sibling()) {
    for (int i = 0; i <= kLast; ++i) {
      const auto condition = static_cast<im::ErrorCondition>(i);
      if (child.name() == im::name(condition)) return condition;
    }
  }
  return im::ErrorCondition::undefined_condition;
}

}  // namespace gateway
