// What the tests of the archive share: records in one line, and a feed that can be played again.
// One test each.
#pragma once

#include <algorithm>
#include <deque>
#include <mutex>

#include "appliance/store/archive/archive_store.h"
#include "tests/appliance/store/fixture.h"

namespace archive_test {

inline constexpr int64_t kStartUs = 1'700'000'000'000'000;

// The n-th message's id and time: a second apart.
inline im::MessageId id_of(uint64_t n) {
  return {(static_cast<uint64_t>(kStartUs) + n * 1'000'000) << im::MessageId::kTimeShift,
          static_cast<uint32_t>(n * 2654435761u)};
}
inline base::WallTime time_of(uint64_t n) {
  return {kStartUs + static_cast<int64_t>(n) * 1'000'000};
}

inline std::string record(base::Bytes owner, uint64_t n, base::Bytes with, base::Bytes stanza) {
  std::string bytes;
  im::pack({.owner = owner, .id = id_of(n), .with = with, .when = time_of(n), .stanza = stanza},
           bytes);
  return bytes;
}

inline std::string forget(base::Bytes owner) {
  std::string bytes;
  im::pack({.kind = im::ArchiveRecordKind::forget, .owner = owner}, bytes);
  return bytes;
}

// A log of one shard, handed out in batches of a few records. What was handed out is remembered, so
// that it can be handed out again, as it is after a crash before consumed() came.
class Feed final : public store::ArchiveFeed {
 public:
  explicit Feed(store::FeedSource source = {1, 0}) : source_(source) {}

  static constexpr size_t kBatch = 16;

  uint64_t append(std::string bytes) {
    const std::lock_guard lock(mutex_);
    log_.push_back(std::move(bytes));
    return log_.size();
  }
  // As a node that starts again reads it; only the first `end` of it, if so told.
  void play_again(size_t end = SIZE_MAX) {
    const std::lock_guard lock(mutex_);
    read_ = 0;
    end_ = end;
  }
  uint64_t consumed_to() {
    const std::lock_guard lock(mutex_);
    return consumed_;
  }

  uint64_t epoch() const override { return source_.epoch; }
  bool next(store::FeedBatch& out) override {
    const std::lock_guard lock(mutex_);
    const size_t end = std::min({read_ + kBatch, log_.size(), end_});
    if (read_ == end) return false;
    out = {source_, end, {}};
    for (; read_ < end; ++read_) out.records.push_back({read_ + 1, log_[read_]});
    return true;
  }
  void rewind() override {
    const std::lock_guard lock(mutex_);
    read_ = consumed_;
  }
  void consumed(store::FeedSource source, uint64_t position) override {
    const std::lock_guard lock(mutex_);
    EXPECT_EQ(source, source_);
    EXPECT_GE(position, consumed_);
    consumed_ = position;
  }

 private:
  const store::FeedSource source_;
  std::mutex mutex_;
  std::deque<std::string> log_;  // whose strings stay where they are
  size_t read_ = 0;
  size_t end_ = SIZE_MAX;
  uint64_t consumed_ = 0;
};

inline store::ArchiveOptions archive_at(const std::string& path) {
  store::ArchiveOptions options;
  options.path = path;
  options.wall_now = [] { return time_of(0); };
  return options;
}

inline std::unique_ptr<store::ArchiveStore> open_archive(const store::ArchiveOptions& options,
                                                         store::Deliver deliver = {}) {
  auto opened = store::ArchiveStore::open(options, std::move(deliver));
  EXPECT_TRUE(opened) << opened.error().what;
  return std::move(*opened);
}

inline std::unique_ptr<im::StoreRequest> query(base::Bytes user, uint64_t position = 0) {
  auto asked = store_test::request(im::StoreKind::query_archive, user, {}, position);
  asked->archive = std::make_unique<im::ArchiveQuery>();
  asked->archive->max = 100;
  return asked;
}

}  // namespace archive_test
