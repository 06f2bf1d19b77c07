// The bytes so far of a stanza that a buffer's edge has cut. Grows by size classes (64 bytes and
// its doublings), so it costs at most twice what was received, or 64 bytes.
// Owned by a stream; moves, never copies.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>

#include "engine/base/bytes.h"
#include "engine/base/check.h"

namespace xml {

class Carry {
 public:
  bool empty() const { return size_ == 0; }
  uint32_t size() const { return size_; }
  base::Bytes view() const { return {bytes_.get(), size_}; }

  void append(base::Bytes more) {
    const size_t wanted = size_ + more.size();
    CHECK(wanted <= UINT32_MAX / 2);
    if (wanted > capacity_) grow(static_cast<uint32_t>(wanted));
    std::memcpy(bytes_.get() + size_, more.data(), more.size());
    size_ = static_cast<uint32_t>(wanted);
  }
  // Gives the bytes away and is empty.
  std::unique_ptr<char[]> take() {
    size_ = capacity_ = 0;
    return std::move(bytes_);
  }

 private:
  void grow(uint32_t wanted) {
    capacity_ = std::bit_ceil(wanted < 64 ? 64 : wanted);
    std::unique_ptr<char[]> larger(new char[capacity_]);
    if (size_ > 0) std::memcpy(larger.get(), bytes_.get(), size_);
    bytes_ = std::move(larger);
  }

  std::unique_ptr<char[]> bytes_;
  uint32_t size_ = 0;
  uint32_t capacity_ = 0;
};

}  // namespace xml
