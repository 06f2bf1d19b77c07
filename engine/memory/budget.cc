#include "engine/memory/budget.h"

#include <cstdio>

namespace memory {

namespace {

struct Text {
  base::Bytes name;
  base::Bytes why;
};

}  // namespace

static constexpr Text kTexts[] = {
#define POOL(name, bytes_each, why) {#name, why},
#include "engine/memory/pools.def"
#undef POOL
};

base::Bytes name(Pool pool) {
  CHECK(pool < Pool::kCount);
  return kTexts[static_cast<size_t>(pool)].name;
}

base::Bytes why_so_big(Pool pool) {
  CHECK(pool < Pool::kCount);
  return kTexts[static_cast<size_t>(pool)].why;
}

void append_budget(const Budget& budget, base::Sink& out) {
  char row[256];
  const auto append_row = [&](base::Bytes pool, uint64_t count, uint64_t each, const char* reason) {
    const int n = std::snprintf(
        row, sizeof row, "%-16.*s %9llu x %7llu B = %9.1f MiB  %s\n", static_cast<int>(pool.size()),
        pool.data(), static_cast<unsigned long long>(count), static_cast<unsigned long long>(each),
        static_cast<double>(count * each) / (1 << 20), reason);
    CHECK(n > 0 && static_cast<size_t>(n) < sizeof row);
    out.append(row, static_cast<size_t>(n));
  };
  for (const BudgetLine& line : budget.lines()) {
    append_row(name(line.pool), line.count, bytes_each(line.pool), line.reason);
  }
  append_row("one shard", 1, budget.bytes(), "sum of the above");
}

}  // namespace memory
