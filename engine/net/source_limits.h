// How many connections each remote source has, over all shards: an IPv4 address, or the /64 an IPv6
// host can choose its addresses from. Asked once at accept and once at the end, so one mutex does.
// Any thread. Holds one entry per source with a connection.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <unordered_map>

#include "engine/base/bytes.h"

namespace engine {

// 4 octets of IPv4 or the first 8 of IPv6, tagged; all zero: unknown, never limited.
struct SourceKey {
  std::array<char, 9> octets{};
  bool known() const { return octets[0] != 0; }
  base::Bytes view() const { return {octets.data(), octets.size()}; }
  friend bool operator==(const SourceKey&, const SourceKey&) = default;
};

SourceKey source_key(base::Bytes address_text);  // IPv4-mapped IPv6 counts as IPv4

class SourceLimits {
 public:
  explicit SourceLimits(uint32_t limit) : limit_(limit) {}  // 0: no limit
  [[nodiscard]] bool add(const SourceKey& source);          // false: limit reached, not added
  void remove(const SourceKey& source);                     // of one that was added
  size_t sources() const;

 private:
  struct Hash {
    size_t operator()(const SourceKey& key) const;
  };
  const uint32_t limit_;
  mutable std::mutex mutex_;
  std::unordered_map<SourceKey, uint32_t, Hash> counts_;
};

}  // namespace engine
