#include "protocols/sip/header/address.h"

#include "engine/base/number.h"
#include "protocols/sip/message/uri.h"

namespace sip {
namespace {

using base::Bytes;

// scheme ":" something, characters a URI may have.
bool plausible_uri(Bytes uri) {
  const size_t colon = uri.find(':');
  return colon != Bytes::npos && colon > 0 && colon + 1 < uri.size() &&
         all(kScheme, uri.substr(0, colon)) && !is(kDigit, uri[0]) && all(kUri, uri);
}

bool bracketed_uri(Reader& reader, Address& out) {
  out.bracketed = true;
  return reader.take('<') && reader.take_until('>', out.uri);
}

// Words before '<', which may be none of them, or a bare URI. Bytes beyond ASCII are no token, but
// many phones send them unquoted.
bool words_or_uri(Reader& reader, Address& out) {
  const char* const from = reader.place();
  const char* last = from;
  while (!reader.done()) {
    const char c = *reader.place();
    const bool word = is(kToken, c) || (c & 0x80) != 0;
    if (word) {
      reader.skip_one();
      last = reader.place();
    } else if (is(kSpace, c)) {
      reader.skip_space();
    } else {
      break;
    }
  }
  if (reader.at('<')) {
    out.display_name = Bytes(from, static_cast<size_t>(last - from));
    return bracketed_uri(reader, out);
  }
  // Up to what ends an addr-spec outside brackets: the header's own ';', a comma or a space. A '?'
  // would make its headers the URI's, so §20 demands brackets for it.
  reader.back_to(from);
  while (!reader.done()) {
    const char c = *reader.place();
    if (is(kSpace, c) || c == ';' || c == ',' || c == '?') break;
    reader.skip_one();
  }
  out.uri = reader.since(from);
  return !reader.at('?');
}

Read read_address(const Message& message, HeaderId id, Address& out) {
  const HeaderField* field = message.find(id);
  if (field == nullptr) return Read::absent;
  return parse_address(message.value(*field), out) ? Read::ok : Read::malformed;
}

// qvalue = "0" ["." 0*3DIGIT] / "1" ["." 0*3("0")] in thousandths.
bool parse_q(Bytes text, uint16_t& out) {
  if (text.empty() || (text[0] != '0' && text[0] != '1') || text.size() > 5) return false;
  if (text.size() > 1 && text[1] != '.') return false;
  uint16_t value = text[0] == '1' ? 1000 : 0;
  uint16_t unit = 100;
  for (const char c : text.substr(text.size() > 1 ? 2 : 1)) {
    if (!is(kDigit, c)) return false;
    value = static_cast<uint16_t>(value + (c - '0') * unit);
    unit /= 10;
  }
  if (value > 1000) return false;
  out = value;
  return true;
}

}  // namespace

bool parse_address(Bytes value, Address& out) {
  out = Address();
  Reader reader(value);
  reader.skip_space();
  if (reader.at('"')) {
    out.display_quoted = true;
    if (!reader.quoted_string(out.display_name)) return false;
    if (!bracketed_uri(reader, out)) return false;
  } else if (reader.at('<')) {
    if (!bracketed_uri(reader, out)) return false;
  } else if (!words_or_uri(reader, out)) {
    return false;
  }
  if (!plausible_uri(out.uri)) return false;
  const char* const from = reader.place();
  Parameter parameter;
  Step step;
  while ((step = reader.next_parameter(parameter)) == Step::one) {
    if (parameter.name.size() == 3 && out.tag.empty() && parameter.is("tag")) {
      if (!parameter.has_value || !all(kToken, parameter.value)) return false;
      out.tag = parameter.value;
    }
  }
  out.parameters = reader.since(from);
  reader.skip_space();
  return step == Step::none && reader.done();
}

Read read_from(const Message& message, Address& out) {
  return read_address(message, HeaderId::from, out);
}
Read read_to(const Message& message, Address& out) {
  return read_address(message, HeaderId::to, out);
}

void append_display_name(const Address& address, base::Sink& out) {
  if (address.display_quoted) {
    unquote(address.display_name, out);
  } else {
    unfold(address.display_name, out);
  }
}

bool parse_contact(Bytes element, Contact& out) {
  out = Contact();
  if (element == "*") {
    out.star = true;
    return true;
  }
  if (!parse_address(element, out.address)) return false;
  Reader reader(out.address.parameters);
  Parameter parameter;
  while (reader.next_parameter(parameter) == Step::one) {
    if (parameter.is("expires")) {
      out.has_expires = base::parse_u32(parameter.value, out.expires);
    } else if (parameter.is("q") && !parse_q(parameter.value, out.q)) {
      return false;
    }
  }
  return true;
}

Read read_only_contact(const Message& message, Contact& out) {
  ListReader list(message, HeaderId::contact);
  Bytes element;
  if (!list.next(element)) return message.has(HeaderId::contact) ? Read::malformed : Read::absent;
  if (!parse_contact(element, out) || out.star) return Read::malformed;
  return list.next(element) ? Read::malformed : Read::ok;
}

Read next_address(ListReader& list, Address& out) {
  Bytes element;
  if (!list.next(element)) return Read::absent;
  return parse_address(element, out) ? Read::ok : Read::malformed;
}

}  // namespace sip
