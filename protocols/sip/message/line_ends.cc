#include "protocols/sip/message/line_ends.h"

#include <algorithm>
#include <cstring>

#include "engine/base/check.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace sip {
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

// The word of one block from where its LFs and CRs are.
inline uint64_t join(uint64_t feeds, uint64_t returns, uint64_t& carry) {
  const uint64_t word = feeds | returns << 1 | carry;
  carry = returns >> 63;
  return word;
}

void index_portable(const char* data, uint32_t size, uint64_t* out, uint64_t& carry) {
  for (uint32_t done = 0; done < size; done += kBlock) {
    const uint32_t count = std::min(kBlock, size - done);
    uint64_t feeds = 0;
    uint64_t returns = 0;
    for (uint32_t i = 0; i < count; ++i) {
      feeds |= uint64_t{data[done + i] == '\n'} << i;
      returns |= uint64_t{data[done + i] == '\r'} << i;
    }
    *out++ = join(feeds, returns, carry);
  }
}

#if defined(__x86_64__)

void index_sse2(const char* data, uint32_t size, uint64_t* out, uint64_t& carry) {
  for (uint32_t done = 0; done < size; done += kBlock) {
    const Place from = place(data, size, done);
    uint64_t feeds = 0;
    uint64_t returns = 0;
    for (int part = 0; part < 4; ++part) {
      const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from.data) + part);
      const int lf = _mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('\n')));
      const int cr = _mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('\r')));
      feeds |= uint64_t{static_cast<uint32_t>(lf)} << (16 * part);
      returns |= uint64_t{static_cast<uint32_t>(cr)} << (16 * part);
    }
    *out++ = join(feeds >> from.shift, returns >> from.shift, carry);
  }
}

__attribute__((target("avx2"))) void index_avx2(const char* data, uint32_t size, uint64_t* out,
                                                uint64_t& carry) {
  for (uint32_t done = 0; done < size; done += kBlock) {
    const Place from = place(data, size, done);
    uint64_t feeds = 0;
    uint64_t returns = 0;
    for (int part = 0; part < 2; ++part) {
      const __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from.data) + part);
      const int lf = _mm256_movemask_epi8(_mm256_cmpeq_epi8(v, _mm256_set1_epi8('\n')));
      const int cr = _mm256_movemask_epi8(_mm256_cmpeq_epi8(v, _mm256_set1_epi8('\r')));
      feeds |= uint64_t{static_cast<uint32_t>(lf)} << (32 * part);
      returns |= uint64_t{static_cast<uint32_t>(cr)} << (32 * part);
    }
    *out++ = join(feeds >> from.shift, returns >> from.shift, carry);
  }
}

bool have_avx2() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2");
}

LineEndFunction choose() { return have_avx2() ? index_avx2 : index_sse2; }

#else

LineEndFunction choose() { return index_portable; }

#endif

// Chosen before main(), so that all shards only read it.
const LineEndFunction g_chosen = choose();

}  // namespace

LineEndFunction line_end_function() { return g_chosen; }

LineEndFunction line_end_function_by_name(base::Bytes name) {
  if (name == "portable") return index_portable;
#if defined(__x86_64__)
  if (name == "sse2") return index_sse2;
  if (name == "avx2" && have_avx2()) return index_avx2;
#endif
  return nullptr;
}

bool LineEnds::refill() {
  const uint32_t left = size_ - indexed_;
  if (left == 0) return false;
  if (size_ >= kBlock) {
    const uint32_t batch = std::min(left, kBatchBlocks * kBlock);
    line_end_function()(data_ + indexed_, batch, block_, carry_);
    words_ = (batch + kBlock - 1) / kBlock;
    indexed_ += batch;
  } else {
    refill_short();
  }
  word_ = 0;
  CHECK(words_ >= 1 && words_ <= kBatchBlocks);
  return true;
}

// Less than a block in all: it is copied to where a whole one can be read.
void LineEnds::refill_short() {
  char block[kBlock];
  std::memset(block, ' ', sizeof block);
  std::memcpy(block, data_, size_);
  line_end_function()(block, kBlock, block_, carry_);
  words_ = 1;
  indexed_ = size_;
}

}  // namespace sip
