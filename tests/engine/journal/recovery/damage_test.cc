// Torn ends and damage: which is which, and that nothing is ever skipped in silence.
#include "engine/base/random.h"
#include "engine/journal/recovery/log_reader.h"
#include "engine/journal/recovery/marks.h"
#include "tests/engine/journal/fixture.h"

namespace test {

class Damaging : public Journaling {
 protected:
  Damaging() { options.bytes_max = 64 * options.segment_bytes; }  // nothing is carried
  std::string name(uint64_t segment) const { return journal::segment_name(log_, segment); }
  // Several segments of entries, sealed; `expected` is what they hold.
  void fill(uint64_t count, uint64_t erased) {
    ASSERT_TRUE(start()) << why;
    base::Prng random(3);
    for (uint64_t i = 1; i <= count; ++i) {
      const std::string bytes(100 + random.below(900), static_cast<char>('a' + i % 26));
      journal->put(key(i), bytes);
      expected_[key(i)] = bytes + "|";
      if (i % 3 == 0) {
        journal->note(key(i), "noted");
        expected_[key(i)] = bytes + "|noted";
      }
      if (random.below(4) == 0) commit();
    }
    for (uint64_t i = 1; i <= erased; ++i) {
      const uint64_t id = 1 + random.below(count);
      if (!journal->holds(key(id))) continue;
      journal->erase(key(id));
      expected_.erase(key(id));
    }
    seal();
    log_ = journal->log();
    journal.reset();
    supply.reset();
  }
  // Where the log ends: the last segment in use, and the offset in it.
  void find_end() {
    auto found = journal::examine(disk);
    ASSERT_TRUE(static_cast<bool>(found)) << found.error().what;
    end_ = found->logs[0].end;
    first_ = found->logs[0].first;
  }
  journal::LogIdentity log_;
  Contents expected_;
  uint64_t first_ = 0;
  uint64_t end_ = 0;
};

TEST_F(Damaging, ATornLastGroupIsCutAtEveryByte) {
  ASSERT_TRUE(start()) << why;
  journal->put(key(1), "kept");
  commit();
  const MemoryDisk before = disk;
  for (uint64_t i = 2; i < 8; ++i) journal->put(key(i), std::string(700, 'x'));
  journal->erase(key(1));
  flush();
  reactor.write_without_sync();
  const std::string file = journal::segment_name(journal->log(), 1);
  MemoryDisk old = before;
  const std::string without = old.content(file);
  const std::string with = disk.content(file);
  size_t from = 0;
  while (without[from] == with[from]) ++from;
  size_t to = with.size();
  while (without[to - 1] == with[to - 1]) --to;
  ASSERT_GT(to - from, 4000u);
  for (size_t cut = from; cut < to; ++cut) {
    std::string& torn = disk.content(file);
    torn = with.substr(0, cut) + without.substr(cut);  // its beginning
    ASSERT_EQ(stored(), (Contents{{key(1), "kept|"}})) << cut;
    torn = without.substr(0, cut) + with.substr(cut);  // or its end
    if (cut == from) continue;
    ASSERT_EQ(stored(), (Contents{{key(1), "kept|"}})) << cut;
  }
  disk.content(file) = with;
  EXPECT_EQ(stored().size(), 6u);
}

TEST_F(Damaging, AThousandFlippedBitsAreAllDetected) {
  fill(600, 300);
  find_end();
  ASSERT_GT(log_.segment_of(end_), 4u);
  ASSERT_EQ(stored(), expected_);
  base::Prng random(11);
  int refused = 0;
  for (int flip = 0; flip < 1000; ++flip) {
    const uint64_t position = log_.start_of(1) + random.below(end_ - log_.start_of(1));
    char& octet = disk.content(name(log_.segment_of(position)))[log_.offset_of(position)];
    const char right = octet;
    octet = static_cast<char>(octet ^ (1 << random.below(8)));
    const auto found = journal::recover(disk);
    if (!found) {
      ++refused;
      const std::string file = name(log_.segment_of(position));
      // The place is named: the file it is in, unless a whole group was lost with its start.
      EXPECT_NE(found.error().what.find("epoch-"), std::string::npos) << found.error().what;
    } else {
      // The seal at the very end, which is empty; or room at a segment's end that was never used.
      EXPECT_EQ(contents_of(found->entries), expected_) << position;
      const bool seal = position >= end_ - journal::kBlock;
      const auto examined = journal::examine(disk);
      EXPECT_TRUE(seal || examined->logs[0].end == end_) << position << " of " << end_;
    }
    octet = right;
  }
  EXPECT_GT(refused, 900);
  EXPECT_EQ(stored(), expected_);
}

TEST_F(Damaging, WhatRepairLeavesOutIsWhatItSays) {
  fill(600, 0);
  find_end();
  base::Prng random(13);
  const MemoryDisk whole = disk;
  for (int round = 0; round < 60; ++round) {
    disk = whole;
    for (uint64_t hit = 0; hit <= random.below(3); ++hit) {
      const uint64_t position = first_ + random.below(end_ - journal::kBlock - first_);
      char& octet = disk.content(name(log_.segment_of(position)))[log_.offset_of(position)];
      octet = static_cast<char>(octet ^ 0x40);
    }
    const auto refused = journal::recover(disk);
    if (refused) continue;  // hit room that was never used
    const auto repaired = journal::repair(disk);
    ASSERT_TRUE(static_cast<bool>(repaired)) << repaired.error().what;
    EXPECT_FALSE(repaired->damages.empty());
    const auto found = journal::recover(disk);
    ASSERT_TRUE(static_cast<bool>(found)) << found.error().what;
    EXPECT_EQ(found->accepted.size(), repaired->damages.size());
    EXPECT_FALSE(found->warnings.empty());
    const Contents contents = contents_of(found->entries);
    size_t lost = 0;
    for (const auto& [name, text] : expected_) {
      const auto there = contents.find(name);
      if (there == contents.end()) {
        ++lost;
      } else if (there->second != text) {
        EXPECT_EQ(there->second, text.substr(0, text.find('|') + 1)) << "its note is lost";
      }
    }
    EXPECT_LE(lost, 3 * found->accepted.size());  // a record each, and what starts in its bytes
    for (const auto& [name, text] : contents) EXPECT_TRUE(expected_.contains(name));
    // Damage that comes later is not covered by what was accepted before.
    char& octet = disk.content(name(2))[journal::kBlock + 9];
    octet = static_cast<char>(octet ^ 1);
    const bool same = found->accepted.front().offset == journal::kBlock;
    EXPECT_TRUE(same || !journal::recover(disk));
  }
}

TEST_F(Damaging, AMissingFileIsDamage) {
  fill(600, 0);
  find_end();
  const uint64_t last = log_.segment_of(end_);
  const MemoryDisk whole = disk;
  for (uint64_t segment = 1; segment <= last; ++segment) {
    disk = whole;
    ASSERT_TRUE(static_cast<bool>(disk.remove(name(segment))));
    const auto found = journal::recover(disk);
    ASSERT_FALSE(static_cast<bool>(found)) << segment;
    EXPECT_NE(found.error().what.find(name(segment)), std::string::npos) << found.error().what;
    EXPECT_NE(found.error().what.find("missing"), std::string::npos) << found.error().what;
    ASSERT_TRUE(static_cast<bool>(journal::repair(disk)));
    EXPECT_TRUE(static_cast<bool>(journal::recover(disk)));
  }
}

TEST_F(Damaging, ACutOffFileIsDamage) {
  fill(600, 0);
  const MemoryDisk whole = disk;
  for (const size_t size : {0u, 100u, 4096u, 30'000u, 65'000u}) {
    disk = whole;
    disk.content(name(2)).resize(size);
    const auto found = journal::recover(disk);
    ASSERT_FALSE(static_cast<bool>(found)) << size;
    EXPECT_NE(found.error().what.find(name(2)), std::string::npos) << found.error().what;
    ASSERT_TRUE(static_cast<bool>(journal::repair(disk)));
    EXPECT_TRUE(static_cast<bool>(journal::recover(disk)));
  }
}

TEST_F(Damaging, AFirstBlockThatIsDamagedCostsNoRecord) {
  fill(600, 0);
  disk.content(name(2))[40] ^= 1;
  const auto found = journal::recover(disk);
  ASSERT_FALSE(static_cast<bool>(found));
  EXPECT_NE(found.error().what.find("first block"), std::string::npos) << found.error().what;
  ASSERT_TRUE(static_cast<bool>(journal::repair(disk)));
  EXPECT_EQ(stored(), expected_);
}

TEST_F(Damaging, AMarkThatIsDamagedOrMissingIsSaid) {
  fill(20, 0);
  const std::string mark = journal::complete_mark_name(1);
  const std::string right = disk.content(mark);
  for (size_t at = 0; at < right.size(); ++at) {
    disk.content(mark)[at] ^= 1;
    const auto found = journal::recover(disk);
    ASSERT_FALSE(static_cast<bool>(found)) << at;
    EXPECT_NE(found.error().what.find(mark), std::string::npos);
    disk.content(mark) = right;
  }
  ASSERT_TRUE(static_cast<bool>(disk.remove(mark)));
  const auto found = journal::recover(disk);
  ASSERT_FALSE(static_cast<bool>(found));
  EXPECT_NE(found.error().what.find("missing"), std::string::npos) << found.error().what;
}

TEST_F(Damaging, RepairOfAWholeJournalChangesNothing) {
  fill(50, 10);
  const auto before = names();
  const auto repaired = journal::repair(disk);
  ASSERT_TRUE(static_cast<bool>(repaired));
  EXPECT_TRUE(repaired->damages.empty());
  EXPECT_EQ(names(), before);
  EXPECT_EQ(stored(), expected_);
}

// What a peer sends may look like a group in the right place; the salt tells it apart.
TEST_F(Damaging, AMessageCannotPassForAGroup) {
  ASSERT_TRUE(start()) << why;
  journal->put(key(1), "kept");
  commit();
  journal::LogIdentity guessed = journal->log();
  ++guessed.salt;
  const uint64_t at = journal->fed_to() / journal::kBlock * journal::kBlock + journal::kBlock;
  // A message that fills two blocks, with a forged group where the second one begins.
  std::string forged(2 * journal::kBlock, 'f');
  journal::Group group{.position = at + journal::kBlock,
                       .previous = at,
                       .oldest = 1,
                       .covers = at,
                       .bytes = journal::kGroupHeader,
                       .records = 0,
                       .flags = journal::Group::kAfterSync};
  const size_t inside = journal::kBlock - journal::kGroupHeader - journal::kRecordHeader;
  journal::seal_group(forged.data() + inside, guessed, group);
  journal->put(key(2), forged);
  flush();
  reactor.write_without_sync();
  std::string& content = disk.content(journal::segment_name(journal->log(), 1));
  content[journal->log().offset_of(at) + 5] ^= 1;  // torn
  EXPECT_EQ(stored(), (Contents{{key(1), "kept|"}}));
}

}  // namespace test
