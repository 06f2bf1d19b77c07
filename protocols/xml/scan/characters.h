// Which characters XML 1.0 allows where, and what references stand for. Pure functions.
// Any shard.
#pragma once

#include <array>
#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "engine/base/bytes.h"
#include "protocols/xml/limits.h"

namespace xml {

enum CharacterClass : uint8_t {
  kNameStart = 1,
  kNameRest = 2,
  kSpace = 4,
  kTagEnd = 8,
  kQuote = 16
};

constexpr std::array<uint8_t, 256> make_classes() {
  std::array<uint8_t, 256> table{};
  for (int c = 'a'; c <= 'z'; ++c) table[c] = table[c - 32] = kNameStart | kNameRest;
  for (int c = '0'; c <= '9'; ++c) table[c] = kNameRest;
  table['_'] = kNameStart | kNameRest;
  table['-'] = table['.'] = kNameRest;
  table[' '] = table['\t'] = table['\n'] = table['\r'] = kSpace;
  table['>'] = table['/'] = kTagEnd;
  table['\''] = table['"'] = kQuote;
  return table;
}
inline constexpr std::array<uint8_t, 256> kClasses = make_classes();

inline uint8_t class_of(char c) { return kClasses[static_cast<unsigned char>(c)]; }
constexpr uint32_t kNameWindow = 16;

// How many of the kNameWindow bytes at `in` are name characters of ASCII, up to the first that is
// not. All at once: names are short and their lengths hard to foresee, so a branch a byte would be
// dear.
inline uint32_t name_bytes_in_window(const char* in) {
#if defined(__SSE2__)
  const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in));
  const __m128i letter = _mm_add_epi8(_mm_or_si128(v, _mm_set1_epi8(0x20)), _mm_set1_epi8(5));
  // 'a'…'z' plus 5 are 0x66…0x7f: the largest of the signed bytes.
  __m128i good = _mm_cmpgt_epi8(letter, _mm_set1_epi8(0x65));
  // '-' '.' '/' '0'…'9' plus 0x46 are 0x73…0x7f likewise.
  const __m128i digit = _mm_add_epi8(v, _mm_set1_epi8(0x46));
  good = _mm_or_si128(good, _mm_cmpgt_epi8(digit, _mm_set1_epi8(0x72)));
  good = _mm_or_si128(good, _mm_cmpeq_epi8(v, _mm_set1_epi8('_')));
  // Bytes from 0x80 on wrap around into those ranges; they are none of ours, nor is '/'.
  const __m128i bad = _mm_or_si128(v, _mm_cmpeq_epi8(v, _mm_set1_epi8('/')));
  const auto bits = static_cast<uint32_t>(_mm_movemask_epi8(_mm_andnot_si128(bad, good)));
  return static_cast<uint32_t>(__builtin_ctz(~bits));
#else
  uint32_t count = 0;
  while (count < kNameWindow && (class_of(in[count]) & kNameRest) != 0) ++count;
  return count;
#endif
}

// The same of any number of bytes.
inline uint32_t count_name_bytes(const char* in, uint32_t size) {
  uint32_t at = 0;
  while (size - at >= kNameWindow) {
    const uint32_t count = name_bytes_in_window(in + at);
    at += count;
    if (count < kNameWindow) return at;
  }
  while (at < size && (class_of(in[at]) & kNameRest) != 0) ++at;
  return at;
}

inline bool is_space(char c) { return (class_of(c) & kSpace) != 0; }
inline bool is_quote(char c) { return (class_of(c) & kQuote) != 0; }
inline bool is_tag_end(char c) { return (class_of(c) & kTagEnd) != 0; }

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
