// The allocator as the engine uses it: an arena of its own for each shard's thread, and what the
// process holds. jemalloc is linked into the server alone; where it is absent (sanitizer builds,
// tests) every call says so and nothing else changes.
// bind_own_arena(): the thread concerned. heap_stats(): any thread, but not on a hot path.
#pragma once

#include <cstdint>

namespace memory {

bool jemalloc_linked();

// Makes a new arena and lets this thread allocate from it, so that shards share no allocator lock
// and their memory can be told apart. False: absent or refused; the thread goes on as before.
bool bind_own_arena(unsigned& arena);

struct HeapStats {
  uint64_t allocated = 0;  // what the program asked for and holds
  uint64_t active = 0;     // in pages that serve it
  uint64_t resident = 0;   // of these and the allocator's own, in memory
};
// False: no jemalloc; out unchanged.
bool heap_stats(HeapStats& out);
// Bytes allocated in one arena, for a shard's own figure. False: no such arena, no jemalloc.
bool arena_allocated(unsigned arena, uint64_t& out);

}  // namespace memory
