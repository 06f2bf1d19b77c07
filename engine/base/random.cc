#include "engine/base/random.h"

#include <cstring>

#include "engine/base/check.h"
#include "engine/base/hexadecimal.h"

namespace base {

uint64_t Random::next() {
  uint64_t value = 0;
  fill(reinterpret_cast<char*>(&value), sizeof value);
  return value;
}

uint64_t Random::below(uint64_t bound) {
  CHECK(bound > 0);
  const uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
  uint64_t value = next();
  while (value >= limit) value = next();
  return value % bound;
}

void Random::token(size_t bytes, Sink& out) {
  char raw[64];
  CHECK(bytes <= sizeof raw);
  fill(raw, bytes);
  append_hexadecimal({raw, bytes}, out);
}

// splitmix64 spreads one word of seed over the four words of state.
Prng::Prng(uint64_t seed) {
  for (uint64_t& word : state_) {
    seed += 0x9E3779B97F4A7C15u;
    uint64_t z = seed;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    word = z ^ (z >> 31);
  }
  // The one state that xoshiro never leaves.
  CHECK((state_[0] | state_[1] | state_[2] | state_[3]) != 0);
}

static uint64_t rotate_left(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }

uint64_t Prng::step() {
  const uint64_t result = rotate_left(state_[1] * 5, 7) * 9;
  const uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = rotate_left(state_[3], 45);
  return result;
}

void Prng::fill(char* out, size_t length) {
  while (length > 0) {
    const uint64_t word = step();
    const size_t n = length < sizeof word ? length : sizeof word;
    std::memcpy(out, &word, n);
    out += n;
    length -= n;
  }
}

}  // namespace base
