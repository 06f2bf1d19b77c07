// A string that costs one pointer while it lives (plus its bytes): for the many short strings of
// rosters and sessions, where std::string's 32 bytes would be most of the memory.
// Owned by whoever holds it; moves, never copies by accident. At most 4 GiB - 1.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "engine/base/bytes.h"
#include "engine/base/check.h"

namespace base {

class PackedString {
 public:
  PackedString() = default;
  explicit PackedString(Bytes text) {
    if (text.empty()) return;
    CHECK(text.size() < UINT32_MAX);
    block_ = static_cast<char*>(std::malloc(sizeof(uint32_t) + text.size()));
    CHECK(block_ != nullptr);
    const auto length = static_cast<uint32_t>(text.size());
    std::memcpy(block_, &length, sizeof length);
    std::memcpy(block_ + sizeof length, text.data(), text.size());
  }
  PackedString(PackedString&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  PackedString& operator=(PackedString&& other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  PackedString(const PackedString&) = delete;
  PackedString& operator=(const PackedString&) = delete;
  ~PackedString() { std::free(block_); }

  Bytes view() const {
    if (block_ == nullptr) return {};
    uint32_t length = 0;
    std::memcpy(&length, block_, sizeof length);
    CHECK(length > 0);  // the empty string has no block
    return {block_ + sizeof length, length};
  }
  bool empty() const { return block_ == nullptr; }

 private:
  char* block_ = nullptr;
};

}  // namespace base
