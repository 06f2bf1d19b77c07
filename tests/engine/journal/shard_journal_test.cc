#include "engine/journal/shard_journal.h"

#include <errno.h>

#include <map>
#include <numeric>
#include <vector>

#include "engine/base/random.h"
#include "engine/journal/recovery/feed_reader.h"
#include "engine/journal/recovery/log_reader.h"
#include "tests/engine/journal/fixture.h"

namespace test {

TEST_F(Journaling, WhatWasCommittedComesBackAndWhatWasNotDoesNot) {
  ASSERT_TRUE(start()) << why;
  EXPECT_EQ(journal->committed(), journal->appended());
  journal->put(key(1), "first");
  journal->put(key(2), "second");
  EXPECT_GT(journal->appended(), journal->committed());
  commit();
  EXPECT_EQ(journal->committed(), journal->appended());
  journal->put(key(3), "third");
  crash();
  ASSERT_TRUE(start()) << why;
  EXPECT_EQ(contents_of(recovered.entries), (Contents{{key(1), "first|"}, {key(2), "second|"}}));
  EXPECT_TRUE(journal->holds(key(1)));
  EXPECT_FALSE(journal->holds(key(3)));
}

TEST_F(Journaling, PutReplacesEntryAndNoteAndEraseEndsBoth) {
  ASSERT_TRUE(start()) << why;
  journal->put(key(1), "one");
  journal->note(key(1), "noted");
  journal->put(key(2), "two");
  journal->note(key(2), "a");
  journal->note(key(2), "b");
  journal->put(key(3), "three");
  commit();
  EXPECT_EQ(stored(), (Contents{{key(1), "one|noted"}, {key(2), "two|b"}, {key(3), "three|"}}));
  journal->put(key(1), "uno");
  journal->erase(key(2));
  journal->erase(key(3));
  journal->put(key(3), "again");
  commit();
  EXPECT_EQ(stored(), (Contents{{key(1), "uno|"}, {key(3), "again|"}}));
  journal->note(key(3), "");
  EXPECT_FALSE(journal->holds(key(2)));
  commit();
  EXPECT_EQ(journal->figures().entries, 2u);
}

// Where a record stands, and where it ends.
struct Places : journal::RecordSink {
  void on_record(const journal::Record& record) override {
    if (record.type == journal::RecordType::put) {
      put_ends[record.id] = record.position + record.size();
    }
    if (record.type == journal::RecordType::note) notes[record.id] = record.position;
  }
  std::map<uint64_t, uint64_t> put_ends;
  std::map<uint64_t, uint64_t> notes;
};

TEST_F(Journaling, ANoteThatFollowsItsEntryIsInTheSameCommit) {
  ASSERT_TRUE(start()) << why;
  const size_t most = journal::GroupWriter::record_bytes_max(journal->log());
  for (size_t left = 0; left < 200; ++left) {  // of a segment that a large record fills otherwise
    journal->put(key(1), std::string(most - left, 'l'));
    journal->put(key(2), "an entry");
    journal->note(key(2), "about it");
    commit();
    std::vector<uint64_t> segments(journal->figures().segments);
    std::iota(segments.begin(), segments.end(), journal->figures().first_segment);
    Places places;
    ASSERT_TRUE(static_cast<bool>(read_log(disk, journal->log(), segments, places)));
    ASSERT_NE(places.put_ends[2], 0u);
    EXPECT_EQ(places.notes[2], places.put_ends[2]) << left << " bytes left";
    journal->erase(key(1));
    journal->erase(key(2));
    commit();
  }
}

TEST_F(Journaling, KindsAreKeysOfTheirOwn) {
  ASSERT_TRUE(start()) << why;
  journal->put(key(7, 1), "message");
  journal->put(key(7, 63), "session");
  journal->erase(key(7, 1));
  commit();
  EXPECT_EQ(stored(), (Contents{{key(7, 63), "session|"}}));
}

TEST_F(Journaling, EntriesComeBackInTheirOldOrder) {
  ASSERT_TRUE(start()) << why;
  for (uint64_t i = 1; i <= 500; ++i) journal->put(key(i * 7919 % 501), "x");
  commit();
  ASSERT_TRUE(start()) << why;
  ASSERT_EQ(recovered.entries.size(), 500u);
  for (uint64_t i = 1; i <= 500; ++i) {
    EXPECT_EQ(recovered.entries[i - 1].entry.key.id, i * 7919 % 501);
  }
}

TEST_F(Journaling, WhileOneCommitIsInFlightTheNextGathers) {
  ASSERT_TRUE(start()) << why;
  journal->put(key(1), "a");
  flush();
  ASSERT_TRUE(reactor.waiting());
  const int before = reactor.commits;
  for (uint64_t i = 2; i < 50; ++i) {
    journal->put(key(i), "b");
    flush();
  }
  EXPECT_EQ(reactor.commits, before);
  const auto all = journal->appended();
  complete();
  EXPECT_LT(journal->committed(), all);
  flush();
  EXPECT_EQ(reactor.commits, before + 1);
  complete();
  EXPECT_EQ(journal->committed(), all);
}

TEST_F(Journaling, AnIdleJournalIsSealedAfterASecondAndThenSilent) {
  ASSERT_TRUE(start()) << why;
  journal->put(key(1), "a");
  commit();
  EXPECT_EQ(journal->deadline(), now + base::Duration::seconds(1));
  const int before = reactor.commits;
  now = now + base::Duration::milliseconds(999);
  commit();
  EXPECT_EQ(reactor.commits, before);
  now = now + base::Duration::milliseconds(1);
  const auto committed = journal->committed();
  commit();
  EXPECT_EQ(reactor.commits, before + 1);
  EXPECT_EQ(journal->committed(), committed);
  EXPECT_EQ(journal->deadline(), base::Instant::never());
}

TEST_F(Journaling, FinishingSealsAtOnce) {
  ASSERT_TRUE(start()) << why;
  EXPECT_TRUE(journal->finish());
  ASSERT_TRUE(start()) << why;
  journal->put(key(1), "a");
  EXPECT_FALSE(journal->finish());
  EXPECT_LE(journal->deadline(), now);
  flush();
  EXPECT_FALSE(journal->finish());
  EXPECT_EQ(journal->deadline(), base::Instant::never());  // the completion wakes
  complete();
  EXPECT_FALSE(journal->finish());
  flush();
  complete();
  EXPECT_TRUE(journal->finish());
}

TEST_F(Journaling, RelaxedWritesWithoutSyncingUntilItFinishes) {
  options.durability = journal::Durability::relaxed;
  ASSERT_TRUE(start()) << why;
  journal->put(key(1), "a");
  commit();
  EXPECT_EQ(reactor.syncs, 0);
  EXPECT_EQ(journal->committed(), journal->appended());
  EXPECT_EQ(journal->deadline(), base::Instant::never());
  journal->finish();
  flush();
  complete();
  EXPECT_TRUE(journal->finish());
  EXPECT_EQ(reactor.syncs, 1);
  crash();
  ASSERT_TRUE(start()) << why;
  EXPECT_EQ(recovered.entries.size(), 1u);
}

TEST_F(Journaling, RelaxedLosesAtMostTheLastMoments) {
  options.durability = journal::Durability::relaxed;
  base::Prng random(5);
  for (int round = 0; round < 50; ++round) {
    disk = {};
    ASSERT_TRUE(start()) << why;
    for (uint64_t i = 1; i <= 40; ++i) {
      journal->put(key(i), "message");
      commit();
    }
    crash(&random);
    ASSERT_TRUE(start()) << why;  // never taken for damage
    const size_t kept = recovered.entries.size();
    for (size_t i = 0; i < kept; ++i) EXPECT_EQ(recovered.entries[i].entry.key.id, i + 1);
  }
}

TEST_F(Journaling, AFailedCommitEndsItForGood) {
  ASSERT_TRUE(start()) << why;
  for (int* error : {&disk.write_error, &disk.sync_error}) {
    failure.what = "";
    journal->put(key(1), "a");
    const auto committed = journal->committed();
    flush();
    *error = EIO;
    complete();
    EXPECT_NE(failure.what.find("epoch-"), std::string::npos) << failure.what;
    EXPECT_NE(failure.what.find("Input/output error"), std::string::npos) << failure.what;
    *error = 0;
    EXPECT_EQ(journal->committed(), committed);
    EXPECT_FALSE(journal->accepting());
    const int commits = reactor.commits;
    flush();
    EXPECT_EQ(reactor.commits, commits);  // never tried again
    ASSERT_TRUE(start()) << why;
  }
}

TEST_F(Journaling, TooMuchUncommittedHoldsReading) {
  options.bytes_uncommitted_max = 100'000;
  ASSERT_TRUE(start()) << why;
  EXPECT_FALSE(journal->behind());
  const std::string message(10'000, 'm');
  for (uint64_t i = 1; i <= 11; ++i) journal->put(key(i), message);
  EXPECT_TRUE(journal->behind());
  commit();
  EXPECT_FALSE(journal->behind());
}

TEST_F(Journaling, FilesAreUsedAgainAndTheLogStaysShort) {
  ASSERT_TRUE(start()) << why;
  const std::string message(3000, 'm');
  for (uint64_t i = 1; i <= 2000; ++i) {
    journal->put(key(i), message);
    commit();
    journal->erase(key(i));
    commit();
  }
  EXPECT_GT(journal->figures().first_segment, 100u);
  EXPECT_LE(journal->figures().segments, 6u);
  EXPECT_LE(disk.bytes(), 10 * options.segment_bytes);
  EXPECT_EQ(journal->figures().live_bytes, 0u);
  EXPECT_TRUE(journal->accepting());
}

TEST_F(Journaling, OldRecordsOfARecycledFileNeverComeBack) {
  base::Prng random(9);
  for (int round = 0; round < 40; ++round) {
    ASSERT_TRUE(start()) << why;
    const uint64_t count = 20 + random.below(400);
    Contents expected = contents_of(recovered.entries);
    for (uint64_t i = 1; i <= count; ++i) {
      const engine::JournalKey name = key(random.below(30));
      if (journal->holds(name) && random.below(2) == 0) {
        journal->erase(name);
        expected.erase(name);
      } else {
        const std::string bytes(random.below(4000), static_cast<char>('a' + i % 26));
        journal->put(name, bytes);
        expected[name] = bytes + "|";
      }
      if (random.below(3) == 0) commit();
    }
    commit();
    crash(&random);
    ASSERT_EQ(stored(), expected) << "round " << round;
  }
}

TEST_F(Journaling, ARecordMayFillASegment) {
  ASSERT_TRUE(start()) << why;
  const std::string largest(journal::GroupWriter::record_bytes_max(journal->log()), 'l');
  journal->put(key(1), "small");
  journal->put(key(2), largest);
  journal->put(key(3), "small");
  commit();
  EXPECT_EQ(stored(), (Contents{{key(1), "small|"}, {key(2), largest + "|"}, {key(3), "small|"}}));
  ASSERT_TRUE(start()) << why;
  EXPECT_EQ(recovered.entries.size(), 3u);
}

TEST_F(Journaling, AFullDiskRefusesNewEntriesKeepsOldOnesAndComesBackByItself) {
  ASSERT_TRUE(start()) << why;
  for (int i = 0; i < 8; ++i) commit();  // spares are made
  disk.capacity = disk.bytes();
  const std::string message(4000, 'm');
  Contents expected;
  uint64_t last = 0;
  while (journal->accepting() && last < 1000) {
    journal->put(key(++last), message);
    expected[key(last)] = message + "|";
    commit();
  }
  ASSERT_GT(last, 2u);
  ASSERT_LT(last, 100u);
  // Notes and discharges still find room.
  journal->note(key(1), "noted");
  expected[key(1)] = message + "|noted";
  journal->erase(key(2));
  expected.erase(key(2));
  commit();
  EXPECT_EQ(journal->committed(), journal->appended());
  EXPECT_EQ(stored(), expected);
  EXPECT_LE(journal->deadline(), now + base::Duration::seconds(1));
  disk.capacity = UINT64_MAX;
  now = now + base::Duration::seconds(1);
  commit();
  commit();
  EXPECT_TRUE(journal->accepting());
  EXPECT_EQ(failure.what, "");
}

TEST_F(Journaling, WithoutAnySegmentLeftItWaitsAndGoesOn) {
  ASSERT_TRUE(start()) << why;
  supply->held = true;
  const std::string message(4000, 'm');
  for (uint64_t i = 1; i <= 100; ++i) journal->put(key(i), message);  // as if nobody had asked
  commit();
  EXPECT_LT(journal->committed(), journal->appended());
  EXPECT_GT(journal->committed(), 0u);
  supply->held = false;
  commit();
  commit();
  EXPECT_EQ(journal->committed(), journal->appended());
  EXPECT_EQ(stored().size(), 100u);
}

TEST_F(Journaling, TooManyLivingBytesAreRefusedUntilSomeAreGone) {
  ASSERT_TRUE(start()) << why;
  const std::string message(8000, 'm');
  uint64_t last = 0;
  while (journal->accepting() && last < 1000) {
    journal->put(key(++last), message);
    commit();
  }
  const uint64_t half = options.bytes_max / 2;
  EXPECT_GT(last * 8000, half - 16000);
  EXPECT_LT(last * 8000, half + 16000);
  EXPECT_EQ(stored().size(), last);
  for (uint64_t i = 1; i <= 5; ++i) journal->erase(key(i));
  commit();
  EXPECT_TRUE(journal->accepting());
}

TEST_F(Journaling, CarryingKeepsEveryEntryItsNoteAndItsPlace) {
  ASSERT_TRUE(start()) << why;
  Contents expected;
  for (uint64_t i = 1; i <= 40; ++i) {
    journal->put(key(i), "lasting " + std::to_string(i));
    if (i % 2 == 0) journal->note(key(i), "noted " + std::to_string(i));
    expected[key(i)] =
        "lasting " + std::to_string(i) + "|" + (i % 2 == 0 ? "noted " + std::to_string(i) : "");
  }
  const std::string message(3000, 'm');
  for (uint64_t i = 1000; i < 4000; ++i) {
    journal->put(key(i), message);
    commit();
    journal->erase(key(i));
    if (i % 500 == 0) {
      journal->note(key(i / 500), "late");
      expected[key(i / 500)] = "lasting " + std::to_string(i / 500) + "|late";
    }
    commit();
  }
  EXPECT_GT(supply->read_backs, 5);
  EXPECT_LE(journal->figures().segments, 16u);
  EXPECT_TRUE(journal->accepting());
  EXPECT_EQ(journal->figures().entries, 40u);
  EXPECT_EQ(stored(), expected);
  crash();
  ASSERT_TRUE(start()) << why;
  ASSERT_EQ(recovered.entries.size(), 40u);
  for (uint64_t i = 1; i <= 40; ++i) EXPECT_EQ(recovered.entries[i - 1].entry.key.id, i);
}

TEST_F(Journaling, ASegmentIsCarriedToItsLastByte) {
  ASSERT_TRUE(start()) << why;
  const size_t last = journal::kRecordHeader + 8;  // ends the segment, and is less than a group is
  const size_t rest = journal::GroupWriter::record_bytes_max(journal->log()) - last;
  commit();
  journal->put(key(1), std::string(rest, 'l'));
  journal->put(key(2), "the last");
  Contents expected{{key(1), std::string(rest, 'l') + "|"}, {key(2), "the last|"}};
  const std::string message(3000, 'm');
  for (uint64_t i = 1000; i < 2000; ++i) {
    commit();
    journal->put(key(i), message);
    commit();
    journal->erase(key(i));
  }
  commit();
  EXPECT_EQ(failure.what, "");
  EXPECT_GT(supply->read_backs, 0);
  EXPECT_EQ(stored(), expected);
}

TEST_F(Journaling, FeedRecordsAreReadInOrderAndKeptUntilTheyAreConsumed) {
  ASSERT_TRUE(start()) << why;
  journal::FeedReader reader(disk, journal->log(), journal->progress());
  const std::string message(3000, 'm');
  std::string buffer;
  std::vector<journal::FeedRecord> read;
  for (uint64_t i = 1; i <= 100; ++i) {
    journal->feed(5, std::to_string(i) + message);
    commit();
  }
  EXPECT_EQ(journal->figures().first_segment, 1u);
  for (int round = 0; round < 2; ++round) {
    for (uint64_t i = 1; i <= 100; ++i) {
      ASSERT_TRUE(static_cast<bool>(reader.read(buffer, read)));
      ASSERT_EQ(read.size(), 1u);
      EXPECT_EQ(read[0].bytes, std::to_string(i) + message);
    }
    ASSERT_TRUE(static_cast<bool>(reader.read(buffer, read)));
    EXPECT_TRUE(read.empty());
    if (round == 0) reader.rewind();
  }
  reader.consumed(reader.position());
  seal();
  EXPECT_GT(journal->figures().first_segment, 3u);
  // Not committed: not read.
  journal->feed(5, "later");
  ASSERT_TRUE(static_cast<bool>(reader.read(buffer, read)));
  EXPECT_TRUE(read.empty());
  commit();
  ASSERT_TRUE(static_cast<bool>(reader.read(buffer, read)));
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(read[0].bytes, "later");
  EXPECT_EQ(stored(), Contents{});
}

// Two of these fill a segment to two thirds, and a third one never fits.
TEST_F(Journaling, WhatDoesNotPackBetterIsNotCarriedInCircles) {
  options.bytes_max = 8 * options.segment_bytes;
  ASSERT_TRUE(start()) << why;
  const std::string large(22'000, 'm');
  for (uint64_t id = 1; id <= 11; ++id) {
    journal->put(key(id), large);
    commit();
  }
  for (int i = 0; i < 100; ++i) seal();
  const int once = supply->read_backs;
  EXPECT_GT(once, 0);
  EXPECT_LE(once, 8);
  // With every segment full that others write it may be tried again, and the log stays in bounds.
  for (uint64_t id = 100; id < 200; ++id) {
    journal->put(key(id), std::string(3000, 'n'));
    commit();
    journal->erase(key(id));
    commit();
  }
  EXPECT_GT(supply->read_backs, once);
  EXPECT_LT(supply->read_backs, 150);
  EXPECT_TRUE(journal->accepting());
  EXPECT_LE(journal->figures().segments, 8u);
  EXPECT_EQ(stored().size(), 11u);
}

TEST_F(Journaling, TheSegmentAFeedGoesBackToIsKeptAlthoughItHasReadAllOfIt) {
  ASSERT_TRUE(start()) << why;
  journal::FeedReader reader(disk, journal->log(), journal->progress());
  std::string buffer;
  std::vector<journal::FeedRecord> read;
  journal->feed(5, "kept elsewhere");
  commit();
  ASSERT_TRUE(static_cast<bool>(reader.read(buffer, read)));
  reader.consumed(reader.position());
  // Some segments of what is no concern of the archive, and then something that is.
  for (uint64_t i = 1; i <= 40; ++i) {
    journal->put(key(i), std::string(8000, 'm'));
    commit();
    journal->erase(key(i));
    commit();
  }
  journal->feed(5, "could not be kept");
  commit();
  for (int attempt = 0; attempt < 2; ++attempt) {
    ASSERT_TRUE(static_cast<bool>(reader.read(buffer, read)));
    ASSERT_EQ(read.size(), 1u);
    EXPECT_EQ(read[0].bytes, "could not be kept");
    seal();
    reader.rewind();
  }
  EXPECT_EQ(journal->figures().first_segment, 1u);
  ASSERT_TRUE(static_cast<bool>(reader.read(buffer, read)));
  reader.consumed(reader.position());
  seal();
  EXPECT_GT(journal->figures().first_segment, 3u);
}

TEST_F(Journaling, AFeedWhoseConsumerFallsBehindIsWaitedForAsLongAsItWorks) {
  ASSERT_TRUE(start()) << why;
  journal::FeedReader reader(disk, journal->log(), journal->progress());
  const std::string message(8000, 'm');
  std::string buffer;
  std::vector<journal::FeedRecord> read;
  const auto read_one = [&] {
    ASSERT_TRUE(static_cast<bool>(reader.read(buffer, read)));
    reader.consumed(reader.position());
  };
  // One step of its own for ten of ours.
  int said = 0;
  for (; !journal->behind() && said < 1000; ++said) {
    journal->feed(5, message);
    commit();
    if (said % 10 == 0) read_one();
  }
  EXPECT_TRUE(journal->behind() && journal->accepting()) << said;
  EXPECT_LE(journal->deadline(), now + base::Duration::milliseconds(5));
  // As it goes on we may, before it has everything.
  int steps = 0;
  for (; journal->behind() && steps < said; ++steps) {
    read_one();
    flush();
  }
  EXPECT_LT(steps, said / 2);
  for (; !journal->behind() && said < 2000; ++said) {
    journal->feed(5, message);
    commit();
  }
  ASSERT_TRUE(journal->behind());
  // It does not: the log may fill, and what is refused then has a reason that is said.
  now = now + base::Duration::seconds(3);
  flush();
  EXPECT_FALSE(journal->behind());
}

TEST_F(Journaling, AFeedNobodyReadsFillsTheLogAndIsNotLost) {
  ASSERT_TRUE(start()) << why;
  journal::FeedReader reader(disk, journal->log(), journal->progress());
  const std::string message(8000, 'm');
  uint64_t last = 0;
  while (journal->accepting() && last < 1000) {
    journal->feed(5, std::to_string(++last) + message);
    commit();
  }
  ASSERT_LT(last, 200u);
  std::string buffer;
  std::vector<journal::FeedRecord> read;
  uint64_t records = 0;
  do {
    ASSERT_TRUE(static_cast<bool>(reader.read(buffer, read)));
    records += read.size();
  } while (!read.empty());
  EXPECT_EQ(records, last);
  reader.consumed(reader.position());
  seal();
  EXPECT_TRUE(journal->accepting());
}

}  // namespace test
