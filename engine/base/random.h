// Random numbers, handed in like time. Production shards get a source backed by the crypto
// library (engine/tls/random.h); the simulation hands out a Prng seeded from its one seed.
// A source belongs to one shard.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/base/bytes.h"

namespace base {

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(char* out, size_t length) = 0;
  uint64_t next();                       // 64 uniform bits
  uint64_t below(uint64_t bound);        // uniform in [0, bound); bound > 0
  // Appends `bytes` random octets as lowercase hex: unguessable ids want 16 (128 bits).
  void token(size_t bytes, Sink& out);
};

// xoshiro256**: fast, reproducible, not for secrets.
class Prng final : public Random {
 public:
  explicit Prng(uint64_t seed);
  void fill(char* out, size_t length) override;
  uint64_t step();

 private:
  uint64_t state_[4];
};

}  // namespace base
