#include "appliance/node/journal_feed.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/trace/trace.h"

namespace appliance {
namespace {

constexpr size_t kBatchBytes = 1 << 20;

store::FeedSource source_of(const journal::LogIdentity& log) {
  return {log.epoch, static_cast<engine::ShardId>(log.shard)};
}

// What the reader has from where it stands, up to where it then stands.
base::Status read_batch(journal::FeedReader& reader, size_t bytes_max, store::FeedBatch& out) {
  std::vector<journal::FeedRecord> records;
  const base::Status read = reader.read(bytes_max, records);
  out.to = reader.position();
  for (journal::FeedRecord& record : records) {
    out.records.push_back({record.position, std::move(record.bytes)});
  }
  return read;
}

}  // namespace

void JournalFeed::add(const journal::LogIdentity& log,
                      std::shared_ptr<journal::FeedProgress> progress) {
  CHECK(log.epoch == epoch_);
  logs_.push_back(
      {source_of(log), std::make_unique<journal::FeedReader>(files_, log, std::move(progress))});
}

bool JournalFeed::read(Log& log, size_t bytes_max, store::FeedBatch& out) {
  out = {log.source, 0, {}};
  const base::Status done = read_batch(*log.reader, bytes_max, out);
  if (!done && !std::exchange(log.broken, true)) {
    TRACE(store, error, "archive_feed_unreadable", {"shard", log.source.shard},
          {"reason", done.error().what});
  }
  if (done) log.broken = false;
  return out.to > std::exchange(log.told, out.to);
}

bool JournalFeed::next(size_t bytes_max, store::FeedBatch& out) {
  for (size_t tries = logs_.size(); tries > 0; --tries) {
    Log& log = logs_[turn_];
    turn_ = (turn_ + 1) % logs_.size();
    if (read(log, bytes_max, out)) return true;
  }
  return false;
}

void JournalFeed::consumed(store::FeedSource source, uint64_t position) {
  for (Log& log : logs_) {
    if (log.source == source) return log.reader->consumed(position);
  }
  CHECK(false);
}

base::Status archive_last_epoch(journal::Files& files, const std::vector<journal::LogSummary>& logs,
                                store::ArchiveStore& archive) {
  for (const journal::LogSummary& log : logs) {
    if (log.end == 0) continue;
    const store::FeedSource source = source_of(log.log);
    const auto taken = archive.consumed(source);
    if (!taken) return taken.error();
    auto progress = std::make_shared<journal::FeedProgress>();
    progress->committed = log.end;
    journal::FeedReader reader(files, log.log, progress, std::max(*taken, log.first));
    if (!log.damages.empty()) reader.leave_out_damage();  // accepted, or there would be no start
    for (uint64_t from = reader.position();; from = reader.position()) {
      store::FeedBatch batch{source, 0, {}};
      if (auto read = read_batch(reader, kBatchBytes, batch); !read) return read;
      if (batch.to == from) break;
      if (auto done = archive.take(batch); !done) return done;
    }
  }
  return base::Status::ok();
}

}  // namespace appliance
