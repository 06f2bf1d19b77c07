#include "engine/journal/recovery/share_out.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace journal {
namespace {

RecoveredEntry entry(engine::ShardId was, uint64_t id, std::string bytes, std::string note = {}) {
  RecoveredEntry recovered;
  recovered.shard = was;
  recovered.entry = {{1, id}, std::move(bytes), std::move(note)};
  return recovered;
}

std::string described(const std::vector<engine::JournalEntry>& entries) {
  std::string text;
  for (const engine::JournalEntry& one : entries) {
    text += std::to_string(one.key.id) + one.bytes + one.note + " ";
  }
  return text;
}

SharedOut by_parity(std::vector<RecoveredEntry> found, engine::ShardId shards = 2) {
  return share_out(found, shards, [shards](const RecoveredEntry& one) {
    return static_cast<engine::ShardId>(one.entry.key.id % shards);
  });
}

TEST(ShareOut, EachEntryGoesToItsOwnerInTheOrderFound) {
  const SharedOut shared =
      by_parity({entry(0, 4, "a"), entry(0, 1, "b"), entry(1, 2, "c"), entry(1, 3, "d")});
  ASSERT_EQ(shared.size(), 2u);
  EXPECT_EQ(described(shared[0]), "4a 2c ");
  EXPECT_EQ(described(shared[1]), "1b 3d ");
}

TEST(ShareOut, ACopyOnItsWayIsOneEntryAtTheFirstPlaceWithTheNoteThereIs) {
  const SharedOut shared = by_parity({entry(0, 2, "a"), entry(0, 4, "b"), entry(1, 4, "b"),
                                      entry(1, 2, "a", "noted"), entry(1, 6, "c")});
  EXPECT_EQ(described(shared[0]), "2anoted 4b 6c ");
  EXPECT_EQ(described(by_parity({entry(0, 2, "a", "noted"), entry(1, 2, "a")})[0]), "2anoted ");
}

TEST(ShareOut, AShardWithoutEntriesHasNone) {
  const SharedOut shared = by_parity({entry(3, 6, "a")}, 3);
  EXPECT_EQ(described(shared[0]), "6a ");
  EXPECT_TRUE(shared[1].empty() && shared[2].empty());
  EXPECT_EQ(by_parity({}, 4).size(), 4u);
}

}  // namespace
}  // namespace journal
