// The journal on real files, with its thread and real reactors.
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "engine/io/make_reactor.h"
#include "engine/journal/disk/maintenance.h"
#include "engine/journal/disk/posix_files.h"
#include "engine/journal/disk/segment_keeper.h"
#include "engine/journal/recovery/epoch.h"
#include "engine/journal/recovery/recover.h"
#include "tests/engine/journal/fixture.h"

namespace test {

class Folder {
 public:
  Folder() {
    char path[] = "/tmp/journal_test_XXXXXX";
    path_ = ::mkdtemp(path);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string path(const std::string& name = "journal") const { return path_ + "/" + name; }

 private:
  std::string path_;
};

std::unique_ptr<journal::PosixFiles> open_files(const Folder& folder) {
  auto files = journal::PosixFiles::open_folder(folder.path());
  EXPECT_TRUE(static_cast<bool>(files)) << files.error().what;
  return std::move(*files);
}

TEST(PosixFiles, AFolderIsUsedByOneAtATime) {
  const Folder folder;
  auto first = open_files(folder);
  const auto second = journal::PosixFiles::open_folder(folder.path());
  ASSERT_FALSE(static_cast<bool>(second));
  EXPECT_NE(second.error().what.find("in use"), std::string::npos);
  first.reset();
  EXPECT_TRUE(static_cast<bool>(journal::PosixFiles::open_folder(folder.path())));
  const auto absent = journal::PosixFiles::open_folder(folder.path("absent"), false);
  EXPECT_FALSE(static_cast<bool>(absent));
  EXPECT_FALSE(static_cast<bool>(journal::PosixFiles::open_folder(folder.path("no/parent"))));
}

TEST(PosixFiles, WhatIsWrittenIsReadRenamedAndRemoved) {
  const Folder folder;
  auto files = open_files(folder);
  const auto file = files->create("one", 10'000);
  ASSERT_TRUE(static_cast<bool>(file));
  EXPECT_EQ(*files->size(*file), 10'000u);
  EXPECT_FALSE(static_cast<bool>(files->create("one", 10)));
  std::string read;
  ASSERT_TRUE(static_cast<bool>(files->read(*file, 9'990, 100, read)));
  EXPECT_EQ(read, std::string(10, '\0'));
  ASSERT_TRUE(static_cast<bool>(files->write(*file, 5'000, "text")));
  ASSERT_TRUE(static_cast<bool>(files->sync(*file)));
  ASSERT_TRUE(static_cast<bool>(files->rename("one", "two")));
  ASSERT_TRUE(static_cast<bool>(files->sync_folder()));
  EXPECT_EQ(*files->list(), std::vector<std::string>{"two"});
  files->close(*file);
  const auto again = files->open("two");
  ASSERT_TRUE(static_cast<bool>(again));
  ASSERT_TRUE(static_cast<bool>(files->read(*again, 5'000, 4, read)));
  EXPECT_EQ(read, "text");
  ASSERT_TRUE(static_cast<bool>(files->remove("two")));
  EXPECT_FALSE(static_cast<bool>(files->remove("two")));
  EXPECT_FALSE(static_cast<bool>(files->open("two")));
  EXPECT_FALSE(static_cast<bool>(files->rename("two", "three")));
}

TEST(SegmentKeeper, TakesFreeFilesOfItsSizeAndRemovesTheOthers) {
  const Folder folder;
  auto files = open_files(folder);
  constexpr uint64_t kSize = 64 << 10;
  for (const auto& [name, size] : std::map<std::string, uint64_t>{
           {"free-7", kSize}, {"free-9", 2 * kSize}, {"new-3", 100}, {"mine.txt", 5}}) {
    ASSERT_TRUE(static_cast<bool>(files->create(name, size)));
  }
  auto keeper = journal::SegmentKeeper::open(*files, kSize);
  ASSERT_TRUE(static_cast<bool>(keeper)) << keeper.error().what;
  EXPECT_EQ(keeper->free_segments(), 1u);
  const journal::LogIdentity log{1, 0, 5, kSize};
  for (uint64_t segment = 1; segment <= 3; ++segment) {
    const auto file = keeper->prepare(log, segment);
    ASSERT_TRUE(static_cast<bool>(file)) << file.error().what;
    std::string head;
    ASSERT_TRUE(static_cast<bool>(files->read(*file, 0, journal::kBlock, head)));
    journal::LogIdentity found{.epoch = 1, .shard = 0};
    EXPECT_EQ(journal::read_segment_header(head, found, segment), std::nullopt);
    EXPECT_EQ(found.salt, 5u);
    const bool kept = segment != 2 || static_cast<bool>(keeper->release(log, segment, *file));
    EXPECT_TRUE(kept);
  }
  auto names = *files->list();
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (std::vector<std::string>{journal::segment_name(log, 1),
                                             journal::segment_name(log, 3), "mine.txt"}));
}

class RealDisk : public testing::TestWithParam<engine::ReactorKind> {};

// A shard's life: put, note, erase and feed through reactor and thread, then recovered.
TEST_P(RealDisk, WhatIsCommittedIsRecovered) {
  const Folder folder;
  NotedFailure failure;
  journal::JournalOptions options;
  options.segment_bytes = 256 << 10;
  options.bytes_max = 32 * options.segment_bytes;
  Contents expected;
  for (uint64_t epoch = 1; epoch <= 3; ++epoch) {
    auto files = open_files(folder);
    auto found = journal::recover(*files);
    ASSERT_TRUE(static_cast<bool>(found)) << found.error().what;
    EXPECT_EQ(contents_of(found->entries), expected);
    auto keeper = journal::SegmentKeeper::open(*files, options.segment_bytes);
    ASSERT_TRUE(static_cast<bool>(keeper)) << keeper.error().what;
    std::vector<std::vector<engine::JournalEntry>> entries(1);
    for (auto& one : found->entries) entries[0].push_back(one.entry);
    auto begun = journal::begin_epoch(*files, *keeper, {epoch, 9, options, &failure}, entries);
    ASSERT_TRUE(static_cast<bool>(begun)) << begun.error().what;
    auto made = engine::make_reactor(GetParam(), {});
    ASSERT_TRUE(static_cast<bool>(made)) << made.error().what;
    engine::Reactor& reactor = *made->reactor;
    auto maintenance = std::make_unique<journal::Maintenance>(std::move(*keeper));
    journal::ShardJournal& journal = *begun->front();
    journal.attach(reactor, maintenance->supply_for(journal.log(), reactor));
    const auto turn = [&](base::Instant until) {
      journal.flush(reactor.now());
      reactor.submit_and_wait(std::min(until, journal.deadline()));
      for (const engine::Completion& completion : reactor.reap()) {
        if (completion.operation == engine::Operation::commit) journal.on_completion(completion);
      }
    };
    for (uint64_t i = 1; i <= 600; ++i) {
      const engine::JournalKey key{1, epoch << 32 | i};
      const std::string bytes(2000, static_cast<char>('a' + i % 26));
      journal.put(key, bytes);
      if (i % 10 == 0) {
        journal.note(key, "kept");
        expected[key] = bytes + "|kept";
      } else {
        journal.erase(key);
      }
      if (i % 3 == 0) turn(reactor.now());
    }
    while (!journal.finish()) turn(reactor.now() + base::Duration::seconds(5));
    EXPECT_EQ(journal.committed(), journal.appended());
    EXPECT_EQ(failure.what, "");
    maintenance.reset();
  }
  auto files = open_files(folder);
  EXPECT_EQ(contents_of(journal::recover(*files)->entries), expected);
}

INSTANTIATE_TEST_SUITE_P(Backends, RealDisk,
                         testing::Values(engine::ReactorKind::uring, engine::ReactorKind::epoll),
                         [](const auto& kind) {
                           return kind.param == engine::ReactorKind::uring ? "uring" : "epoll";
                         });

}  // namespace test
