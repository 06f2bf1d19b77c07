#include "appliance/node/journal_feed.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/trace/trace.h"

namespace appliance {
namespace {

store::FeedSource source_of(const journal::LogIdentity& log) {
  return {log.epoch, static_cast<engine::ShardId>(log.shard)};
}

}  // namespace

void JournalFeed::add(const journal::LogIdentity& log,
                      std::shared_ptr<journal::FeedProgress> progress) {
  CHECK(log.epoch == epoch_);
  logs_.push_back(
      {source_of(log), std::make_unique<journal::FeedReader>(files_, log, std::move(progress))});
}

void JournalFeed::add_ended(const journal::LogSummary& log, uint64_t position) {
  auto progress = std::make_shared<journal::FeedProgress>();
  progress->committed = log.end;
  auto reader = std::make_unique<journal::FeedReader>(files_, log.log, std::move(progress),
                                                      std::max(position, log.first));
  if (!log.damages.empty()) reader->leave_out_damage();  // accepted, or there would be no start
  logs_.push_back({source_of(log.log), std::move(reader)});
}

bool JournalFeed::read(Log& log, store::FeedBatch& out) {
  const bool was_readable{log.readable};
  log.readable = log.reader->read(buffer_, records_);
  if (!log.readable && was_readable) {
    TRACE(store, error, "archive_feed_unreadable", {"shard", log.source.shard},
          {"reason", log.readable.error().what});
  }
  out = {log.source, log.reader->position(), {}};
  out.records.reserve(records_.size());
  for (const journal::FeedRecord& record : records_) {
    out.records.push_back({record.position, record.bytes});
  }
  return out.to > std::exchange(log.told, out.to);
}

bool JournalFeed::next(store::FeedBatch& out) {
  for (size_t tries = logs_.size(); tries > 0; --tries) {
    Log& log = logs_[turn_];
    turn_ = (turn_ + 1) % logs_.size();
    if (read(log, out)) return true;
  }
  return false;
}

void JournalFeed::rewind() {
  for (Log& log : logs_) {
    log.reader->rewind();
    log.told = log.reader->position();
  }
}

void JournalFeed::consumed(store::FeedSource source, uint64_t position) {
  for (Log& log : logs_) {
    if (log.source == source) return log.reader->consumed(position);
  }
  CHECK(false);
}

base::Status JournalFeed::readable() const {
  for (const Log& log : logs_) {
    if (!log.readable) return log.readable;
  }
  return base::Status::ok();
}

base::Status archive_last_epoch(journal::Files& files, const std::vector<journal::LogSummary>& logs,
                                store::ArchiveStore& archive) {
  if (logs.empty()) return base::Status::ok();
  JournalFeed feed(files, logs.front().log.epoch);
  for (const journal::LogSummary& log : logs) {
    if (log.end == 0) continue;
    const auto taken = archive.consumed(source_of(log.log));
    if (!taken) return taken.error();
    feed.add_ended(log, *taken);
  }
  if (auto done = archive.take(feed); !done) return done;
  return feed.readable();
}

}  // namespace appliance
