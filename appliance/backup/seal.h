// The last 48 bytes of a backup: a zstd frame that decompressors skip (RFC 8878 §3.1.2) with the
// SHA-256 of everything before. It stays the same in every format to come, so that damage is told
// from a format that is too new.
// Values.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/digest.h"

namespace backup {

inline constexpr base::Bytes kSealHead("\x5E\x2A\x4D\x18\x28\0\0\0RCSEAL\r\n", 16);
inline constexpr size_t kSealBytes = kSealHead.size() + 32;

inline std::string make_seal(const base::Digest& digest) {
  return std::string(kSealHead) + std::string(digest.view());
}

}  // namespace backup
