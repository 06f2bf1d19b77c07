#include "protocols/sip/address.h"

#include <array>

#include "engine/base/check.h"
#include "engine/base/utf8.h"
#include "protocols/sip/message/characters.h"

namespace sip {
namespace {

constexpr base::Bytes kHexDigits = "0123456789ABCDEF";

// XEP-0106 §3, of which RFC 7247 §3 names three.
struct Escape {
  char character;
  base::Bytes code;
};
constexpr std::array<Escape, 10> kEscapes = {{
    {' ', "\\20"},
    {'"', "\\22"},
    {'&', "\\26"},
    {'\'', "\\27"},
    {'/', "\\2f"},
    {':', "\\3a"},
    {'<', "\\3c"},
    {'>', "\\3e"},
    {'@', "\\40"},
    {'\\', "\\5c"},
}};

const Escape* escape_at(base::Bytes text) {
  for (const Escape& escape : kEscapes) {
    if (text.size() >= 3 && equal_ignoring_case(text.substr(0, 3), escape.code)) {
      return &escape;
    }
  }
  return nullptr;
}

// A backslash is one unless what follows would make it an escape.
void write_local(base::Bytes user, std::string& out) {
  for (; !user.empty(); user.remove_prefix(1)) {
    base::Bytes written = user.substr(0, 1);
    for (const Escape& escape : kEscapes) {
      if (user[0] != escape.character) continue;
      if (user[0] != '\\' || escape_at(user) != nullptr) written = escape.code;
    }
    out.append(written);
  }
}

void write_escaped(char c, base::Sink& out) {
  const auto octet = static_cast<unsigned char>(c);
  out.push_back('%');
  out.push_back(kHexDigits[octet >> 4]);
  out.push_back(kHexDigits[octet & 15]);
}

// RFC 7247 §3.4. A '#' is dialled, and other wires' users have it as it is: ours is escaped.
void write_user(base::Bytes local, base::Sink& out) {
  while (!local.empty()) {
    const Escape* escape = escape_at(local);
    const char c = escape == nullptr ? local[0] : escape->character;
    local.remove_prefix(escape == nullptr ? 1 : escape->code.size());
    if (is(kUserPart, c) && c != '#') {
      out.push_back(c);
    } else {
      write_escaped(c, out);
    }
  }
}

bool mapped(Uri::Scheme scheme) {
  return scheme == Uri::Scheme::sip || scheme == Uri::Scheme::pres || scheme == Uri::Scheme::im;
}

}  // namespace

void write_sip_uri(const jid::JidView& jid, base::Sink& out) {
  CHECK(!jid.empty());
  out.append("sip:");
  if (jid.has_local()) {
    write_user(jid.local(), out);
    out.push_back('@');
  }
  out.append(jid.domain());
  if (!jid.has_resource()) return;
  out.append(";gr=");
  for (const char c : jid.resource()) {
    if (is(kUriParameter, c)) {
      out.push_back(c);
    } else {
      write_escaped(c, out);
    }
  }
}

bool parse_jid(const Uri& uri, std::string& scratch, jid::JidView& out) {
  if (!mapped(uri.scheme) || uri.host.empty()) return false;
  std::string text;
  if (uri.has_user) {
    std::string user;
    if (!unescape(uri.user, user) || user.empty() || !base::valid_utf8(user)) return false;
    write_local(user, text);
    text.push_back('@');
  }
  text.append(uri.host);
  bool found = false;
  const base::Bytes resource = uri_parameter(uri, "gr", found);
  if (!resource.empty()) {
    text.push_back('/');
    if (!unescape(resource, text) || !base::valid_utf8(text)) return false;
  }
  // The view must not outlive what it views: parse() may leave its input as it is.
  std::string prepared;
  jid::JidView view;
  if (!jid::parse(text, prepared, view)) return false;
  scratch.assign(view.full());
  out = jid::JidView::trusted(scratch);
  return true;
}

bool read_jid(base::Bytes uri_text, std::string& out) {
  Uri uri;
  jid::JidView jid;
  std::string scratch;
  if (!parse_uri(uri_text, uri) || !parse_jid(uri, scratch, jid)) return false;
  out = jid.full();
  return true;
}

}  // namespace sip
