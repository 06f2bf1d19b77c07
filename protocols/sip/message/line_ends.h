// Finds where lines end, 64 bytes at a time: every LF, and the byte behind every CR, becomes a bit
// of a word, and next() takes bit after bit. A CR that is not followed by LF so shows as a line end
// that is none, which the caller sees by looking at the two bytes.
// AVX2 where the processor has it, SSE2 on every other x86-64, portable code elsewhere.
// Never reads outside the input. Lives on the stack of one scan.
#pragma once

#include <cstdint>

#include "engine/base/bytes.h"

namespace sip {

constexpr uint32_t kBlock = 64;
constexpr uint32_t kBatchBlocks = 8;
constexpr uint32_t kNoLineEnd = UINT32_MAX;

// Writes a word for each block that `size` bytes begin, bit i for its byte i. `carry`: the byte
// before was CR; afterwards, the last byte is. When the last block is a partial one, the kBlock
// bytes that end with it are read: they must be there.
using LineEndFunction = void (*)(const char* data, uint32_t size, uint64_t* out, uint64_t& carry);
LineEndFunction line_end_function();                          // the best one here
LineEndFunction line_end_function_by_name(base::Bytes name);  // "avx2", "sse2", "portable"; or null

class LineEnds {
 public:
  explicit LineEnds(base::Bytes in) : data_(in.data()), size_(static_cast<uint32_t>(in.size())) {}

  // The offset of the next one, or kNoLineEnd.
  uint32_t next() {
    while (bits_ == 0) {
      if (word_ == words_ && !refill()) return kNoLineEnd;
      bits_ = block_[word_++];
      offset_ += kBlock;
    }
    const uint32_t at = offset_ + static_cast<uint32_t>(__builtin_ctzll(bits_));
    bits_ &= bits_ - 1;
    return at < size_ ? at : kNoLineEnd;  // behind a CR that comes last there is nothing
  }

 private:
  bool refill();
  void refill_short();

  const char* data_;
  uint32_t size_;
  uint32_t indexed_ = 0;           // bytes
  uint32_t word_ = 0;              // of block_, the next to be looked at
  uint32_t words_ = 0;             // of block_, filled
  uint32_t offset_ = 0u - kBlock;  // of the block that bits_ belongs to
  uint64_t bits_ = 0;
  uint64_t carry_ = 0;
  uint64_t block_[kBatchBlocks];
};

}  // namespace sip
