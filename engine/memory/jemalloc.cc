#include "engine/memory/jemalloc.h"

#include <cstddef>
#include <cstdio>

#include "engine/base/check.h"

// Weak: null when the program is linked without jemalloc.
extern "C" int mallctl(const char* name, void* old_value, size_t* old_length, void* new_value,
                       size_t new_length) __attribute__((weak));

namespace memory {

bool jemalloc_linked() { return mallctl != nullptr; }

template <class T>
static bool read_value(const char* name, T& out) {
  CHECK(name != nullptr);
  if (mallctl == nullptr) return false;
  T value{};
  size_t length = sizeof value;
  if (mallctl(name, &value, &length, nullptr, 0) != 0 || length != sizeof value) return false;
  out = value;
  return true;
}

// jemalloc keeps its statistics as of the last time this number was written.
static void refresh() {
  uint64_t epoch = 1;
  size_t length = sizeof epoch;
  if (mallctl != nullptr) mallctl("epoch", &epoch, &length, &epoch, sizeof epoch);
}

bool bind_own_arena(unsigned& arena) {
  unsigned made = 0;
  if (!read_value("arenas.create", made)) return false;
  CHECK(mallctl != nullptr);
  if (mallctl("thread.arena", nullptr, nullptr, &made, sizeof made) != 0) return false;
  arena = made;
  return true;
}

bool heap_stats(HeapStats& out) {
  refresh();
  size_t allocated = 0;
  size_t active = 0;
  size_t resident = 0;
  if (!read_value("stats.allocated", allocated) || !read_value("stats.active", active) ||
      !read_value("stats.resident", resident)) {
    return false;
  }
  // Read one after another while shards allocate: they need not agree to the byte.
  out = {allocated, active, resident};
  return true;
}

bool arena_allocated(unsigned arena, uint64_t& out) {
  char key[64];
  size_t small = 0;
  size_t large = 0;
  refresh();
  int length = std::snprintf(key, sizeof key, "stats.arenas.%u.small.allocated", arena);
  CHECK(length > 0 && static_cast<size_t>(length) < sizeof key);
  if (!read_value(key, small)) return false;
  length = std::snprintf(key, sizeof key, "stats.arenas.%u.large.allocated", arena);
  CHECK(length > 0 && static_cast<size_t>(length) < sizeof key);
  if (!read_value(key, large)) return false;
  out = small + large;
  return true;
}

}  // namespace memory
