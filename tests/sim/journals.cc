#include "tests/sim/journals.h"

#include <utility>

#include "engine/base/check.h"
#include "engine/journal/recovery/epoch.h"

namespace sim {

// What the maintenance thread does for one shard.
class Journals::Supply final : public journal::SegmentSupply {
 public:
  Supply(Disk& disk, journal::SegmentKeeper& keeper, const journal::LogIdentity& log,
         Reactor& reactor)
      : disk_(disk), keeper_(keeper), log_(log), reactor_(reactor) {}

  void prepare(uint64_t segment) override {
    disk_.work([this, segment] {
      journal::SupplyAnswer answer;
      answer.segment = segment;
      const auto file = keeper_.prepare(log_, segment);
      if (file) {
        answer.file = *file;
      } else {
        answer.error = file.error().what;
      }
      put(std::move(answer));
    });
  }
  void read_back(uint64_t segment, int file) override {
    disk_.work([this, segment, file] {
      journal::SupplyAnswer answer;
      answer.kind = journal::SupplyAnswer::Kind::read_back;
      answer.segment = segment;
      const auto read = keeper_.read_back(file, answer.bytes);
      if (!read) answer.error = read.error().what;
      put(std::move(answer));
    });
  }
  void release(uint64_t segment, int file) override {
    // If it fails, the file is lost until the next start.
    disk_.work([this, segment, file] { (void)keeper_.release(log_, segment, file); });
  }
  std::optional<journal::SupplyAnswer> answer() override {
    if (answers_.empty()) return std::nullopt;
    journal::SupplyAnswer first = std::move(answers_.front());
    answers_.pop_front();
    return first;
  }

 private:
  void put(journal::SupplyAnswer answer) {
    answers_.push_back(std::move(answer));
    reactor_.wake();
  }

  Disk& disk_;
  journal::SegmentKeeper& keeper_;
  const journal::LogIdentity log_;
  Reactor& reactor_;
  std::deque<journal::SupplyAnswer> answers_;
};

struct Journals::Log {
  std::unique_ptr<journal::ShardJournal> journal;
  std::vector<engine::JournalEntry> entries;
  std::unique_ptr<Supply> supply;
  std::unique_ptr<journal::FeedReader> feed;
  Reactor* reactor = nullptr;
  bool feeding = false;
};

Journals::Journals(Disk& disk, Store& store) : disk_(disk), store_(store) {}

Journals::~Journals() = default;

journal::ShardJournal& Journals::of(engine::ShardId shard) { return *logs_.at(shard)->journal; }

base::Result<std::unique_ptr<Journals>> Journals::start(Disk& disk, Store& store,
                                                        const journal::JournalOptions& options,
                                                        engine::ShardId shards, uint32_t salt,
                                                        const Owner& owner) {
  journal::Files& files = disk.files();
  auto found = journal::recover(files);
  if (!found) return found.error();
  std::unique_ptr<Journals> made(new Journals(disk, store));
  made->recovered_ = found->entries.size();
  if (auto taken = made->archive_last_epoch(*found); !taken) return taken.error();
  journal::SharedOut entries = journal::share_out(found->entries, shards, owner);
  auto keeper = journal::SegmentKeeper::open(files, options.segment_bytes);
  if (!keeper) return keeper.error();
  if (auto freed = journal::free_unused(files, *keeper, found->logs); !freed) return freed.error();
  const journal::EpochStart epoch{found->highest_epoch + 1, salt, options, made.get()};
  auto begun = journal::begin_epoch(files, *keeper, epoch, entries);
  if (!begun) return begun.error();
  made->keeper_ = std::make_unique<journal::SegmentKeeper>(std::move(*keeper));
  for (engine::ShardId shard = 0; shard < shards; ++shard) {
    auto log = std::make_unique<Log>();
    log->journal = std::move((*begun)[shard]);
    log->entries = std::move(entries[shard]);
    log->feed =
        std::make_unique<journal::FeedReader>(files, log->journal->log(), log->journal->progress());
    made->logs_.push_back(std::move(log));
  }
  return made;
}

base::Status Journals::archive(journal::FeedReader& reader, const journal::LogIdentity& log) {
  std::string buffer;
  std::vector<journal::FeedRecord> records;
  do {
    if (auto read = reader.read(buffer, records); !read) return read;
    for (const journal::FeedRecord& record : records) CHECK(store_.archive().take(record.bytes));
    store_.set_feed_position({log.epoch, log.shard}, reader.position());
  } while (!records.empty());
  return base::Status::ok();
}

// What the last life's logs hold for the archive that it had not taken.
base::Status Journals::archive_last_epoch(const journal::Recovered& found) {
  for (const journal::LogSummary& log : found.logs) {
    if (log.end == 0) continue;
    auto progress = std::make_shared<journal::FeedProgress>();
    progress->committed = log.end;
    const uint64_t taken = store_.feed_position({log.log.epoch, log.log.shard});
    journal::FeedReader reader(disk_.files(), log.log, progress, std::max(taken, log.first));
    if (auto read = archive(reader, log.log); !read) return read;
  }
  return base::Status::ok();
}

journal::ShardJournal& Journals::hand_over(engine::ShardId shard, Reactor& reactor,
                                           std::vector<engine::JournalEntry>& recovered) {
  Log& log = *logs_.at(shard);
  CHECK(log.supply == nullptr);
  log.reactor = &reactor;
  log.supply = std::make_unique<Supply>(disk_, *keeper_, log.journal->log(), reactor);
  log.journal->attach(reactor, *log.supply);
  recovered = std::move(log.entries);
  return *log.journal;
}

void Journals::feed(engine::ShardId shard) {
  Log& log = *logs_.at(shard);
  if (std::exchange(log.feeding, true)) return;
  disk_.work([this, &log] {
    log.feeding = false;
    const base::Status read = archive(*log.feed, log.journal->log());
    CHECK(static_cast<bool>(read));  // it was written well
    log.feed->consumed(log.feed->position());
  });
}

void Journals::journal_failed(const std::string& what) {
  failure_ = what;
  for (auto& log : logs_) {
    if (log->reactor != nullptr) log->reactor->end();
  }
}

}  // namespace sim
