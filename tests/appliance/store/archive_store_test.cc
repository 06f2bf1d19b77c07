// The archive as a machine: every record once, whatever is played again; what waits, what is
// refused, what is removed.
#include "appliance/store/archive/archive_store.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "engine/trace/counters.h"
#include "tests/appliance/store/archive_fixture.h"

namespace {

using im::StoreStatus;
using store_test::Answers;
using store_test::Folder;
using trace::Counter;
using namespace archive_test;

constexpr base::Bytes kAlice = "alice@example.com";

// Asks and waits for the answer.
std::unique_ptr<im::StoreRequest> ask(store::ArchiveStore& archive, Answers& answers,
                                      std::unique_ptr<im::StoreRequest> request) {
  archive.ask(std::move(request));
  return answers.next();
}

// All that alice has, page by page, once what is at `position` has been taken.
std::vector<std::string> all(store::ArchiveStore& archive, Answers& answers, uint64_t position) {
  std::vector<std::string> stanzas;
  std::optional<im::MessageId> after;
  for (bool complete = false; !complete;) {
    auto request = query(kAlice, position);
    request->archive->after = after;
    const auto answer = ask(archive, answers, std::move(request));
    EXPECT_EQ(answer->status, StoreStatus::ok);
    if (answer->status != StoreStatus::ok) break;
    for (const im::ArchivedMessage& message : answer->archive->page) {
      stanzas.push_back(message.stanza);
      after = message.id;
    }
    complete = answer->archive->complete;
  }
  return stanzas;
}

uint64_t fill(Feed& feed, uint64_t messages, uint64_t first = 0) {
  uint64_t position = 0;
  for (uint64_t n = first; n < first + messages; ++n) {
    position = feed.append(record(kAlice, n, "bob@x/r", std::to_string(n)));
  }
  return position;
}

std::vector<std::string> numbers(uint64_t first, uint64_t end) {
  std::vector<std::string> texts;
  for (uint64_t n = first; n < end; ++n) texts.push_back(std::to_string(n));
  return texts;
}

void run_sql(const std::string& path, const char* sql) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  sqlite3_busy_timeout(database, 5000);  // the archive may be writing
  EXPECT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(database);
  sqlite3_close(database);
}

TEST(ArchiveStore, AFeedPlayedAgainArchivesNothingTwice) {
  const Folder folder;
  Feed feed;
  const uint64_t position = fill(feed, 300);
  for (int round = 0; round < 3; ++round) {
    Answers answers;
    const uint64_t repeated = trace::total(Counter::archive_repeated);
    auto archive = open_archive(archive_at(folder / "archive.db"), answers.deliver());
    EXPECT_EQ(*archive->consumed({1, 0}), round == 0 ? 0u : position);
    feed.play_again();
    archive->start(&feed);
    EXPECT_EQ(all(*archive, answers, position), numbers(0, 300));
    EXPECT_EQ(feed.consumed_to(), position);
    // They were not even tried: the position says where to go on.
    EXPECT_EQ(trace::total(Counter::archive_repeated), repeated);
  }
}

TEST(ArchiveStore, ALogOfAnEarlierEpochIsTakenFromWhereItWasLeft) {
  const Folder folder;
  Feed old({1, 3});
  fill(old, 10);
  {
    auto archive = open_archive(archive_at(folder / "archive.db"));
    old.play_again(6);
    ASSERT_TRUE(archive->take(old));
    EXPECT_EQ(*archive->consumed({1, 3}), 6u);
  }
  Answers answers;
  Feed feed({2, 0});
  auto archive = open_archive(archive_at(folder / "archive.db"), answers.deliver());
  for (int round = 0; round < 2; ++round) {
    old.play_again();
    ASSERT_TRUE(archive->take(old));
  }
  const uint64_t position = fill(feed, 5, 10);
  archive->start(&feed);
  EXPECT_EQ(all(*archive, answers, position), numbers(0, 15));
}

TEST(ArchiveStore, WhatWasForgottenDoesNotComeBackWithTheLog) {
  const Folder folder;
  Feed feed;
  fill(feed, 10);
  feed.append(forget(kAlice));
  const uint64_t position = fill(feed, 2, 20);
  for (int round = 0; round < 2; ++round) {
    Answers answers;
    auto archive = open_archive(archive_at(folder / "archive.db"), answers.deliver());
    feed.play_again();
    archive->start(&feed);
    EXPECT_EQ(all(*archive, answers, position), numbers(20, 22));
  }
}

constexpr uint64_t kManyMessages = 200000;

// Never returns: archives, reports what it has consumed, until somebody kills it.
[[noreturn]] void archive_until_killed(const std::string& path, int pipe) {
  class Reporting final : public store::ArchiveFeed {
   public:
    explicit Reporting(int pipe) : pipe_(pipe) {}
    uint64_t epoch() const override { return 1; }
    bool next(store::FeedBatch& out) override {
      // A few batches a transaction, so that many transactions can be hit.
      if (++calls_ % 4 == 0) return false;
      out = {{1, 0}, 0, {}};
      records_.clear();
      for (int i = 0; i < 37 && read_ < kManyMessages; ++i, ++read_) {
        records_.push_back(record(kAlice, read_, "b@x", std::to_string(read_)));
        out.records.push_back({read_ + 1, records_.back()});
      }
      out.to = read_;
      return !out.records.empty();
    }
    void rewind() override { ::_exit(3); }  // nothing fails here
    void consumed(store::FeedSource, uint64_t position) override {
      if (::write(pipe_, &position, sizeof position) != sizeof position) ::_exit(1);
    }

   private:
    const int pipe_;
    std::deque<std::string> records_;
    uint64_t read_ = 0;
    uint64_t calls_ = 0;
  };
  Reporting feed(pipe);
  auto opened = store::ArchiveStore::open(archive_at(path), {});
  if (!opened) ::_exit(2);
  (*opened)->start(&feed);
  for (;;) ::pause();
}

// What the child had consumed when it was killed.
uint64_t run_and_kill(const std::string& path, int reports) {
  int pipe[2];
  EXPECT_EQ(::pipe(pipe), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(pipe[0]);
    archive_until_killed(path, pipe[1]);
  }
  ::close(pipe[1]);
  uint64_t consumed = 0;
  for (uint64_t one = 0; ::read(pipe[0], &one, sizeof one) == sizeof one;) {
    consumed = one;
    if (--reports == 0) {
      EXPECT_EQ(::kill(child, SIGKILL), 0);
    }
  }
  int how = 0;
  EXPECT_EQ(::waitpid(child, &how, 0), child);
  EXPECT_TRUE(WIFSIGNALED(how));
  ::close(pipe[0]);
  return consumed;
}

TEST(ArchiveStore, AKilledArchiveHasWhatItConsumedAndGoesOnFromThere) {
  for (const int reports : {1, 2, 5}) {
    const Folder folder;
    const std::string path = folder / "archive.db";
    const uint64_t consumed = run_and_kill(path, reports);
    Answers answers;
    Feed feed;  // the whole log again, and more of it
    auto archive = open_archive(archive_at(path), answers.deliver());
    const uint64_t kept = *archive->consumed({1, 0});
    ASSERT_GE(kept, consumed) << "consumed and lost";
    const uint64_t position = fill(feed, kept + 100);
    archive->start(&feed);
    EXPECT_EQ(all(*archive, answers, position), numbers(0, kept + 100));
  }
}

TEST(ArchiveStore, AQuestionWaitsForWhatItsAskerHadAppended) {
  const Folder folder;
  Answers answers;
  Feed feed;
  auto archive = open_archive(archive_at(folder / "archive.db"), answers.deliver());
  archive->start(&feed);
  archive->ask(query(kAlice, 3));
  EXPECT_EQ(answers.waiting(), 0u);
  fill(feed, 3);
  const auto answer = answers.next();
  EXPECT_EQ(answer->archive->page.size(), 3u);
  EXPECT_TRUE(answer->archive->stable);
}

TEST(ArchiveStore, APageWithoutWhatTheAskerAppendedIsMarkedUnstable) {
  const Folder folder;
  Answers answers;
  Feed feed;
  store::ArchiveOptions options = archive_at(folder / "archive.db");
  options.wait_max = std::chrono::milliseconds(0);
  auto archive = open_archive(options, answers.deliver());
  archive->start(&feed);
  const uint64_t unstable = trace::total(Counter::archive_queries_unstable);
  const auto answer = ask(*archive, answers, query(kAlice, 1000));
  EXPECT_EQ(answer->status, StoreStatus::ok);
  EXPECT_FALSE(answer->archive->stable);
  EXPECT_EQ(trace::total(Counter::archive_queries_unstable), unstable + 1);
}

TEST(ArchiveStore, QuestionsOfAStoppingArchiveAreAnswered) {
  const Folder folder;
  Answers answers;
  Feed feed;
  {
    auto archive = open_archive(archive_at(folder / "archive.db"), answers.deliver());
    archive->start(&feed);
    archive->ask(query(kAlice, 1000));
  }
  EXPECT_FALSE(answers.next()->archive->stable);
}

TEST(ArchiveStore, MoreQuestionsThanMayWaitFailAtOnce) {
  const Folder folder;
  Answers answers;
  Feed feed;
  store::ArchiveOptions options = archive_at(folder / "archive.db");
  options.queue_max = 2;
  auto archive = open_archive(options, answers.deliver());
  archive->start(&feed);
  const uint64_t overloads = trace::total(Counter::archive_overloads);
  for (int i = 0; i < 3; ++i) archive->ask(query(kAlice, 1));
  EXPECT_EQ(answers.next()->status, StoreStatus::failed);
  EXPECT_EQ(trace::total(Counter::archive_overloads), overloads + 1);
  fill(feed, 1);
  EXPECT_EQ(answers.next()->status, StoreStatus::ok);
  EXPECT_EQ(answers.next()->status, StoreStatus::ok);
}

TEST(ArchiveStore, RecordsNobodyCanReadAreCountedAndPassedOver) {
  const Folder folder;
  Answers answers;
  Feed feed;
  auto archive = open_archive(archive_at(folder / "archive.db"), answers.deliver());
  const uint64_t unreadable = trace::total(Counter::archive_unreadable);
  fill(feed, 1);
  feed.append("");
  feed.append(std::string(100, '\xff'));
  const uint64_t position = fill(feed, 1, 1);
  archive->start(&feed);
  EXPECT_EQ(all(*archive, answers, position), numbers(0, 2));
  EXPECT_EQ(trace::total(Counter::archive_unreadable), unreadable + 2);
}

TEST(ArchiveStore, WhatCouldNotBeWrittenIsWrittenLater) {
  const Folder folder;
  Answers answers;
  Feed feed;
  const std::string path = folder / "archive.db";
  open_archive(archive_at(path)).reset();
  run_sql(path,
          "CREATE TRIGGER full BEFORE INSERT ON messages WHEN new.stanza = CAST('3' AS BLOB) "
          "BEGIN SELECT RAISE(ABORT, 'the disk is full'); END");
  auto archive = open_archive(archive_at(path), answers.deliver());
  const uint64_t failures = trace::total(Counter::archive_failures);
  const uint64_t position = fill(feed, 10);
  archive->start(&feed);
  archive->ask(query(kAlice, position));
  while (trace::total(Counter::archive_failures) == failures) ::sched_yield();
  EXPECT_EQ(feed.consumed_to(), 0u);  // all or nothing
  EXPECT_EQ(answers.waiting(), 0u);
  run_sql(path, "DROP TRIGGER full");
  EXPECT_EQ(answers.next()->archive->page.size(), 10u);
  EXPECT_EQ(all(*archive, answers, position), numbers(0, 10));
  EXPECT_EQ(feed.consumed_to(), position);
}

// How many messages alice has.
uint64_t count(store::ArchiveStore& archive, Answers& answers, uint64_t position) {
  auto request = query(kAlice, position);
  request->archive->max = 0;
  return ask(archive, answers, std::move(request))->archive->count.value_or(0);
}

TEST(ArchiveStore, WhatIsTooOldGoesAndNothingElse) {
  const Folder folder;
  Answers answers;
  Feed feed;
  store::ArchiveOptions options = archive_at(folder / "archive.db");
  options.wall_now = [] { return base::WallTime{time_of(1500).us + int64_t{86400} * 1'000'000}; };
  auto archive = open_archive(options, answers.deliver());
  const uint64_t position = fill(feed, 2000);
  archive->start(&feed);
  EXPECT_EQ(all(*archive, answers, position).size(), 2000u);
  archive->set_retention({.days = 1});
  while (count(*archive, answers, position) > 500) ::sched_yield();
  EXPECT_EQ(all(*archive, answers, position), numbers(1500, 2000));
  auto gone = query(kAlice, position);
  gone->archive->after = id_of(1499);
  EXPECT_EQ(ask(*archive, answers, std::move(gone))->status, StoreStatus::not_found);
}

TEST(ArchiveStore, WhatIsTooMuchGoesTheOldestFirst) {
  const Folder folder;
  Answers answers;
  Feed feed;
  auto archive = open_archive(archive_at(folder / "archive.db"), answers.deliver());
  uint64_t position = 0;
  for (uint64_t n = 0; n < 3000; ++n) {
    position = feed.append(record(kAlice, n, "bob@x", std::to_string(n) + std::string(1000, ' ')));
  }
  archive->start(&feed);
  ASSERT_EQ(count(*archive, answers, position), 3000u);
  archive->set_retention({.bytes_max = 2 << 20});
  while (count(*archive, answers, position) > 1900) ::sched_yield();
  archive->set_retention({});  // so that it stands still: heard before the next question
  const std::vector<std::string> rest = all(*archive, answers, position);
  EXPECT_GT(rest.size(), 1000u);
  EXPECT_LT(rest.size(), 2000u);
  EXPECT_EQ(std::stoul(rest.back()), 2999u);
  EXPECT_EQ(std::stoul(rest.front()), 3000 - rest.size());  // no holes
}

TEST(ArchiveStore, FilesOfOthersAndOfNewerProgramsAreRefused) {
  const Folder folder;
  const std::string path = folder / "archive.db";
  open_archive(archive_at(path)).reset();
  run_sql(path, "PRAGMA user_version = 99");
  auto newer = store::ArchiveStore::open(archive_at(path), {});
  ASSERT_FALSE(newer);
  EXPECT_NE(newer.error().what.find("newer Rollcall (schema 99"), std::string::npos);
  const std::string roster = folder / "roster.db";
  store_test::open(store_test::options_at(roster)).reset();
  run_sql(roster, "PRAGMA user_version = 1");
  EXPECT_FALSE(store::ArchiveStore::open(archive_at(roster), {}));
}

TEST(ArchiveStore, TenThousandMessagesArePagedThroughAtOnce) {
  using Clock = std::chrono::steady_clock;
  const Folder folder;
  Answers answers;
  Feed feed;
  auto archive = open_archive(archive_at(folder / "archive.db"), answers.deliver());
  uint64_t position = 0;
  const std::string body(400, 'x');
  for (uint64_t n = 0; n < 10000; ++n) {
    feed.append(record("bob@x", n, kAlice, body));
    position = feed.append(record(kAlice, n, "bob@x/r", std::to_string(n) + "\n" + body));
  }
  const auto start = Clock::now();
  archive->start(&feed);
  EXPECT_EQ(ask(*archive, answers, query(kAlice, position))->archive->page.size(), 100u);
  const auto written = Clock::now();
  const std::vector<std::string> found = all(*archive, answers, position);
  const auto paged = Clock::now();
  ASSERT_EQ(found.size(), 10000u);
  for (uint64_t n = 0; n < found.size(); ++n) ASSERT_EQ(std::stoul(found[n]), n);
  const auto ms = [](Clock::duration d) {
    return static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(d).count());
  };
  std::printf("20000 archived in %d ms, 10000 paged through in %d ms\n", ms(written - start),
              ms(paged - written));
  EXPECT_LT(ms(paged - written), 10000);
}

}  // namespace
