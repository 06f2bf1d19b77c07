#include "protocols/sip/transaction/transaction_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace sip {
namespace {

struct One {
  TransactionId id;
};
using Table = TransactionTable<One>;

One& insert(Table& table, uint64_t first, uint64_t second) {
  return table.insert(std::make_unique<One>(One{{first, second}}));
}

TEST(TransactionTable, TellsApartIdsThatShareASlotOrTheFirstHalf) {
  Table table;
  const One& here = insert(table, 7, 1);
  const One& twin = insert(table, 7, 2);
  const One& neighbour = insert(table, 7 + (uint64_t{1} << 40), 1);
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

// Against std::map, through growth and shrinking, with homes that collide at every size.
TEST(TransactionTable, HoldsWhatAMapHolds) {
  std::mt19937_64 random(5);
  Table table;
  std::map<uint64_t, One*> known;
  const auto id_of = [](uint64_t number) {
    return TransactionId{(number % 64) << 44 | (number / 4 * 3), number};
  };
  for (int step = 0; step < 60'000; ++step) {
    const uint64_t number = random() % 9'000;
    const bool grows = step < 30'000;
    const auto found = known.find(number);
    ASSERT_EQ(table.find(id_of(number)), found == known.end() ? nullptr : found->second);
    if (found == known.end() && (grows || random() % 8 == 0)) {
      const TransactionId id = id_of(number);
      known[number] = &insert(table, id.first, id.second);
    } else if (found != known.end() && (!grows || random() % 4 == 0)) {
      table.erase(id_of(number));
      known.erase(found);
    }
    ASSERT_EQ(table.size(), known.size());
  }
  for (const auto& [number, one] : known) EXPECT_EQ(table.find(id_of(number)), one);
}

}  // namespace
}  // namespace sip
