// Finds the bytes that give XML its structure (< > " '): 64 at a time they become the bits of a
// word, and next() takes bit after bit. The same pass notes which rare kinds of byte were seen, so
// that their checks are paid for only then.
// AVX2 where the processor has it, SSE2 on every other x86-64, portable code elsewhere.
// Never reads outside the input.
// Lives on the stack of one scan.
#pragma once

#include <cstdint>

#include "engine/base/bytes.h"

namespace xml {

// For a variable whose words are written before they are read: the compiler need not clear it
// first.
#define SCAN_SCRATCH __attribute__((uninitialized))

// Hints about every byte read so far. They may concern bytes behind the stanza's end.
enum Seen : uint8_t {
  kSeenAmpersand = 1,
  kSeenControl = 2,  // a byte below 0x20, white space included
  kSeenNonAscii = 4,
};

constexpr uint32_t kBlock = 64;
constexpr uint32_t kBatchBlocks = 8;

// Writes a word for each block that `size` bytes begin, bit i for its byte i. When the last block
// is a partial one, the kBlock bytes that end with it are read: they must be there.
using IndexFunction = void (*)(const char* data, uint32_t size, uint64_t* out, uint8_t& seen);
IndexFunction index_function();                          // the best one here
IndexFunction index_function_by_name(base::Bytes name);  // "avx2", "sse2", "portable"; or null

class Structure {
 public:
  explicit Structure(base::Bytes in) : data_(in.data()), size_(static_cast<uint32_t>(in.size())) {}

  // How far next() has come. Apart from the rest, so that it can live in registers.
  struct Cursor {
    uint64_t bits = 0;             // what is left of the present block
    uint32_t block = 0u - kBlock;  // its offset; the first comes next
  };
  // Offset of the next structural byte; size of the input when there is none.
  uint32_t next(Cursor& cursor) {
    while (__builtin_expect(cursor.bits == 0, 0)) {
      if (!advance(cursor)) return size_;
    }
    const auto bit = static_cast<uint32_t>(__builtin_ctzll(cursor.bits));
    cursor.bits &= cursor.bits - 1;
    return cursor.block + bit;
  }
  // Takes back the last next(), which answered `offset`.
  void put_back(uint32_t offset, Cursor& cursor) const {
    if (offset != size_) cursor.bits |= uint64_t{1} << (offset - cursor.block);
  }
  // The next next() answers an offset of at least `offset`.
  void skip_to(uint32_t offset, Cursor& cursor) {
    while (cursor.block + kBlock <= offset) {
      if (advance(cursor)) continue;
      cursor.bits = 0;
      return;
    }
    if (offset > cursor.block) cursor.bits &= ~uint64_t{0} << (offset - cursor.block);
  }
  uint8_t seen() const { return seen_; }

 private:
  // To the next block; false: there is none.
  bool advance(Cursor& cursor) {
    if (word_ == words_indexed_ && !refill()) return false;
    cursor.bits = words_[word_++];
    cursor.block += kBlock;
    return true;
  }
  bool refill();
  void index_short();

  const char* data_;
  uint32_t size_;
  uint32_t word_ = 0;  // of the block behind the cursor's
  uint32_t words_indexed_ = 0;
  uint32_t bytes_indexed_ = 0;
  uint8_t seen_ = 0;
  uint64_t words_[kBatchBlocks];
};

}  // namespace xml
