// Which characters XML 1.0 allows where, and what references stand for. Pure functions.
// Any shard.
#pragma once

#include <array>
#include <cstdint>

#include "engine/base/bytes.h"
#include "protocols/xml/limits.h"

namespace xml {

enum CharacterClass : uint8_t { kNameStart = 1, kNameRest = 2, kSpace = 4 };

constexpr std::array<uint8_t, 256> make_classes() {
  std::array<uint8_t, 256> table{};
  for (int c = 'a'; c <= 'z'; ++c) table[c] = table[c - 32] = kNameStart | kNameRest;
  for (int c = '0'; c <= '9'; ++c) table[c] = kNameRest;
  table['_'] = kNameStart | kNameRest;
  table['-'] = table['.'] = kNameRest;
  table[' '] = table['\t'] = table['\n'] = table['\r'] = kSpace;
  return table;
}
inline constexpr std::array<uint8_t, 256> kClasses = make_classes();

inline uint8_t class_of(char c) { return kClasses[static_cast<unsigned char>(c)]; }
inline bool is_space(char c) { return (class_of(c) & kSpace) != 0; }

// One UTF-8 character at the front of `in`, strictly (RFC 3629): its size, or 0 if malformed. A
// character cut by the end of `in` is malformed.
uint32_t decode_utf8(base::Bytes in, char32_t& out);
// The beginning of a character, whose end may still come.
bool is_cut_utf8(base::Bytes in);
void append_utf8(char32_t character, base::Sink& out);

// Name characters beyond ASCII (XML 1.0, fourth edition, appendix B: what expat goes by).
bool is_name_start(char32_t character);
bool is_name_rest(char32_t character);

bool is_xml_character(char32_t character);  // XML 1.0 §2.2

// A reference at the front of `in`, which starts with '&': its size, and what it stands for.
// 0: refused, and why. Only the five predefined entities exist (RFC 6120 §11.1).
uint32_t parse_reference(base::Bytes in, char32_t& out, Verdict& verdict);

// Everything that is not markup: are all of its references right?
Verdict check_references(base::Bytes text);

// Characters that may stand nowhere: controls (when `control`), U+FFFE and U+FFFF, bad UTF-8
// (when `non_ascii`).
Verdict check_characters(base::Bytes text, bool control, bool non_ascii);

}  // namespace xml
