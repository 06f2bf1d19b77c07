// A keyed 64-bit hash for tables whose keys a peer chooses: SipHash-1-3 under a key drawn once at
// start, so nobody outside can aim at one bucket or at one shard. Not a digest: never stored, never
// sent. Also the map from text that can be asked with a view.
// Any thread, once set_hash_key() has returned.
#pragma once

#include <functional>
#include <string>
#include <unordered_map>

#include "engine/base/bytes.h"
#include "engine/base/random.h"

namespace base {

struct HashKey {
  uint64_t first = 0;
  uint64_t second = 0;
};

// Before the first thread and the first table: a later key would lose every entry, so only the
// first call in a process counts (a second node in it shares the key). Tests and the simulation
// leave the key at zero, which keeps their order reproducible.
void set_hash_key(Random& random);

uint64_t keyed_hash(Bytes data);
uint64_t siphash13(HashKey key, Bytes data);

struct StringHash {
  using is_transparent = void;
  size_t operator()(Bytes text) const { return keyed_hash(text); }
};

// find(Bytes) without making a string first.
template <class Value>
using StringMap = std::unordered_map<std::string, Value, StringHash, std::equal_to<>>;

}  // namespace base
