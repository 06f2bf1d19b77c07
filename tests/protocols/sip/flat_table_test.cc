#include "protocols/sip/flat_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace sip {
namespace {

struct Pair {
  uint64_t first = 0;
  uint64_t second = 0;
  friend bool operator==(const Pair&, const Pair&) = default;
};
uint64_t key_of(const Pair& id) { return id.first; }

struct Plain {
  uint64_t id;
};
struct Keyed {
  Pair id;
};
using PlainTable = FlatTable<Plain, PlainSlot<Plain>>;
using KeyedTable = FlatTable<Keyed, KeyedSlot<Keyed>>;

Keyed& insert(KeyedTable& table, uint64_t first, uint64_t second) {
  return table.insert(std::make_unique<Keyed>(Keyed{{first, second}}));
}

TEST(FlatTable, TellsApartIdsThatShareASlotOrTheirKey) {
  KeyedTable table;
  const Keyed& here = insert(table, 7, 1);
  const Keyed& twin = insert(table, 7, 2);
  const Keyed& neighbour = insert(table, 7 + (uint64_t{1} << 40), 1);
  EXPECT_EQ(table.find({7, 1}), &here);
  EXPECT_EQ(table.find({7, 2}), &twin);
  EXPECT_EQ(table.find({7 + (uint64_t{1} << 40), 1}), &neighbour);
  EXPECT_EQ(table.find({7, 3}), nullptr);
  EXPECT_EQ(table.find({8, 1}), nullptr);
  table.erase({7, 1});
  EXPECT_EQ(table.find({7, 1}), nullptr);
  EXPECT_EQ(table.find({7, 2}), &twin);
  EXPECT_EQ(table.find({7 + (uint64_t{1} << 40), 1}), &neighbour);
  EXPECT_EQ(table.size(), 2u);
}

TEST(FlatTable, AllAreVisited) {
  PlainTable table;
  for (uint64_t id = 1; id <= 3000; ++id)
    table.insert(std::make_unique<Plain>(Plain{id << 50 | id}));
  uint64_t sum = 0;
  table.for_each([&](const Plain& one) { sum += one.id & 0xffff; });
  EXPECT_EQ(sum, 3000u * 3001 / 2);
}

// Against std::map, through growth and shrinking, with homes that collide at every size.
TEST(FlatTable, HoldsWhatAMapHolds) {
  std::mt19937_64 random(5);
  PlainTable table;
  std::map<uint64_t, Plain*> known;
  const auto id_of = [](uint64_t number) { return (number % 64) << 44 | (number / 4 * 3); };
  for (int step = 0; step < 60'000; ++step) {
    const uint64_t id = id_of(random() % 9'000);
    const bool grows = step < 30'000;
    const auto found = known.find(id);
    ASSERT_EQ(table.find(id), found == known.end() ? nullptr : found->second);
    if (found == known.end() && (grows || random() % 8 == 0)) {
      known[id] = &table.insert(std::make_unique<Plain>(Plain{id}));
    } else if (found != known.end() && (!grows || random() % 4 == 0)) {
      table.erase(id);
      known.erase(found);
    }
    ASSERT_EQ(table.size(), known.size());
  }
  for (const auto& [id, one] : known) EXPECT_EQ(table.find(id), one);
}

}  // namespace
}  // namespace sip
