#include "protocols/sip/message/uri.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/base/number.h"
#include "protocols/sip/message/characters.h"
#include "protocols/sip/message/limits.h"

namespace sip {
namespace {

using base::Bytes;

constexpr size_t kNone = Bytes::npos;

// Characters of the class, and whole escapes.
bool well_formed(uint16_t classes, Bytes text) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (is(classes, text[i])) continue;
    if (text[i] != '%' || text.size() - i < 3) return false;
    if (!is(kHexDigit, text[i + 1]) || !is(kHexDigit, text[i + 2])) return false;
    i += 2;
  }
  return true;
}

Uri::Scheme find_scheme(Bytes name) {
  using Scheme = Uri::Scheme;
  switch (name.size()) {
    case 2:
      return equal_ignoring_case(name, "im") ? Scheme::im : Scheme::other;
    case 3:
      if (equal_ignoring_case(name, "sip")) return Scheme::sip;
      return equal_ignoring_case(name, "tel") ? Scheme::tel : Scheme::other;
    case 4:
      if (equal_ignoring_case(name, "sips")) return Scheme::sips;
      return equal_ignoring_case(name, "pres") ? Scheme::pres : Scheme::other;
    default:
      return Scheme::other;
  }
}

// IPv6 between brackets. Which address it is, if any, is asked where one is needed: RFC 5118 §4.10
// wants "2001:db8:::192.0.2.1" borne, which RFC 3261's grammar once produced.
bool is_bracketed(Bytes host) {
  if (host.size() < 4 || host.front() != '[' || host.back() != ']') return false;
  const Bytes inside = host.substr(1, host.size() - 2);
  const bool characters = std::all_of(inside.begin(), inside.end(), [](char c) {
    return is(kHexDigit, c) || c == ':' || c == '.';
  });
  return characters && inside.find(':') != kNone;
}

// host [":" port]
bool parse_host(Bytes text, Uri& out) {
  size_t end = 0;
  if (!text.empty() && text[0] == '[') {
    end = text.find(']');
    if (end == kNone) return false;
    ++end;
    if (!is_bracketed(text.substr(0, end))) return false;
  } else {
    while (end < text.size() && is(kHost, text[end])) ++end;
    if (end == 0) return false;
  }
  out.host = text.substr(0, end);
  const Bytes rest = text.substr(end);
  if (rest.empty()) return true;
  return rest[0] == ':' && base::parse_number(rest.substr(1), out.port) && out.port != 0;
}

// name ["=" value], separated; each name not empty.
bool well_formed_list(Bytes rest, uint16_t classes, char separator) {
  for (uint32_t count = 0; count < kUriParametersMax; ++count) {
    const size_t end = rest.find(separator);
    const Bytes one = rest.substr(0, end);
    const size_t equals = std::min(one.find('='), one.size());
    if (equals == 0 || !well_formed(classes, one.substr(0, equals))) return false;
    if (equals < one.size() && !well_formed(classes, one.substr(equals + 1))) return false;
    if (end == kNone) return true;
    rest.remove_prefix(end + 1);
  }
  return false;
}

bool parse_userinfo(Bytes text, Uri& out) {
  const size_t colon = text.find(':');
  out.user = text.substr(0, colon);
  out.has_user = true;
  if (out.user.empty() || !well_formed(kUserPart, out.user)) return false;
  if (colon == kNone) return true;
  out.has_password = true;
  out.password = text.substr(colon + 1);
  return well_formed(kPassword, out.password);
}

// [userinfo "@"] hostport *(";" parameter) ["?" headers]. An '@' stands nowhere else unescaped,
// and a user may contain ';' and '?'.
bool parse_sip(Bytes rest, Uri& out) {
  const size_t at = rest.find('@');
  if (at != kNone) {
    if (!parse_userinfo(rest.substr(0, at), out)) return false;
    rest.remove_prefix(at + 1);
  }
  const size_t question = rest.find('?');
  if (question != kNone) {
    out.headers = rest.substr(question + 1);
    if (!well_formed_list(out.headers, kUriHeader, '&')) return false;
    rest = rest.substr(0, question);
  }
  const size_t semicolon = rest.find(';');
  if (semicolon != kNone) {
    out.parameters = rest.substr(semicolon + 1);
    if (!well_formed_list(out.parameters, kUriParameter, ';')) return false;
    rest = rest.substr(0, semicolon);
  }
  return parse_host(rest, out);
}

bool is_visual_separator(char c) { return c == '-' || c == '.' || c == '(' || c == ')'; }

// The number's digits, '*', '#' and A to F (RFC 3966 §3), with visual separators.
bool parse_tel(Bytes rest, Uri& out) {
  const size_t semicolon = rest.find(';');
  out.user = rest.substr(0, semicolon);
  out.has_user = true;
  if (semicolon != kNone) {
    out.parameters = rest.substr(semicolon + 1);
    if (!well_formed_list(out.parameters, kUriParameter, ';')) return false;
  }
  const Bytes number = out.user.substr(!out.user.empty() && out.user[0] == '+' ? 1 : 0);
  bool digit = false;
  for (const char c : number) {
    const bool one = is(kHexDigit, c) || c == '*' || c == '#';
    if (!one && !is_visual_separator(c)) return false;
    digit = digit || one;
  }
  return digit;
}

// user@host ["?" headers]; the user's grammar is a mailbox's, so more than sip's is borne.
bool parse_mailbox(Bytes rest, Uri& out) {
  const size_t question = rest.find('?');
  if (question != kNone) {
    out.headers = rest.substr(question + 1);
    if (!well_formed_list(out.headers, kUriHeader, '&')) return false;
    rest = rest.substr(0, question);
  }
  const size_t at = rest.find('@');
  if (at == kNone || at == 0) return false;
  out.user = rest.substr(0, at);
  out.has_user = true;
  return well_formed(kUserPart, out.user) && parse_host(rest.substr(at + 1), out) && out.port == 0;
}

void append_lower(Bytes text, base::Sink& out) {
  for (const char c : text) out.push_back(lower(c));
}

}  // namespace

bool parse_uri(Bytes text, Uri& out) {
  out = Uri();
  out.text = text;
  const size_t colon = text.find(':');
  if (colon == kNone || colon == 0 || colon + 1 == text.size()) return false;
  out.scheme_name = text.substr(0, colon);
  const char first = lower(text[0]);
  if (first < 'a' || first > 'z' || !all(kScheme, out.scheme_name)) return false;
  const Bytes rest = text.substr(colon + 1);
  out.scheme = find_scheme(out.scheme_name);
  switch (out.scheme) {
    case Uri::Scheme::sip:
    case Uri::Scheme::sips:
      return parse_sip(rest, out);
    case Uri::Scheme::tel:
      return parse_tel(rest, out);
    case Uri::Scheme::pres:
    case Uri::Scheme::im:
      return parse_mailbox(rest, out);
    case Uri::Scheme::other:
      break;
  }
  return all(kUri, rest);
}

bool next_uri_parameter(Bytes& rest, Bytes& name, Bytes& value, char separator) {
  if (rest.empty()) return false;
  const size_t end = rest.find(separator);
  const Bytes one = rest.substr(0, end);
  const size_t equals = one.find('=');
  name = one.substr(0, equals);
  value = equals == kNone ? Bytes() : one.substr(equals + 1);
  rest.remove_prefix(end == kNone ? rest.size() : end + 1);
  return true;
}

Bytes uri_parameter(const Uri& uri, Bytes name, bool& found) {
  Bytes rest = uri.parameters;
  Bytes here;
  Bytes value;
  found = false;
  while (!found && next_uri_parameter(rest, here, value)) {
    found = equal_ignoring_case(here, name);
  }
  return found ? value : Bytes();
}

bool unescape(Bytes text, base::Sink& out) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    if (text.size() - i < 3) return false;
    const int high = hex_value(text[i + 1]);
    const int low = hex_value(text[i + 2]);
    if (high < 0 || low < 0) return false;
    out.push_back(static_cast<char>(high << 4 | low));
    i += 2;
  }
  return true;
}

void escape_user(Bytes text, base::Sink& out) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  for (const char c : text) {
    if (is(kUserPart, c) && c != '#') {
      out.push_back(c);
      continue;
    }
    const auto octet = static_cast<unsigned char>(c);
    out.push_back('%');
    out.push_back(kDigits[octet >> 4]);
    out.push_back(kDigits[octet & 15]);
  }
}

bool append_address_of_record(const Uri& uri, base::Sink& out) {
  switch (uri.scheme) {
    case Uri::Scheme::other:
      return false;
    case Uri::Scheme::tel:
      for (const char c : uri.user) {
        if (!is_visual_separator(c)) out.push_back(lower(c));
      }
      return true;
    default:
      break;
  }
  CHECK(!uri.host.empty());
  if (uri.has_user) {
    if (!unescape(uri.user, out)) return false;
    out.push_back('@');
  }
  append_lower(uri.host, out);
  return true;
}

}  // namespace sip
