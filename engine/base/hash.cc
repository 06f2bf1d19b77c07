#include "engine/base/hash.h"

#include <bit>
#include <cstring>

#include "engine/base/check.h"

namespace base {

static HashKey g_key;
static bool g_key_set = false;

void set_hash_key(Random& random) {
  if (g_key_set) return;
  g_key_set = true;
  g_key = {random.next(), random.next()};
  CHECK(g_key.first != g_key.second);  // the source does draw
}

uint64_t keyed_hash(Bytes data) { return siphash13(g_key, data); }

namespace {

// One SipRound over the four words of state.
struct Sip {
  uint64_t v0, v1, v2, v3;

  void round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
  void absorb(uint64_t word) {
    v3 ^= word;
    round();
    v0 ^= word;
  }
};

}  // namespace

static_assert(std::endian::native == std::endian::little, "SipHash reads little-endian words");

uint64_t siphash13(HashKey key, Bytes data) {
  Sip sip{key.first ^ 0x736f6d6570736575u, key.second ^ 0x646f72616e646f6du,
          key.first ^ 0x6c7967656e657261u, key.second ^ 0x7465646279746573u};
  const size_t whole = data.size() & ~size_t{7};
  for (size_t at = 0; at < whole; at += 8) {
    uint64_t word = 0;
    std::memcpy(&word, data.data() + at, sizeof word);
    sip.absorb(word);
  }
  uint64_t last = static_cast<uint64_t>(data.size()) << 56;
  if (data.size() > whole) std::memcpy(&last, data.data() + whole, data.size() - whole);
  sip.absorb(last);
  sip.v2 ^= 0xFF;
  for (int i = 0; i < 3; ++i) sip.round();
  return sip.v0 ^ sip.v1 ^ sip.v2 ^ sip.v3;
}

}  // namespace base
