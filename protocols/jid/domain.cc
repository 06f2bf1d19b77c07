#include "protocols/jid/domain.h"

#include <arpa/inet.h>
#include <idn2.h>

#include <memory>

#include "protocols/jid/ascii.h"
#include "protocols/jid/jid.h"
#include "protocols/jid/precis.h"

namespace jid {
namespace {

constexpr size_t kLabelBytesMax = 63;
constexpr size_t kNameBytesMax = 253;  // RFC 1035 §2.3.4, without the root's dot

struct Idn2Free {
  void operator()(char* text) const { idn2_free(text); }
};
using Idn2Text = std::unique_ptr<char, Idn2Free>;

// Letters, digits, hyphens (RFC 5890 §2.3.1); "ab--…" is reserved, A-labels included.
bool is_plain_label(base::Bytes label) {
  if (label.empty() || label.size() > kLabelBytesMax || !all_allowed(label, kLabel)) return false;
  if (label.front() == '-' || label.back() == '-') return false;
  return label.size() < 4 || label[2] != '-' || label[3] != '-';
}

template <class Predicate>
bool every_label(base::Bytes name, Predicate good) {
  for (;;) {
    const size_t dot = name.find('.');
    if (!good(name.substr(0, dot))) return false;
    if (dot == base::Bytes::npos) return true;
    name.remove_prefix(dot + 1);
  }
}

// "[::1]" (RFC 7622 §3.2: IP-literal), written as RFC 5952 wants it.
bool append_ipv6(base::Bytes in, std::string& out) {
  if (!in.ends_with(']') || in.size() > INET6_ADDRSTRLEN + 1) return false;
  const std::string inside(in.substr(1, in.size() - 2));
  in6_addr address;
  char text[INET6_ADDRSTRLEN];
  if (inet_pton(AF_INET6, inside.c_str(), &address) != 1) return false;
  if (inet_ntop(AF_INET6, &address, text, sizeof text) == nullptr) return false;
  out.append("[").append(text).append("]");
  return true;
}

// Cherokee folds to its capitals, so to IDNA (RFC 5892 §2.2) they are what other scripts' small
// letters are, and the small ones are not allowed.
void raise_cherokee(icu::UnicodeString& text) {
  for (int32_t i = 0; i < text.length(); ++i) {
    const UChar c = text.charAt(i);
    if (c >= 0xAB70 && c <= 0xABBF) text.setCharAt(i, static_cast<UChar>(c - 0xAB70 + 0x13A0));
    if (c >= 0x13F8 && c <= 0x13FD) text.setCharAt(i, static_cast<UChar>(c - 8));
  }
}

// RFC 5895: lower case, width, the ideographic full stop, NFC.
bool map_domain(base::Bytes in, std::string& out) {
  icu::UnicodeString text;
  if (!to_unicode(in, text)) return false;
  map_case(text);
  raise_cherokee(text);
  map_width(text);
  text.findAndReplace(icu::UnicodeString(UChar32{0x3002}), icu::UnicodeString(UChar32{'.'}));
  if (!normalise(text)) return false;
  text.toUTF8String(out);
  return true;
}

// A-labels become U-labels; each U-label must be valid under IDNA2008 and survive the way to its
// A-label and back, so a name has one form only.
bool append_international(const std::string& mapped, std::string& out) {
  char* made = nullptr;
  if (idn2_to_unicode_8z8z(mapped.c_str(), &made, 0) != IDN2_OK) return false;
  const Idn2Text unicode(made);
  made = nullptr;
  const auto* const u = reinterpret_cast<const uint8_t*>(unicode.get());
  uint8_t* ascii_made = nullptr;
  if (idn2_lookup_u8(u, &ascii_made, IDN2_NO_TR46) != IDN2_OK) return false;
  const Idn2Text ascii(reinterpret_cast<char*>(ascii_made));
  if (idn2_to_unicode_8z8z(ascii.get(), &made, 0) != IDN2_OK) return false;
  const Idn2Text again(made);
  if (base::Bytes(unicode.get()) != base::Bytes(again.get())) return false;
  const base::Bytes name(unicode.get());
  if (base::Bytes(ascii.get()).size() > kNameBytesMax || name.size() > kPartBytesMax) return false;
  const auto good = [](base::Bytes label) { return !is_ascii(label) || is_plain_label(label); };
  if (!every_label(name, good)) return false;
  std::string mapped_again;  // an A-label may hide what we would map
  if (!map_domain(name, mapped_again) || name != mapped_again) return false;
  out.append(name);
  return true;
}

}  // namespace

bool is_normal_domain(base::Bytes in) {
  return in.size() <= kNameBytesMax && every_label(in, is_plain_label);
}

bool prepare_domain(base::Bytes in, std::string& out) {
  if (in.starts_with('[')) return append_ipv6(in, out);
  if (in.ends_with('.')) in.remove_suffix(1);
  if (in.empty() || in.size() > kPartBytesMax) return false;
  if (in.find('\0') != base::Bytes::npos) return false;
  std::string mapped;
  if (is_ascii(in)) {
    for (const char c : in) {
      mapped.push_back((allowed(c) & kUpper) != 0 ? static_cast<char>(c + 32) : c);
    }
    if (is_normal_domain(mapped)) {
      out.append(mapped);
      return true;
    }
    if (mapped.find("xn--") == std::string::npos) return false;
  } else if (!map_domain(in, mapped)) {
    return false;
  }
  if (mapped.ends_with('.')) mapped.pop_back();
  return append_international(mapped, out);
}

}  // namespace jid
