// The PRECIS profiles of XMPP: UsernameCaseMapped without eight characters for localparts (RFC
// 7622 §3.3), OpaqueString for resourceparts (§3.4) and passwords (RFC 8265 §4).
#include "protocols/jid/ascii.h"
#include "protocols/jid/jid.h"
#include "protocols/jid/precis.h"

namespace jid {
namespace {

// RFC 8264 §7: rules are applied again until nothing changes; text that does not come to rest
// after three more times is refused.
constexpr int kRepetitionsMax = 3;

bool apply_username(icu::UnicodeString& text) {
  map_width(text);
  if (!conforms(text, StringClass::identifier)) return false;
  map_case(text);
  return normalise(text) && obeys_bidi_rule(text);
}

bool apply_opaque(icu::UnicodeString& text) {
  if (!conforms(text, StringClass::freeform)) return false;
  map_spaces(text);
  return normalise(text);
}

template <class Rules>
bool enforce(base::Bytes in, Rules rules, base::Sink& out) {
  icu::UnicodeString text;
  if (in.empty() || in.size() > kInputBytesMax || !to_unicode(in, text)) return false;
  for (int i = 0; i <= kRepetitionsMax; ++i) {
    const icu::UnicodeString previous = text;
    if (!rules(text)) return false;
    if (text != previous) continue;
    std::string utf8;
    text.toUTF8String(utf8);
    if (utf8.empty() || utf8.size() > kPartBytesMax) return false;
    out.append(utf8);
    return true;
  }
  return false;
}

}  // namespace

bool prepare_local(base::Bytes in, std::string& out) {
  if (in.empty() || in.size() > kInputBytesMax) return false;
  if (is_ascii(in)) {
    if (in.size() > kPartBytesMax || !all_allowed(in, kLocal | kUpper)) return false;
    for (const char c : in)
      out.push_back((allowed(c) & kUpper) != 0 ? static_cast<char>(c + 32) : c);
    return true;
  }
  std::string prepared;
  if (!enforce(in, apply_username, prepared)) return false;
  // Width mapping may have made forbidden characters of harmless ones, so they are looked for now.
  for (const char c : prepared) {
    if (static_cast<unsigned char>(c) < 0x80 && (allowed(c) & kLocal) == 0) return false;
  }
  out.append(prepared);
  return true;
}

bool prepare_resource(base::Bytes in, std::string& out) {
  if (in.size() <= kPartBytesMax && !in.empty() && all_allowed(in, kResource)) {
    out.append(in);
    return true;
  }
  return enforce(in, apply_opaque, out);
}

bool prepare_password(base::Bytes in, std::string& out) { return prepare_resource(in, out); }

}  // namespace jid
