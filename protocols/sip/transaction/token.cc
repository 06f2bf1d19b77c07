#include "protocols/sip/transaction/token.h"

#include "engine/base/check.h"
#include "protocols/sip/message/characters.h"

namespace sip {
namespace {

// Without i, l, o and u, which people misread.
constexpr base::Bytes kDigits = "0123456789abcdefghjkmnpqrstvwxyz";
static_assert(kDigits.size() == 32);

uint16_t check_of(const base::HashKey& key, TokenUse use, uint64_t place) {
  char text[9];
  for (int i = 0; i < 8; ++i) text[i] = static_cast<char>(place >> (8 * i));
  text[8] = static_cast<char>(use);
  return static_cast<uint16_t>(base::siphash13(key, base::Bytes(text, sizeof text)));
}

}  // namespace

void append_token(const base::HashKey& key, TokenUse use, const Place& place, base::Sink& out) {
  CHECK(place.shard < kShardsMax && place.slot < kSlotsMax);
  const uint64_t packed =
      uint64_t{place.shard} << 38 | uint64_t{place.slot} << 16 | place.generation;
  const uint64_t value = packed << 16 | check_of(key, use, packed);
  for (int shift = 60; shift >= 0; shift -= 5) out.push_back(kDigits[value >> shift & 31]);
}

bool read_token(const base::HashKey& key, TokenUse use, base::Bytes text, Place& out) {
  if (text.size() != kTokenBytes) return false;
  uint64_t value = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const size_t digit = kDigits.find(lower(text[i]));
    // 13 characters hold 65 bits: the first has one too many.
    if (digit == base::Bytes::npos || (i == 0 && digit > 15)) return false;
    value = value << 5 | digit;
  }
  const uint64_t packed = value >> 16;
  if (check_of(key, use, packed) != (value & 0xffff)) return false;
  out.shard = static_cast<uint16_t>(packed >> 38);
  out.slot = static_cast<uint32_t>(packed >> 16 & (kSlotsMax - 1));
  out.generation = static_cast<uint16_t>(packed);
  return true;
}

}  // namespace sip
