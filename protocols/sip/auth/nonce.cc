#include "protocols/sip/auth/nonce.h"

#include <string>

#include "engine/base/check.h"

namespace sip {
namespace {

constexpr size_t kWordBytes = 16;
static_assert(kNonceBytes == 3 * kWordBytes);

void append_word(uint64_t word, base::Sink& out) {
  static constexpr char kDigits[] = "0123456789abcdef";
  for (int shift = 60; shift >= 0; shift -= 4) out.push_back(kDigits[(word >> shift) & 15]);
}

bool read_word(base::Bytes text, uint64_t& word) {
  CHECK(text.size() == kWordBytes);
  word = 0;
  for (const char c : text) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit && !(c >= 'a' && c <= 'f')) return false;
    word = word << 4 | static_cast<uint64_t>(digit ? c - '0' : c - 'a' + 10);
  }
  return true;
}

uint64_t check_of(const base::HashKey& key, base::Bytes words) {
  std::string text("nonce ");  // of one use under the key, as tokens are
  text.append(words);
  return base::siphash13(key, text);
}

}  // namespace

void append_nonce(const base::HashKey& key, base::Instant now, uint64_t random, base::Sink& out) {
  std::string words;
  append_word(static_cast<uint64_t>(now.ns), words);
  append_word(random, words);
  out.append(words);
  append_word(check_of(key, words), out);
}

bool read_nonce(const base::HashKey& key, base::Bytes nonce, base::Instant& made) {
  if (nonce.size() != kNonceBytes) return false;
  const base::Bytes words = nonce.substr(0, 2 * kWordBytes);
  uint64_t check = 0;
  uint64_t time = 0;
  if (!read_word(nonce.substr(words.size()), check) || check != check_of(key, words)) return false;
  if (!read_word(words.substr(0, kWordBytes), time)) return false;
  made.ns = static_cast<int64_t>(time);
  return true;
}

}  // namespace sip
