#include "engine/journal/recovery/epoch.h"

#include "engine/base/random.h"
#include "engine/journal/recovery/feed_reader.h"
#include "engine/journal/recovery/marks.h"
#include "tests/engine/journal/fixture.h"

namespace test {

class Epochs : public Journaling {};

TEST_F(Epochs, EveryStartWritesANewOneAndFreesTheOldFiles) {
  for (uint64_t epoch = 1; epoch <= 20; ++epoch) {
    ASSERT_TRUE(start()) << why;
    EXPECT_EQ(journal->log().epoch, epoch);
    EXPECT_EQ(recovered.entries.size(), epoch - 1);
    journal->put(key(epoch), "x");
    seal();
    crash();
  }
  for (const std::string& name : names()) {
    const auto segment = journal::parse_segment_name(name);
    EXPECT_TRUE(!segment || segment->epoch == 20u);
  }
  EXPECT_LE(disk.bytes(), 10 * options.segment_bytes);
}

// The power goes during a start, at every write and sync of it.
TEST_F(Epochs, ACrashDuringAStartLosesNothing) {
  ASSERT_TRUE(start()) << why;
  Contents expected;
  for (uint64_t i = 1; i <= 250; ++i) {
    journal->put(key(i), std::string(1500, 'x'));
    expected[key(i)] = std::string(1500, 'x') + "|";
  }
  seal();
  crash();
  base::Prng random(21);
  const MemoryDisk before = disk;
  int refused = 0;
  for (uint64_t room = 0; room < 8; ++room) {
    disk = before;
    disk.capacity = disk.bytes() + room * options.segment_bytes;
    refused += start() ? 0 : 1;  // the disk is full at some point
    crash(&random);
    disk.capacity = UINT64_MAX;
    ASSERT_TRUE(start()) << why;
    EXPECT_EQ(contents_of(recovered.entries), expected);
    crash(&random);
    EXPECT_EQ(stored(), expected);
  }
  EXPECT_GT(refused, 2);
}

TEST_F(Epochs, AnEpochWithoutItsMarkIsIgnored) {
  ASSERT_TRUE(start()) << why;
  journal->put(key(1), "kept");
  seal();
  crash();
  const MemoryDisk before = disk;
  ASSERT_TRUE(start()) << why;
  crash();
  MemoryDisk mixed = before;
  for (const std::string& name : names()) {
    const auto segment = journal::parse_segment_name(name);
    if (!segment || segment->epoch != 2) continue;
    const auto file = mixed.create(name, 0);
    ASSERT_TRUE(static_cast<bool>(mixed.write(*file, 0, disk.content(name))));
    mixed.close(*file);
  }
  disk = mixed;
  ASSERT_TRUE(start()) << why;
  EXPECT_EQ(recovered.epoch, 1u);
  EXPECT_EQ(journal->log().epoch, 3u);
  EXPECT_EQ(recovered.entries.size(), 1u);
}

TEST_F(Epochs, TheNumberOfShardsMayChange) {
  auto made = journal::SegmentKeeper::open(disk, options.segment_bytes);
  ASSERT_TRUE(static_cast<bool>(made));
  std::vector<std::vector<engine::JournalEntry>> entries(3);
  for (uint64_t i = 1; i <= 30; ++i) {
    entries[i % 3].push_back({key(i), "entry " + std::to_string(i), i % 2 == 0 ? "noted" : ""});
  }
  auto begun = journal::begin_epoch(disk, *made, {1, 5, options, &failure}, entries);
  ASSERT_TRUE(static_cast<bool>(begun)) << begun.error().what;
  ASSERT_EQ(begun->size(), 3u);
  crash();
  const auto found = journal::recover(disk);
  ASSERT_TRUE(static_cast<bool>(found)) << found.error().what;
  EXPECT_EQ(found->logs.size(), 3u);
  ASSERT_EQ(found->entries.size(), 30u);
  for (const auto& recovered : found->entries) {
    const uint64_t id = recovered.entry.key.id;
    EXPECT_EQ(recovered.shard, id % 3);
    EXPECT_EQ(text_of(recovered.entry),
              "entry " + std::to_string(id) + (id % 2 == 0 ? "|noted" : "|"));
  }
}

// A segment that one shard has let go becomes another's of the same number, as it is.
TEST_F(Epochs, WhatAnotherShardWroteAtTheSamePositionsIsNoGroupOfOurs) {
  auto made = journal::SegmentKeeper::open(disk, options.segment_bytes);
  ASSERT_TRUE(static_cast<bool>(made));
  auto begun = journal::begin_epoch(disk, *made, {1, 77, options, &failure}, {{}, {}});
  ASSERT_TRUE(static_cast<bool>(begun)) << begun.error().what;
  const journal::LogIdentity& ours = (*begun)[0]->log();
  const journal::LogIdentity& theirs = (*begun)[1]->log();
  const std::string segment = disk.content(journal::segment_name(theirs, 1));
  const uint64_t first = ours.first_group(1);
  EXPECT_TRUE(journal::read_whole_group(segment, theirs, first).has_value());
  EXPECT_FALSE(journal::read_whole_group(segment, ours, first).has_value());
}

TEST_F(Epochs, AllFilesOfAShardMissingIsSaid) {
  ASSERT_TRUE(start()) << why;
  seal();
  crash();
  for (const std::string& name : names()) {
    if (journal::parse_segment_name(name)) {
      ASSERT_TRUE(static_cast<bool>(disk.remove(name)));
    }
  }
  EXPECT_FALSE(start());
  EXPECT_NE(why.find("shard 0"), std::string::npos) << why;
}

TEST_F(Epochs, AThousandPowerCutsLoseNothingThatWasCommitted) {
  base::Prng random(31);
  Contents committed;  // what must be there
  Contents maybe;      // the same with what was appended after
  uint64_t next = 1;
  for (int cut = 0; cut < 1000; ++cut) {
    ASSERT_TRUE(start()) << why << " after " << cut;
    const Contents found = contents_of(recovered.entries);
    for (const auto& [name, text] : committed) {
      ASSERT_TRUE(found.contains(name) && found.at(name) == text) << cut;
    }
    for (const auto& [name, text] : found) {
      ASSERT_TRUE(maybe.contains(name) && maybe.at(name) == text) << cut;
    }
    committed = maybe = found;
    const uint64_t turns = random.below(12);
    for (uint64_t turn = 0; turn < turns; ++turn) {
      for (uint64_t i = random.below(5); i > 0; --i) {
        const std::string bytes(random.below(3000), 'm');
        journal->put(key(next), bytes);
        maybe[key(next++)] = bytes + "|";
      }
      while (maybe.size() > 100 || (!maybe.empty() && random.below(2) == 0)) {
        const engine::JournalKey old = maybe.begin()->first;
        journal->erase(old);
        maybe.erase(old);
      }
      commit();
      ASSERT_EQ(journal->committed(), journal->appended());
      ASSERT_TRUE(journal->accepting());
      committed = maybe;
      now = now + base::Duration::milliseconds(static_cast<int64_t>(random.below(2000)));
    }
    for (uint64_t i = random.below(4); i > 0; --i) {
      journal->put(key(next), "unfinished");
      maybe[key(next++)] = "unfinished|";
    }
    flush();  // and the power goes before the sync is done
    crash(&random);
  }
}

// Appends the bytes of all records that are left.
base::Status read_all(journal::FeedReader& reader, std::vector<std::string>& out) {
  std::string buffer;
  std::vector<journal::FeedRecord> group;
  do {
    if (auto read = reader.read(buffer, group); !read) return read;
    for (const journal::FeedRecord& record : group) out.emplace_back(record.bytes);
  } while (!group.empty());
  return base::Status::ok();
}

TEST_F(Epochs, TheFeedOfTheOldEpochCanBeReadBeforeTheNewOneBegins) {
  ASSERT_TRUE(start()) << why;
  {
    journal::FeedReader live(disk, journal->log(), journal->progress());
    for (int i = 0; i < 60; ++i) journal->feed(2, std::to_string(i) + std::string(3000, 'f'));
    seal();
  }
  crash();
  const auto found = journal::recover(disk);
  ASSERT_TRUE(static_cast<bool>(found)) << found.error().what;
  const auto progress = std::make_shared<journal::FeedProgress>();
  progress->committed = found->logs[0].end;
  journal::FeedReader reader(disk, found->logs[0].log, progress, found->logs[0].first);
  std::vector<std::string> read;
  ASSERT_TRUE(static_cast<bool>(read_all(reader, read)));
  ASSERT_EQ(read.size(), 60u);
  for (int i = 0; i < 60; ++i)
    EXPECT_EQ(read[i].substr(0, read[i].find('f')), std::to_string(i));
}

TEST_F(Epochs, AFeedWithAcceptedDamageIsReadAroundIt) {
  ASSERT_TRUE(start()) << why;
  {
    journal::FeedReader live(disk, journal->log(), journal->progress());
    for (int i = 0; i < 60; ++i) {
      journal->feed(2, std::to_string(i) + std::string(3000, 'f'));
      commit();
    }
    seal();
  }
  const journal::LogIdentity log = journal->log();
  crash();
  // In a group's header, in a record, and a whole file.
  disk.content(journal::segment_name(log, 1))[2 * journal::kBlock + 3] ^= 1;
  disk.content(journal::segment_name(log, 2))[2 * journal::kBlock + 500] ^= 1;
  ASSERT_TRUE(static_cast<bool>(disk.remove(journal::segment_name(log, 3))));
  ASSERT_TRUE(static_cast<bool>(journal::repair(disk)));
  const auto found = journal::recover(disk);
  ASSERT_TRUE(static_cast<bool>(found)) << found.error().what;
  const auto progress = std::make_shared<journal::FeedProgress>();
  progress->committed = found->logs[0].end;
  std::vector<std::string> read;
  journal::FeedReader reader(disk, found->logs[0].log, progress, found->logs[0].first);
  reader.leave_out_damage();
  ASSERT_TRUE(static_cast<bool>(read_all(reader, read)));
  // A commit each; fifteen fit a segment.
  EXPECT_EQ(read.size(), 60u - 1 - 1 - 15);
  journal::FeedReader strict(disk, found->logs[0].log, progress, found->logs[0].first);
  EXPECT_FALSE(static_cast<bool>(read_all(strict, read)));
}

TEST_F(Epochs, AStartNeedsNoRoomOnAFullDisk) {
  ASSERT_TRUE(start()) << why;
  for (uint64_t i = 1; i <= 10; ++i) journal->put(key(i), std::string(1000, 'x'));
  for (int i = 0; i < 8; ++i) commit();
  for (int round = 0; round < 5; ++round) {
    crash();
    disk.capacity = disk.bytes() + 1000;  // for the mark
    ASSERT_TRUE(start()) << why;
    EXPECT_EQ(recovered.entries.size(), 10u);
    for (int i = 0; i < 8; ++i) commit();
  }
}

}  // namespace test
