#include "protocols/xml/scan/characters.h"

#include <simdjson.h>

#include <cstring>
#include <string>

namespace xml {
namespace {

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

struct Predefined {
  base::Bytes name;
  char character;
};
constexpr Predefined kPredefined[] = {
    {"amp;", '&'}, {"lt;", '<'}, {"gt;", '>'}, {"quot;", '"'}, {"apos;", '\''}};

// A name and a semicolon that mean nothing: an entity nobody may define.
Verdict undefined_entity(base::Bytes name) {
  bool first = true;
  while (!name.empty()) {
    if (name[0] == ';') return first ? Verdict::not_well_formed : Verdict::restricted;
    char32_t character = 0;
    const uint32_t size = decode_utf8(name, character);
    if (size == 0) return Verdict::bad_encoding;
    const uint8_t wanted = first ? kNameStart : kNameRest;
    const bool good = size == 1 ? name[0] == ':' || (class_of(name[0]) & wanted) != 0
                                : (first ? is_name_start(character) : is_name_rest(character));
    if (!good) return Verdict::not_well_formed;
    name.remove_prefix(size);
    first = false;
  }
  return Verdict::not_well_formed;
}

int digit_value(char c, uint32_t radix) {
  if (c >= '0' && c <= '9') return c - '0';
  if (radix == 16 && c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (radix == 16 && c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

uint32_t parse_numeric(base::Bytes in, char32_t& out) {
  uint32_t at = 2;
  uint32_t radix = 10;
  if (at < in.size() && in[at] == 'x') {
    radix = 16;
    ++at;
  }
  const uint32_t first = at;
  uint32_t value = 0;
  for (; at < in.size() && in[at] != ';'; ++at) {
    const int digit = digit_value(in[at], radix);
    if (digit < 0) return 0;
    value = value * radix + static_cast<uint32_t>(digit);
    if (value > 0x10ffff) return 0;
  }
  if (at == first || at == in.size() || !is_xml_character(value)) return 0;
  out = value;
  return at + 1;
}

}  // namespace

uint32_t decode_utf8(base::Bytes in, char32_t& out) {
  if (in.empty()) return 0;
  const auto lead = static_cast<unsigned char>(in[0]);
  if (lead < 0x80) {
    out = lead;
    return 1;
  }
  const uint32_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || in.size() < size) return 0;
  char32_t character = lead & (0x7f >> size);
  for (uint32_t i = 1; i < size; ++i) {
    if (!is_continuation(in[i])) return 0;
    character = character << 6 | (static_cast<unsigned char>(in[i]) & 0x3f);
  }
  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (character < kSmallest[size] || character > 0x10ffff) return 0;
  if (character >= 0xd800 && character <= 0xdfff) return 0;
  out = character;
  return size;
}

bool is_cut_utf8(base::Bytes in) {
  if (in.size() >= 4) return false;
  // Continued with either the smallest or the largest continuation bytes it becomes a character.
  for (const char filler : {'\x80', '\xbf'}) {
    std::string candidate(in);
    char32_t character = 0;
    while (candidate.size() < 4) {
      candidate.push_back(filler);
      if (decode_utf8(candidate, character) > in.size()) return true;
    }
  }
  return false;
}

void append_utf8(char32_t c, base::Sink& out) {
  if (c < 0x80) {
    out.push_back(static_cast<char>(c));
  } else if (c < 0x800) {
    out.push_back(static_cast<char>(0xc0 | c >> 6));
    out.push_back(static_cast<char>(0x80 | (c & 0x3f)));
  } else if (c < 0x10000) {
    out.push_back(static_cast<char>(0xe0 | c >> 12));
    out.push_back(static_cast<char>(0x80 | (c >> 6 & 0x3f)));
    out.push_back(static_cast<char>(0x80 | (c & 0x3f)));
  } else {
    out.push_back(static_cast<char>(0xf0 | c >> 18));
    out.push_back(static_cast<char>(0x80 | (c >> 12 & 0x3f)));
    out.push_back(static_cast<char>(0x80 | (c >> 6 & 0x3f)));
    out.push_back(static_cast<char>(0x80 | (c & 0x3f)));
  }
}

bool is_xml_character(char32_t c) {
  if (c < 0x20) return c == '\t' || c == '\n' || c == '\r';
  return c <= 0xd7ff || (c >= 0xe000 && c <= 0xfffd) || (c >= 0x10000 && c <= 0x10ffff);
}

uint32_t parse_reference(base::Bytes in, char32_t& out, Verdict& verdict) {
  if (in.size() > 1 && in[1] == '#') {
    const uint32_t size = parse_numeric(in, out);
    if (size == 0) verdict = Verdict::not_well_formed;
    return size;
  }
  const base::Bytes name = in.substr(1);
  for (const Predefined& entity : kPredefined) {
    if (!name.starts_with(entity.name)) continue;
    out = static_cast<unsigned char>(entity.character);
    return static_cast<uint32_t>(entity.name.size()) + 1;
  }
  verdict = undefined_entity(name);
  return 0;
}

Verdict check_references(base::Bytes text) {
  Verdict verdict = Verdict::ok;
  for (size_t at = text.find('&'); at != base::Bytes::npos; at = text.find('&', at)) {
    char32_t character = 0;
    const uint32_t size = parse_reference(text.substr(at), character, verdict);
    if (size == 0) return verdict;
    at += size;
  }
  return Verdict::ok;
}

Verdict check_characters(base::Bytes text, bool control, bool non_ascii) {
  if (control) {
    bool bad = false;  // collected without a branch, so that the compiler takes many at once
    for (const char c : text) {
      const bool low = static_cast<unsigned char>(c) < 0x20;
      bad |= low & (c != '\t') & (c != '\n') & (c != '\r');
    }
    if (bad) return Verdict::not_well_formed;
  }
  if (non_ascii) {
    if (!simdjson::validate_utf8(text.data(), text.size())) return Verdict::bad_encoding;
    for (size_t at = text.find('\xef'); at != base::Bytes::npos; at = text.find('\xef', at + 1)) {
      // U+FFFE and U+FFFF are EF BF BE and EF BF BF; the text is valid, so both bytes are there.
      if (text[at + 1] == '\xbf' && static_cast<unsigned char>(text[at + 2]) >= 0xbe) {
        return Verdict::not_well_formed;
      }
    }
  }
  return Verdict::ok;
}

}  // namespace xml
