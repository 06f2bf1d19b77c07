#include "engine/journal/recovery/copy.h"

#include "tests/engine/journal/fixture.h"

namespace test {

// A journal of one shard, and where its copy goes.
class Copying : public Journaling {
 protected:
  uint64_t committed() const { return journal->progress()->committed.load(); }
  Contents copied() {
    auto found = journal::recover(copy);
    EXPECT_TRUE(static_cast<bool>(found)) << found.error().what;
    return contents_of(found->entries);
  }
  base::Result<journal::CopiedLogs> copy_it(uint64_t from, uint64_t to) {
    return journal::copy_logs(disk, copy, journal->log().epoch, {{from, to}});
  }
  void fill_segments(int segments) {
    const uint64_t end = journal->log().segment_of(committed()) + static_cast<uint64_t>(segments);
    const std::string text(1000, 'x');
    for (uint64_t id = 1000; journal->log().segment_of(committed()) < end; ++id) {
      journal->put(key(id), text);
      commit();
      journal->erase(key(id));
      commit();
    }
  }
  MemoryDisk copy;
};

TEST_F(Copying, TheCopyEndsWhereItIsCutWhateverIsWrittenMeanwhile) {
  ASSERT_TRUE(start()) << why;
  journal->put(key(1), "one");
  journal->note(key(1), "noted");
  journal->put(key(2), "two");
  commit();
  const uint64_t cut = committed();
  journal->put(key(3), "three");
  commit();
  const auto done = copy_it(cut, cut);
  ASSERT_TRUE(static_cast<bool>(done)) << done.error().what;
  EXPECT_EQ(copied(), (Contents{{key(1), "one|noted"}, {key(2), "two|"}}));
  EXPECT_EQ(done->entries, 2u);
  EXPECT_EQ(done->kept_ended, 0u);
}

TEST_F(Copying, WhatIsErasedBetweenTheTwoCutsIsKeptAndWhatWasErasedBeforeIsNot) {
  ASSERT_TRUE(start()) << why;
  journal->put(key(1), "gone before");
  journal->put(key(2), "given away");
  journal->note(key(2), "to whom");
  journal->put(key(3), "stays");
  commit();
  journal->erase(key(1));
  commit();
  const uint64_t from = committed();
  journal->erase(key(2));
  journal->put(key(4), "came and went");
  commit();
  journal->erase(key(4));
  commit();
  const auto done = copy_it(from, committed());
  ASSERT_TRUE(static_cast<bool>(done)) << done.error().what;
  EXPECT_EQ(
      copied(),
      (Contents{{key(2), "given away|to whom"}, {key(3), "stays|"}, {key(4), "came and went|"}}));
  EXPECT_EQ(done->kept_ended, 2u);
}

TEST_F(Copying, WhatWasErasedAndPutAgainIsThereOnceAsItIsNow) {
  ASSERT_TRUE(start()) << why;
  journal->put(key(1), "old");
  commit();
  const uint64_t from = committed();
  journal->erase(key(1));
  journal->put(key(1), "new");
  commit();
  const auto done = copy_it(from, committed());
  ASSERT_TRUE(static_cast<bool>(done)) << done.error().what;
  EXPECT_EQ(copied(), (Contents{{key(1), "new|"}}));
  EXPECT_EQ(done->entries, 1u);
}

TEST_F(Copying, NoSegmentIsLetGoWhileSomebodyCopies) {
  ASSERT_TRUE(start()) << why;
  const auto progress = journal->progress();
  const uint64_t first = journal->figures().first_segment;
  ++progress->copies;
  const uint64_t from = committed();
  fill_segments(4);
  EXPECT_EQ(journal->figures().first_segment, first);
  EXPECT_EQ(progress->copies_lost.load(), 0u);
  const auto done = copy_it(from, committed());
  ASSERT_TRUE(static_cast<bool>(done)) << done.error().what;
  EXPECT_GT(done->kept_ended, 0u);
  --progress->copies;
  fill_segments(1);
  EXPECT_GT(journal->figures().first_segment, first);
}

TEST_F(Copying, ACopyThatTakesTooLongIsGivenUpBeforeTheJournalIsFull) {
  ASSERT_TRUE(start()) << why;
  const auto progress = journal->progress();
  const uint64_t first = journal->figures().first_segment;
  ++progress->copies;
  fill_segments(20);
  EXPECT_GT(journal->figures().first_segment, first);
  EXPECT_GT(progress->copies_lost.load(), 0u);
  EXPECT_TRUE(journal->accepting());
}

// Positions of feed records with their bytes.
class FeedRecords final : public journal::RecordSink {
 public:
  void on_record(const journal::Record& record) override {
    if (record.type == journal::RecordType::feed) found[record.position] = record.bytes;
  }
  std::map<uint64_t, std::string> found;
};

TEST_F(Copying, FeedRecordsKeepTheirPositions) {
  ASSERT_TRUE(start()) << why;
  journal->feed(3, "first");
  journal->feed(3, "second");
  commit();
  ASSERT_TRUE(static_cast<bool>(copy_it(committed(), committed())));
  FeedRecords original;
  FeedRecords kept;
  const journal::LogIdentity log{.epoch = journal->log().epoch};
  ASSERT_TRUE(static_cast<bool>(journal::read_log(disk, log, {1}, original)));
  const auto summary = journal::read_log(copy, log, {1}, kept);
  ASSERT_TRUE(static_cast<bool>(summary)) << summary.error().what;
  EXPECT_EQ(summary->end, committed());
  EXPECT_EQ(summary->log.salt, journal->log().salt);
  EXPECT_EQ(kept.found.size(), 2u);
  EXPECT_EQ(kept.found, original.found);
}

TEST_F(Copying, AStoppedJournalIsCopiedAsItIsAndAnAbsentOneIsNone) {
  const auto none = journal::copy_stopped_logs(disk, copy);
  ASSERT_TRUE(static_cast<bool>(none)) << none.error().what;
  EXPECT_EQ(none->epoch, 0u);
  ASSERT_TRUE(start()) << why;
  journal->put(key(1), "one");
  commit();
  crash();
  const auto done = journal::copy_stopped_logs(disk, copy);
  ASSERT_TRUE(static_cast<bool>(done)) << done.error().what;
  EXPECT_EQ(done->epoch, 1u);
  EXPECT_EQ(copied(), (Contents{{key(1), "one|"}}));
}

TEST_F(Copying, AMissingSegmentOrADamagedOneIsAnError) {
  ASSERT_TRUE(start()) << why;
  journal->put(key(1), std::string(3000, 'x'));
  commit();
  journal->put(key(2), "two");
  seal();
  const uint64_t cut = committed();
  const auto name = journal::segment_name(journal->log(), 1);
  const auto file = disk.open(name);
  ASSERT_TRUE(static_cast<bool>(file));
  ASSERT_TRUE(static_cast<bool>(disk.write(*file, journal::kBlock + 200, "damage")));
  EXPECT_FALSE(static_cast<bool>(copy_it(cut, cut)));
  MemoryDisk another;
  ASSERT_TRUE(static_cast<bool>(disk.remove(name)));
  EXPECT_FALSE(
      static_cast<bool>(journal::copy_logs(disk, another, journal->log().epoch, {{cut, cut}})));
}

}  // namespace test
