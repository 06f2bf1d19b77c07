#include "engine/net/source_limits.h"

#include <arpa/inet.h>
#include <string.h>

#include <string>

#include "engine/base/check.h"
#include "engine/base/hash.h"

namespace engine {

SourceKey source_key(base::Bytes address_text) {
  SourceKey key;
  const std::string text(address_text);
  char octets[16] = {};
  constexpr char kV4 = 4;
  constexpr char kV6 = 6;
  if (inet_pton(AF_INET, text.c_str(), octets) == 1) {
    key.octets[0] = kV4;
    memcpy(&key.octets[1], octets, 4);
  } else if (inet_pton(AF_INET6, text.c_str(), octets) == 1) {
    constexpr char kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '\xff', '\xff'};
    const bool mapped = memcmp(octets, kMapped, sizeof kMapped) == 0;
    key.octets[0] = mapped ? kV4 : kV6;
    memcpy(&key.octets[1], mapped ? octets + 12 : octets, mapped ? 4 : 8);
  }
  return key;
}

size_t SourceLimits::Hash::operator()(const SourceKey& key) const {
  return base::keyed_hash(key.view());
}

bool SourceLimits::add(const SourceKey& source) {
  if (!source.known()) return true;
  const std::lock_guard<std::mutex> lock(mutex_);
  uint32_t& count = counts_[source];
  if (limit_ != 0 && count >= limit_) return false;
  ++count;
  CHECK(limit_ == 0 || count <= limit_);
  return true;
}

void SourceLimits::remove(const SourceKey& source) {
  if (!source.known()) return;
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = counts_.find(source);
  CHECK(found != counts_.end() && found->second > 0);
  if (--found->second == 0) counts_.erase(found);
}

size_t SourceLimits::sources() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return counts_.size();
}

}  // namespace engine
