// A tick is how what was sent is known again: '~' and the eight hexadecimal digits of a sequence
// number, in a body or a status. Nothing else the generator sends has a '~', so a receiver looks
// for that one character and parses nothing. A tick may be cut by the end of what has been
// received; its beginning is kept until the rest comes. One thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace load {

inline constexpr size_t kTickBytes = 9;

inline void write_tick(char* at, uint32_t sequence) {
  static constexpr char kDigits[] = "0123456789abcdef";
  at[0] = '~';
  for (int i = 8; i >= 1; --i, sequence >>= 4) at[i] = kDigits[sequence & 15];
}

// False: these are not nine characters that write_tick() could have written.
[[nodiscard]] inline bool read_tick(const char* at, uint32_t& sequence) {
  uint32_t value = 0;
  for (int i = 1; i <= 8; ++i) {
    const auto c = static_cast<unsigned char>(at[i]);
    const uint32_t digit = c <= '9' ? uint32_t{c} - '0' : uint32_t{c} - 'a' + 10;
    if (digit > 15 || (c > '9' && c < 'a')) return false;
    value = value << 4 | digit;
  }
  sequence = value;
  return true;
}

class TickReader {
 public:
  // Calls on_tick(sequence) for each that is complete now.
  template <class OnTick>
  void feed(std::string_view bytes, OnTick on_tick) {
    uint32_t sequence = 0;
    if (kept_ > 0) {
      const size_t taken = std::min(kTickBytes - kept_, bytes.size());
      std::memcpy(begun_ + kept_, bytes.data(), taken);
      kept_ = static_cast<uint8_t>(kept_ + taken);
      bytes.remove_prefix(taken);
      if (kept_ < kTickBytes) return;
      kept_ = 0;
      if (read_tick(begun_, sequence)) on_tick(sequence);
    }
    const char* at = bytes.data();
    const char* const end = at + bytes.size();
    while (at < end && (at = static_cast<const char*>(
                            std::memchr(at, '~', static_cast<size_t>(end - at)))) != nullptr) {
      const auto left = static_cast<size_t>(end - at);
      if (left < kTickBytes) {
        std::memcpy(begun_, at, left);
        kept_ = static_cast<uint8_t>(left);
        return;
      }
      if (read_tick(at, sequence)) on_tick(sequence);
      at += kTickBytes;
    }
  }
  void reset() { kept_ = 0; }

 private:
  char begun_[kTickBytes] = {};
  uint8_t kept_ = 0;
};

}  // namespace load
