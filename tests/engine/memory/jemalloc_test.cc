#include "engine/memory/jemalloc.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <thread>

namespace memory {
namespace {

// Runs in both worlds: the tests of this folder are linked without jemalloc, those of the node
// with it.
TEST(Jemalloc, WhereItIsAbsentEveryCallSaysSo) {
  if (jemalloc_linked()) GTEST_SKIP() << "linked";
  unsigned arena = 42;
  HeapStats stats{1, 2, 3};
  uint64_t bytes = 7;
  EXPECT_FALSE(bind_own_arena(arena));
  EXPECT_FALSE(heap_stats(stats));
  EXPECT_FALSE(arena_allocated(0, bytes));
  EXPECT_EQ(42u, arena);
  EXPECT_EQ(3u, stats.resident);
  EXPECT_EQ(7u, bytes);
}

TEST(Jemalloc, AThreadAllocatesFromItsOwnArena) {
  if (!jemalloc_linked()) GTEST_SKIP() << "not linked";
  std::thread([] {
    unsigned arena = 0;
    ASSERT_TRUE(bind_own_arena(arena));
    uint64_t before = 0;
    uint64_t after = 0;
    ASSERT_TRUE(arena_allocated(arena, before));
    void* volatile block = std::malloc(1 << 20);  // volatile: not to be optimised away
    ASSERT_TRUE(arena_allocated(arena, after));
    EXPECT_GE(after, before + (1 << 20));
    std::free(block);
    ASSERT_TRUE(arena_allocated(arena, after));
    EXPECT_LT(after, before + (1 << 20));
  }).join();
  HeapStats stats;
  ASSERT_TRUE(heap_stats(stats));
  EXPECT_GT(stats.allocated, 0u);
  EXPECT_GE(stats.resident, stats.active);
}

}  // namespace
}  // namespace memory
