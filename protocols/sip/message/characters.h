// Which bytes SIP's grammar allows where (RFC 3261 §25.1), as bits of one table.
// Pure functions; any shard.
#pragma once

#include <array>
#include <cstdint>

#include "engine/base/bytes.h"

namespace sip {

enum CharacterClass : uint16_t {
  kToken = 1,  // token
  kSpace = 2,  // LWS, with the line ends of a folded value
  kDigit = 4,
  kHexDigit = 8,
  kHost = 16,              // of a host name or IPv4 address; '_' too, which is in use
  kUserPart = 32,          // of a URI's user, but '%'
  kPassword = 64,          // of a URI's password, but '%'
  kUriParameter = 128,     // of a URI parameter's name or value, but '%'
  kUriHeader = 256,        // of a URI header's name or value, but '%'
  kUri = 512,              // anywhere in a URI
  kParameterValue = 1024,  // of a header parameter's unquoted value: more than the grammar's, for
                           // base64, IPv6 without brackets and the like are in use
  kWord = 2048,            // of a Call-ID, '@' too
  kScheme = 4096,          // of a URI scheme behind its first letter
};

namespace internal {

constexpr void add(std::array<uint16_t, 256>& table, base::Bytes characters, uint16_t bits) {
  for (const char c : characters) table[static_cast<unsigned char>(c)] |= bits;
}

constexpr std::array<uint16_t, 256> make_classes() {
  std::array<uint16_t, 256> table{};
  constexpr base::Bytes kDigits = "0123456789";
  constexpr base::Bytes kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  constexpr uint16_t kEverywhere = kToken | kHost | kUserPart | kPassword | kUriParameter |
                                   kUriHeader | kUri | kParameterValue | kWord | kScheme;
  add(table, kDigits, kEverywhere | kDigit | kHexDigit);
  add(table, kLetters, kEverywhere);
  add(table, "abcdefABCDEF", kHexDigit);
  add(table, "-.!%*_+`'~", kToken | kWord);
  add(table, "()<>:\\\"/[]?{}@", kWord);
  add(table, " \t\r\n", kSpace);
  add(table, "-._", kHost);
  add(table, "+-.", kScheme);
  add(table, "-_.!~*'()", kUserPart | kPassword | kUriParameter | kUriHeader);  // mark
  add(table, "&=+$,", kUserPart | kPassword);
  add(table, ";?/#", kUserPart);  // '#' is dialled, and sent as it is
  add(table, "[]/:&+$", kUriParameter);
  add(table, "[]/?:+$", kUriHeader);
  add(table, "-_.!~*'();/?:@&=+$,[]%#", kUri);
  for (int c = 0x21; c < 0x7f; ++c) table[c] |= kParameterValue;
  for (const char c : base::Bytes(";,\"<>")) {
    table[static_cast<unsigned char>(c)] &= static_cast<uint16_t>(~kParameterValue);
  }
  return table;
}

}  // namespace internal

inline constexpr std::array<uint16_t, 256> kClasses = internal::make_classes();

inline bool is(uint16_t classes, char c) {
  return (kClasses[static_cast<unsigned char>(c)] & classes) != 0;
}
inline bool all(uint16_t classes, base::Bytes text) {
  for (const char c : text) {
    if (!is(classes, c)) return false;
  }
  return true;
}

// ASCII only, as all of SIP's names.
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }
inline bool equal_ignoring_case(base::Bytes a, base::Bytes b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}
constexpr int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char letter = lower(c);
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

}  // namespace sip
