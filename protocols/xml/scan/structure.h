// Finds the bytes that give XML its structure (< > " ') 64 at a time and lists their offsets. The
// same pass notes which rare kinds of byte were seen, so that their checks are paid for only then.
// AVX2 where the processor has it, SSE2 on every other x86-64, portable code elsewhere.
// Never reads past the end: the last, partial block is copied first.
// Lives on the stack of one scan.
#pragma once

#include <cstdint>

#include "engine/base/bytes.h"

namespace xml {

// For a variable whose kilobyte of offsets is written before it is read: the compiler need not
// clear it first.
#define SCAN_SCRATCH __attribute__((uninitialized))

// Hints about every byte listed so far. They may concern bytes behind the stanza's end.
enum Seen : uint8_t {
  kSeenAmpersand = 1,
  kSeenControl = 2,  // a byte below 0x20, white space included
  kSeenNonAscii = 4,
};

constexpr uint32_t kBlock = 64;
constexpr uint32_t kBatchBlocks = 4;

// Appends the offsets (plus `base`) of structural bytes in `blocks` blocks; returns how many.
// `out` has room for 64 a block and 8 more.
using IndexFunction = uint32_t (*)(const char* data, uint32_t blocks, uint32_t base, uint32_t* out,
                                   uint8_t& seen);
IndexFunction index_function();                          // the best one here
IndexFunction index_function_by_name(base::Bytes name);  // "avx2", "sse2", "portable"; or null

class Structure {
 public:
  explicit Structure(base::Bytes in)
      : data_(in.data()), size_(static_cast<uint32_t>(in.size())), index_(index_function()) {}

  // Offset of the next structural byte; size of the input when there is none.
  uint32_t next() {
    if (at_ == count_ && !refill()) return size_;
    return offsets_[at_++];
  }
  // The next next() answers an offset of at least `offset`.
  void skip_to(uint32_t offset) {
    while ((at_ < count_ || refill()) && offsets_[at_] < offset) ++at_;
  }
  uint8_t seen() const { return seen_; }

 private:
  bool refill();

  const char* data_;
  uint32_t size_;
  IndexFunction index_;
  uint32_t indexed_ = 0;  // bytes listed so far
  uint32_t at_ = 0;
  uint32_t count_ = 0;
  uint8_t seen_ = 0;
  uint32_t offsets_[kBatchBlocks * kBlock + 8];
};

}  // namespace xml
