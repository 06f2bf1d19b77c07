// An array that is filled again for every stanza: what is cleared keeps its room, what is added is
// not initialised, because a scan writes every member of what it adds.
// Belongs to a Document.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include "engine/base/check.h"

namespace xml {

template <class T>
class TokenArray {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  TokenArray() = default;
  TokenArray(TokenArray&& other) noexcept { *this = std::move(other); }
  TokenArray& operator=(TokenArray&& other) noexcept {
    items_ = std::move(other.items_);
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, 0);
    return *this;
  }

  // Good until the next one is added.
  T& add() {
    if (__builtin_expect(size_ == capacity_, 0)) grow();
    return items_.get()[size_++];
  }
  // Where the next ones will stand, with room for `count` of them; they are not added yet.
  T* room_for(uint32_t count) {
    while (__builtin_expect(capacity_ < size_ + count, 0)) grow();
    return items_.get() + size_;
  }
  // Adds what has been written there, up to `end`.
  void take(const T* end) { size_ = static_cast<uint32_t>(end - items_.get()); }
  // Drops what stands behind the first `size`.
  void cut(uint32_t size) {
    CHECK(size <= size_);
    size_ = size;
  }
  void clear() { size_ = 0; }

  T& operator[](uint32_t i) {
    CHECK(i < size_);
    return items_.get()[i];
  }
  const T& operator[](uint32_t i) const {
    CHECK(i < size_);
    return items_.get()[i];
  }
  T& back() { return (*this)[size_ - 1]; }
  uint32_t size() const { return size_; }
  uint32_t capacity() const { return capacity_; }
  bool empty() const { return size_ == 0; }

 private:
  __attribute__((noinline)) void grow() {
    CHECK(capacity_ <= UINT32_MAX / 4);
    capacity_ = capacity_ == 0 ? 16 : capacity_ * 2;
    auto larger = std::make_unique_for_overwrite<T[]>(capacity_);
    std::copy_n(items_.get(), size_, larger.get());
    items_ = std::move(larger);
  }

  std::unique_ptr<T[]> items_;
  uint32_t size_ = 0;
  uint32_t capacity_ = 0;
};

}  // namespace xml
