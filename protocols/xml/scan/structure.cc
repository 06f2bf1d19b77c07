#include "protocols/xml/scan/structure.h"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "engine/base/check.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace xml {
namespace {

// Where the block that begins at `done` is read, and how far its word is to be shifted: a partial
// block is read together with bytes that were read before.
struct Place {
  const char* data;
  uint32_t shift;
};
inline Place place(const char* data, uint32_t size, uint32_t done) {
  const uint32_t left = size - done;
  if (left >= kBlock) return {data + done, 0};
  return {data + size - kBlock, kBlock - left};
}

void index_portable(const char* data, uint32_t size, uint64_t* out, uint8_t& seen) {
  for (uint32_t i = 0; i < size; ++i) {
    const auto byte = static_cast<unsigned char>(data[i]);
    const bool structural = byte == '<' || byte == '>' || byte == '"' || byte == '\'';
    if (i % kBlock == 0) out[i / kBlock] = 0;
    out[i / kBlock] |= uint64_t{structural} << (i % kBlock);
    if (byte == '&') seen |= kSeenAmpersand;
    if (byte < 0x20) seen |= kSeenControl;
    if (byte >= 0x80) seen |= kSeenNonAscii;
  }
}

#if defined(__x86_64__)

void index_sse2(const char* data, uint32_t size, uint64_t* out, uint8_t& seen) {
  __m128i ampersand = _mm_setzero_si128();
  __m128i lowest = _mm_set1_epi8(' ');
  __m128i high = _mm_setzero_si128();
  for (uint32_t done = 0; done < size; done += kBlock) {
    const Place from = place(data, size, done);
    uint64_t bits = 0;
    for (int part = 0; part < 4; ++part) {
      const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from.data) + part);
      const __m128i quotes = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')),
                                          _mm_cmpeq_epi8(v, _mm_set1_epi8('\'')));
      // '<' and '>' differ in one bit.
      const __m128i angles = _mm_cmpeq_epi8(_mm_or_si128(v, _mm_set1_epi8(2)), _mm_set1_epi8('>'));
      const int found = _mm_movemask_epi8(_mm_or_si128(quotes, angles));
      bits |= uint64_t{static_cast<uint32_t>(found)} << (16 * part);
      ampersand = _mm_or_si128(ampersand, _mm_cmpeq_epi8(v, _mm_set1_epi8('&')));
      lowest = _mm_min_epu8(lowest, v);
      high = _mm_or_si128(high, v);
    }
    *out++ = bits >> from.shift;
  }
  const __m128i no_control = _mm_cmpeq_epi8(lowest, _mm_set1_epi8(' '));
  if (_mm_movemask_epi8(ampersand) != 0) seen |= kSeenAmpersand;
  if (_mm_movemask_epi8(no_control) != 0xffff) seen |= kSeenControl;
  if (_mm_movemask_epi8(high) != 0) seen |= kSeenNonAscii;
}

__attribute__((target("avx2"))) void index_avx2(const char* data, uint32_t size, uint64_t* out,
                                                uint8_t& seen) {
  const __m256i by_low_bits = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(1, 0, '"', 0, 0, 0, 0, '\'', 0, 0, 0, 0, '<', 0, '>', 0));
  __m256i ampersand = _mm256_setzero_si256();
  __m256i lowest = _mm256_set1_epi8(' ');
  __m256i high = _mm256_setzero_si256();
  for (uint32_t done = 0; done < size; done += kBlock) {
    const Place from = place(data, size, done);
    uint64_t bits = 0;
    for (int part = 0; part < 2; ++part) {
      const __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from.data) + part);
      // A byte below 0x80 picks the structural byte that ends in the same four bits, if any.
      const __m256i structural = _mm256_cmpeq_epi8(_mm256_shuffle_epi8(by_low_bits, v), v);
      const int found = _mm256_movemask_epi8(structural);
      bits |= uint64_t{static_cast<uint32_t>(found)} << (32 * part);
      ampersand = _mm256_or_si256(ampersand, _mm256_cmpeq_epi8(v, _mm256_set1_epi8('&')));
      lowest = _mm256_min_epu8(lowest, v);
      high = _mm256_or_si256(high, v);
    }
    *out++ = bits >> from.shift;
  }
  const __m256i no_control = _mm256_cmpeq_epi8(lowest, _mm256_set1_epi8(' '));
  if (_mm256_movemask_epi8(ampersand) != 0) seen |= kSeenAmpersand;
  if (_mm256_movemask_epi8(no_control) != -1) seen |= kSeenControl;
  if (_mm256_movemask_epi8(high) != 0) seen |= kSeenNonAscii;
}

bool have_avx2() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2");
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
  const uint32_t left = size_ - bytes_indexed_;
  if (left == 0) return false;
  if (size_ >= kBlock) {
    const uint32_t batch = std::min(left, kBatchBlocks * kBlock);
    index_function()(data_ + bytes_indexed_, batch, words_, seen_);
    words_indexed_ = (batch + kBlock - 1) / kBlock;
    bytes_indexed_ += batch;
  } else {
    index_short();
  }
  word_ = 0;
  CHECK(words_indexed_ >= 1 && words_indexed_ <= kBatchBlocks);
  return true;
}

// Less than a block in all: it is copied to where a whole one can be read.
void Structure::index_short() {
  char block[kBlock];
  std::memset(block, ' ', sizeof block);
  std::memcpy(block, data_, size_);
  index_function()(block, kBlock, words_, seen_);
  words_indexed_ = 1;
  bytes_indexed_ = size_;
}

}  // namespace xml
