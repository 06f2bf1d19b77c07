#include "protocols/xml/scan/structure.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>

#include "engine/base/check.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace xml {
namespace {

// Writes eight at a time without asking how many there are: most blocks hold fewer, and one
// predictable loop beats a branch a bit.
inline uint32_t* flatten(uint64_t bits, uint32_t base, uint32_t* out) {
  if (bits == 0) return out;
  uint32_t* const end = out + std::popcount(bits);
  do {
    for (int i = 0; i < 8; ++i) {
      out[i] = base + static_cast<uint32_t>(std::countr_zero(bits));
      bits &= bits - 1;
    }
    out += 8;
  } while (bits != 0);
  return end;
}

uint32_t index_portable(const char* data, uint32_t blocks, uint32_t base, uint32_t* out,
                        uint8_t& seen) {
  uint32_t* const begin = out;
  for (uint32_t i = 0; i < blocks * kBlock; ++i) {
    const auto byte = static_cast<unsigned char>(data[i]);
    if (byte == '<' || byte == '>' || byte == '"' || byte == '\'') *out++ = base + i;
    if (byte == '&') seen |= kSeenAmpersand;
    if (byte < 0x20) seen |= kSeenControl;
    if (byte >= 0x80) seen |= kSeenNonAscii;
  }
  return static_cast<uint32_t>(out - begin);
}

#if defined(__x86_64__)

uint32_t index_sse2(const char* data, uint32_t blocks, uint32_t base, uint32_t* out,
                    uint8_t& seen) {
  uint32_t* const begin = out;
  __m128i ampersand = _mm_setzero_si128();
  __m128i control = _mm_setzero_si128();
  __m128i high = _mm_setzero_si128();
  for (uint32_t block = 0; block < blocks; ++block, data += kBlock, base += kBlock) {
    uint64_t bits = 0;
    for (int part = 0; part < 4; ++part) {
      const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(data) + part);
      const __m128i quotes = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')),
                                          _mm_cmpeq_epi8(v, _mm_set1_epi8('\'')));
      // '<' and '>' differ in one bit.
      const __m128i angles = _mm_cmpeq_epi8(_mm_or_si128(v, _mm_set1_epi8(2)), _mm_set1_epi8('>'));
      bits |= static_cast<uint64_t>(
                  static_cast<uint32_t>(_mm_movemask_epi8(_mm_or_si128(quotes, angles))))
              << (16 * part);
      ampersand = _mm_or_si128(ampersand, _mm_cmpeq_epi8(v, _mm_set1_epi8('&')));
      control = _mm_or_si128(control, _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1f)), v));
      high = _mm_or_si128(high, v);
    }
    out = flatten(bits, base, out);
  }
  if (_mm_movemask_epi8(ampersand) != 0) seen |= kSeenAmpersand;
  if (_mm_movemask_epi8(control) != 0) seen |= kSeenControl;
  if (_mm_movemask_epi8(high) != 0) seen |= kSeenNonAscii;
  return static_cast<uint32_t>(out - begin);
}

__attribute__((target("avx2,bmi,bmi2,popcnt,lzcnt"))) uint32_t index_avx2(
    const char* data, uint32_t blocks, uint32_t base, uint32_t* out, uint8_t& seen) {
  uint32_t* const begin = out;
  __m256i ampersand = _mm256_setzero_si256();
  __m256i control = _mm256_setzero_si256();
  __m256i high = _mm256_setzero_si256();
  for (uint32_t block = 0; block < blocks; ++block, data += kBlock, base += kBlock) {
    uint64_t bits = 0;
    for (int part = 0; part < 2; ++part) {
      const __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(data) + part);
      const __m256i quotes = _mm256_or_si256(_mm256_cmpeq_epi8(v, _mm256_set1_epi8('"')),
                                             _mm256_cmpeq_epi8(v, _mm256_set1_epi8('\'')));
      const __m256i angles =
          _mm256_cmpeq_epi8(_mm256_or_si256(v, _mm256_set1_epi8(2)), _mm256_set1_epi8('>'));
      bits |= static_cast<uint64_t>(
                  static_cast<uint32_t>(_mm256_movemask_epi8(_mm256_or_si256(quotes, angles))))
              << (32 * part);
      ampersand = _mm256_or_si256(ampersand, _mm256_cmpeq_epi8(v, _mm256_set1_epi8('&')));
      control = _mm256_or_si256(control,
                                _mm256_cmpeq_epi8(_mm256_min_epu8(v, _mm256_set1_epi8(0x1f)), v));
      high = _mm256_or_si256(high, v);
    }
    out = flatten(bits, base, out);
  }
  if (_mm256_movemask_epi8(ampersand) != 0) seen |= kSeenAmpersand;
  if (_mm256_movemask_epi8(control) != 0) seen |= kSeenControl;
  if (_mm256_movemask_epi8(high) != 0) seen |= kSeenNonAscii;
  return static_cast<uint32_t>(out - begin);
}

bool have_avx2() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
         __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
}

IndexFunction choose() { return have_avx2() ? index_avx2 : index_sse2; }

#else

IndexFunction choose() { return index_portable; }

#endif

// Every shard that comes first stores the same answer, so relaxed order is enough.
std::atomic<IndexFunction> chosen{nullptr};

}  // namespace

IndexFunction index_function() {
  IndexFunction function = chosen.load(std::memory_order_relaxed);
  if (__builtin_expect(function == nullptr, 0)) {
    function = choose();
    chosen.store(function, std::memory_order_relaxed);
  }
  return function;
}

IndexFunction index_function_by_name(base::Bytes name) {
  if (name == "portable") return index_portable;
#if defined(__x86_64__)
  if (name == "sse2") return index_sse2;
  if (name == "avx2" && have_avx2()) return index_avx2;
#endif
  return nullptr;
}

bool Structure::refill() {
  at_ = 0;
  count_ = 0;
  while (count_ == 0) {
    const uint32_t left = size_ - indexed_;
    if (left == 0) return false;
    if (left >= kBlock) {
      const uint32_t blocks = std::min(left / kBlock, kBatchBlocks);
      count_ = index_(data_ + indexed_, blocks, indexed_, offsets_, seen_);
      indexed_ += blocks * kBlock;
    } else {
      char last[kBlock];
      std::memset(last, ' ', sizeof last);
      std::memcpy(last, data_ + indexed_, left);
      count_ = index_(last, 1, indexed_, offsets_, seen_);
      indexed_ = size_;
    }
  }
  CHECK(count_ <= kBatchBlocks * kBlock);
  return true;
}

}  // namespace xml
