// A shard's journal on a disk in memory, with the time, the completions and the maintenance in the
// test's hands.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/journal/disk/segment_keeper.h"
#include "engine/journal/recovery/epoch.h"
#include "engine/journal/recovery/recover.h"
#include "engine/journal/shard_journal.h"
#include "tests/support/memory_disk.h"

namespace test {

// Only commits; on the disk when complete() is called.
class CommitReactor final : public engine::Reactor {
 public:
  explicit CommitReactor(MemoryDisk& disk) : disk_(disk) {}

  void commit(int file, std::span<const iovec> pieces, uint64_t offset, bool sync,
              uint64_t user_data) override {
    ASSERT_FALSE(asked_.has_value()) << "one commit at a time";
    asked_ = Asked{file, {pieces.begin(), pieces.end()}, offset, sync, user_data};
    ++commits;
  }
  bool waiting() const { return asked_.has_value(); }
  engine::Completion complete() {
    const Asked done = *std::exchange(asked_, std::nullopt);
    const int32_t result = disk_.commit(done.file, done.pieces, done.offset, done.sync);
    syncs += done.sync ? 1 : 0;
    return {.user_data = done.user_data, .result = result, .operation = engine::Operation::commit};
  }
  // The write has begun when the power goes.
  void write_without_sync() {
    const Asked done = *std::exchange(asked_, std::nullopt);
    disk_.commit(done.file, done.pieces, done.offset, false);
  }
  int commits = 0;
  int syncs = 0;

  base::Result<int> listen(const engine::ListenAddress&) override { return base::Error{"none"}; }
  uint16_t local_port(int) override { return 0; }
  void remote_address(int, base::Sink&, uint16_t&) override {}
  void arm_accept(int, uint64_t) override {}
  void arm_receive(int, uint64_t) override {}
  void cancel(engine::Operation, uint64_t) override {}
  void send(int, std::span<const iovec>, uint64_t) override {}
  void close(int) override {}
  void shut_down_writes(int) override {}
  void submit_and_wait(base::Instant) override {}
  std::span<const engine::Completion> reap() override { return {}; }
  base::Instant now() override { return {}; }
  base::WallTime wall() override { return {}; }
  void wake() override {}
  const char* name() const override { return "test"; }

 private:
  struct Asked {
    int file;
    std::vector<iovec> pieces;
    uint64_t offset;
    bool sync;
    uint64_t user_data;
  };
  MemoryDisk& disk_;
  std::optional<Asked> asked_;
};

// Carries requests out when it is asked for answers, unless it is held.
class DirectSupply final : public journal::SegmentSupply {
 public:
  DirectSupply(journal::SegmentKeeper& keeper, const journal::LogIdentity& log)
      : keeper_(keeper), log_(log) {}
  bool held = false;
  int read_backs = 0;

  void prepare(uint64_t segment) override { asked_.push_back({'p', segment, -1}); }
  void read_back(uint64_t segment, int file) override { asked_.push_back({'b', segment, file}); }
  void release(uint64_t segment, int file) override { asked_.push_back({'r', segment, file}); }
  std::optional<journal::SupplyAnswer> answer() override {
    while (!held && !asked_.empty()) {
      const Asked next = asked_.front();
      asked_.pop_front();
      journal::SupplyAnswer answer;
      answer.segment = next.segment;
      if (next.what == 'r') {
        EXPECT_TRUE(static_cast<bool>(keeper_.release(log_, next.segment, next.file)));
        continue;
      }
      if (next.what == 'p') {
        auto file = keeper_.prepare(log_, next.segment);
        if (file) {
          answer.file = *file;
        } else {
          answer.error = file.error().what;
        }
        return answer;
      }
      ++read_backs;
      answer.kind = journal::SupplyAnswer::Kind::read_back;
      const auto read = keeper_.read_back(next.file, answer.bytes);
      if (!read) answer.error = read.error().what;
      return answer;
    }
    return std::nullopt;
  }

 private:
  struct Asked {
    char what;
    uint64_t segment;
    int file;
  };
  journal::SegmentKeeper& keeper_;
  const journal::LogIdentity log_;
  std::deque<Asked> asked_;
};

struct NotedFailure final : journal::DiskFailure {
  void journal_failed(const std::string& why) override { what = why; }
  std::string what;
};

inline std::string text_of(const engine::JournalEntry& entry) {
  return entry.bytes + "|" + entry.note;
}
using Contents = std::map<engine::JournalKey, std::string>;
inline Contents contents_of(const std::vector<journal::RecoveredEntry>& entries) {
  Contents contents;
  for (const auto& recovered : entries) contents[recovered.entry.key] = text_of(recovered.entry);
  return contents;
}

class Journaling : public testing::Test {
 protected:
  Journaling() {
    options.segment_bytes = 64 << 10;
    options.bytes_max = 16 * options.segment_bytes;
  }

  // As a node does: what is there is read, written anew, and the journal runs. False: recovery
  // refused, `why` says it.
  bool start() {
    supply.reset();
    journal.reset();
    auto found = journal::recover(disk);
    why = found ? "" : found.error().what;
    if (!found) return false;
    recovered = std::move(*found);
    auto made = journal::SegmentKeeper::open(disk, options.segment_bytes);
    EXPECT_TRUE(static_cast<bool>(made));
    keeper.emplace(std::move(*made));
    EXPECT_TRUE(static_cast<bool>(journal::free_unused(disk, *keeper, recovered.logs)));
    std::vector<std::vector<engine::JournalEntry>> entries(1);
    for (auto& one : recovered.entries) entries[0].push_back(one.entry);
    const journal::EpochStart epoch{recovered.highest_epoch + 1, ++salt, options, &failure};
    auto begun = journal::begin_epoch(disk, *keeper, epoch, entries);
    why = begun ? "" : begun.error().what;
    if (!begun) return false;
    journal = std::move(begun->front());
    supply = std::make_unique<DirectSupply>(*keeper, journal->log());
    journal->attach(reactor, *supply);
    return true;
  }

  void flush() { journal->flush(now); }
  void complete() { journal->on_completion(reactor.complete()); }
  // Turns until everything is on disk.
  void commit() {
    for (int i = 0; i < 10'000; ++i) {
      flush();
      if (!reactor.waiting()) flush();  // a segment may have come
      if (!reactor.waiting()) return;
      complete();
    }
    FAIL() << "never done";
  }
  void seal() {
    commit();
    now = now + base::Duration::seconds(2);
    commit();
    now = now + base::Duration::seconds(2);
    commit();
  }
  Contents stored() {
    auto found = journal::recover(disk);
    EXPECT_TRUE(static_cast<bool>(found)) << found.error().what;
    return contents_of(found->entries);
  }
  std::vector<std::string> names() {
    auto found = disk.list();
    return std::move(*found);
  }
  void crash(base::Random* random = nullptr) {
    if (reactor.waiting()) reactor.write_without_sync();
    supply.reset();
    journal.reset();
    keeper.reset();
    disk.crash(random);
  }
  static engine::JournalKey key(uint64_t id, uint8_t kind = 1) { return {kind, id}; }

  MemoryDisk disk;
  CommitReactor reactor{disk};
  journal::JournalOptions options;
  NotedFailure failure;
  uint32_t salt = 77;
  base::Instant now{1'000'000'000};
  std::string why;
  journal::Recovered recovered;
  std::optional<journal::SegmentKeeper> keeper;
  std::unique_ptr<DirectSupply> supply;
  std::unique_ptr<journal::ShardJournal> journal;
};

}  // namespace test
