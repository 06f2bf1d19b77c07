// Digests that SASL, caps and tokens need, behind one small door so that protocols/ never sees
// the crypto library. Implemented in engine/tls/digest.cc.
// Any thread; no allocation on the sha/hmac paths.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "engine/base/bytes.h"

namespace base {

// md5: only for SIP clients that know nothing better (RFC 8760).
enum class HashKind : uint8_t { md5, sha1, sha256 };

struct Digest {
  std::array<char, 32> octets{};
  uint8_t length = 0;
  Bytes view() const { return {octets.data(), length}; }
};

constexpr size_t digest_length(HashKind kind) {
  if (kind == HashKind::md5) return 16;
  return kind == HashKind::sha1 ? 20 : 32;
}

Digest hash(HashKind kind, Bytes data);
Digest hmac(HashKind kind, Bytes key, Bytes data);

// SHA-256 of what does not fit into memory, piece by piece.
class RunningHash {
 public:
  RunningHash();
  void add(Bytes piece);
  Digest finish();  // once, at the end

 private:
  alignas(8) std::array<char, 128> state_;
};
// PBKDF2 (RFC 8018). Milliseconds of CPU: never on a shard.
Digest pbkdf2(HashKind kind, Bytes password, Bytes salt, uint32_t iterations);
// Time depends on the lengths only.
bool equal_in_constant_time(Bytes a, Bytes b);

}  // namespace base
