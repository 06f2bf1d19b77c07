// base::Random from the operating system's entropy by way of BoringSSL's generator: nonces, salts,
// ids. Draws are served from a small block so that a stanza's id does not cost a call each.
// One per shard (or other thread); that thread only.
#pragma once

#include <array>

#include "engine/base/random.h"

namespace engine {

class SecureRandom final : public base::Random {
 public:
  ~SecureRandom() override;
  void fill(char* out, size_t length) override;

 private:
  static constexpr size_t kBlock = 512;  // octets drawn at once; longer requests go past it
  std::array<char, kBlock> block_{};
  size_t used_ = kBlock;
};

}  // namespace engine
