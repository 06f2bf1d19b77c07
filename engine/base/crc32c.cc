#include "engine/base/crc32c.h"

#include <array>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace base {

namespace {

constexpr uint32_t kPolynomial = 0x82f63b78;  // bits reversed
static_assert(std::endian::native == std::endian::little, "words are taken as they lie");

constexpr std::array<uint32_t, 256> make_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t octet = 0; octet < 256; ++octet) {
    uint32_t crc = octet;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
    table[octet] = crc;
  }
  return table;
}

constexpr std::array<uint32_t, 256> kTable = make_table();

#if defined(__x86_64__)

__attribute__((target("sse4.2"))) uint32_t by_instruction(uint32_t crc, Bytes data) {
  const char* at = data.data();
  size_t left = data.size();
  uint64_t state = ~crc;
  for (; left >= 8; at += 8, left -= 8) {
    uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    state = _mm_crc32_u64(state, word);
  }
  auto narrow = static_cast<uint32_t>(state);
  for (; left > 0; ++at, --left) narrow = _mm_crc32_u8(narrow, static_cast<uint8_t>(*at));
  return ~narrow;
}

const bool g_has_instruction = __builtin_cpu_supports("sse4.2") != 0;

#endif

}  // namespace

uint32_t crc32c_by_table(uint32_t crc, Bytes data) {
  uint32_t state = ~crc;
  for (const char octet : data) {
    state = (state >> 8) ^ kTable[(state ^ static_cast<uint8_t>(octet)) & 0xff];
  }
  return ~state;
}

uint32_t crc32c(uint32_t crc, Bytes data) {
#if defined(__x86_64__)
  if (g_has_instruction) return by_instruction(crc, data);
#endif
  return crc32c_by_table(crc, data);
}

}  // namespace base
