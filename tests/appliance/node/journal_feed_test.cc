// From a journal on a disk that loses what was not synced, through the feed, into the archive.
#include "appliance/node/journal_feed.h"

#include "tests/appliance/store/archive_fixture.h"
#include "tests/engine/journal/fixture.h"

namespace {

using namespace archive_test;

constexpr base::Bytes kAlice = "alice@x";

class FeedOfJournals : public test::Journaling {
 protected:
  void start_feed() {
    ASSERT_TRUE(start()) << why;
    feed = std::make_unique<appliance::JournalFeed>(disk, journal->log().epoch);
    feed->add(journal->log(), journal->progress());
  }
  // What the archive's thread does, here: the disk is one thread's.
  void take() {
    EXPECT_TRUE(archive->take(*feed));
  }
  void say(uint64_t first, uint64_t end) {
    for (uint64_t n = first; n < end; ++n) {
      journal->feed(3, record(kAlice, n, "b@x", std::to_string(n) + std::string(500, '.')));
    }
  }
  void reopen() {
    archive.reset();
    archive = open_archive(archive_at(folder / "archive.db"), answers.deliver());
  }
  // How many alice has, and that they are the first ones.
  uint64_t archived() {
    archive->start(nullptr);
    uint64_t count = 0;
    auto asked = query(kAlice);
    asked->archive->max = 100000;
    archive->ask(std::move(asked));
    const auto answer = answers.next();
    for (const im::ArchivedMessage& message : answer->archive->page) {
      EXPECT_EQ(std::stoul(message.stanza), count++);
    }
    reopen();
    return count;
  }

  store_test::Folder folder;
  store_test::Answers answers;
  std::unique_ptr<appliance::JournalFeed> feed;
  std::unique_ptr<store::ArchiveStore> archive =
      open_archive(archive_at(folder / "archive.db"), answers.deliver());
};

TEST_F(FeedOfJournals, WhatIsCommittedIsTakenAndNothingElse) {
  start_feed();
  say(0, 20);
  commit();
  say(20, 30);
  take();
  EXPECT_EQ(archived(), 20u);
  commit();
  take();
  EXPECT_EQ(archived(), 30u);
}

TEST_F(FeedOfJournals, TheFeedComesUpToWhateverWasAppended) {
  start_feed();
  store::FeedBatch batch;
  for (int i = 0; i < 200; ++i) {
    journal->put(key(1), std::string(900, 'p'));  // nothing for the archive
    if (i % 7 == 0) say(static_cast<uint64_t>(i), static_cast<uint64_t>(i) + 1);
    commit();
    uint64_t to = 0;
    while (feed->next(batch)) {
      to = batch.to;
      feed->consumed(batch.source, batch.to);
    }
    // Or a question that was asked now would wait for ever.
    EXPECT_GE(to, journal->fed_to()) << i;
  }
}

TEST_F(FeedOfJournals, WhatTheLastRunLeftIsArchivedOnce) {
  start_feed();
  say(0, 100);
  commit();
  take();
  say(100, 300);
  commit();
  say(300, 310);
  feed.reset();  // the disk forgets its open files
  crash();
  for (int attempt = 0; attempt < 2; ++attempt) {  // the start itself may be killed, too
    auto found = journal::recover(disk);
    ASSERT_TRUE(static_cast<bool>(found)) << found.error().what;
    EXPECT_TRUE(appliance::archive_last_epoch(disk, found->logs, *archive));
    EXPECT_EQ(archived(), 300u);
  }
  start_feed();
  say(300, 310);
  commit();
  take();
  EXPECT_EQ(archived(), 310u);
}

}  // namespace
