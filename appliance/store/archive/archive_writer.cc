// The archive's own work: what the journals' feed holds goes in, what is too old or too much goes
// out.
#include <algorithm>

#include "appliance/store/archive/archive_store.h"
#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "engine/trace/trace.h"

namespace store {

using trace::Counter;

static constexpr size_t kTransactionBytes = 4 << 20;  // about, of one transaction
static constexpr size_t kTransactionRecords = 8192;
static constexpr std::chrono::seconds kRetry{1};  // after a failure: a full disk, say
// From one transaction to the next, unless there is enough for one or somebody waits for it: a few
// messages touch as many pages as many do, and each page is written twice.
static constexpr std::chrono::seconds kGather{1};
static constexpr std::chrono::seconds kPrune{10};
static constexpr int64_t kDayUs = int64_t{86400} * 1'000'000;

bool ArchiveStore::consume() {
  const Clock::time_point now = Clock::now();
  if (feed_ == nullptr || now < retry_at_) return false;
  if (now < gather_until_ && waiting_.empty()) return false;
  bool more = false;
  if (!transfer(*feed_, more)) {
    retry_at_ = Clock::now() + kRetry;
    return false;
  }
  if (more) gather_until_ = {};
  return more;
}

// One transaction: what the feed has, or about as much of it as one should hold, and up to where
// that goes; or nothing.
bool ArchiveStore::transfer(ArchiveFeed& feed, bool& more) {
  CHECK(!database_->in_transaction());
  Positions reached;
  if (!write(feed, reached, more)) {
    give_up(feed);
    return false;
  }
  for (const auto& [source, to] : reached) {
    uint64_t& position = positions_[source];
    position = std::max(position, to);
    feed.consumed(source, position);
  }
  return true;
}

bool ArchiveStore::write(ArchiveFeed& feed, Positions& reached, bool& more) {
  size_t bytes = 0;
  size_t records = 0;
  more = true;
  for (FeedBatch batch; bytes < kTransactionBytes && records < kTransactionRecords;) {
    more = feed.next(batch);
    if (!more) break;
    if (!take(batch)) return false;
    for (const FeedRecord& record : batch.records) bytes += record.bytes.size();
    records += batch.records.size();
    reached[batch.source] = batch.to;
  }
  // Where there was nothing to archive, there is nothing to note: after a crash it is read again.
  return !database_->in_transaction() || commit(reached);
}

bool ArchiveStore::take(const FeedBatch& batch) {
  if (batch.records.empty()) return true;
  if (!database_->in_transaction() && !database_->execute("BEGIN IMMEDIATE")) return false;
  uint64_t position = 0;
  return after(batch.source, position) && queries_.take(batch, position);
}

bool ArchiveStore::commit(const Positions& reached) {
  for (const auto& [source, to] : reached) {
    if (!queries_.note(source, to)) return false;
  }
  if (!database_->execute("COMMIT")) return false;
  trace::count(Counter::archive_commits);
  gather_until_ = Clock::now() + kGather;
  return true;
}

void ArchiveStore::give_up(ArchiveFeed& feed) {
  failed("archive_write_failed");
  if (database_->in_transaction()) (void)database_->execute("ROLLBACK");
  queries_.forget_cache();
  feed.rewind();
}

bool ArchiveStore::after(FeedSource source, uint64_t& position) {
  const auto known = positions_.find(source);
  if (known != positions_.end()) {
    position = known->second;
    return true;
  }
  const auto noted = queries_.position(source);
  position = noted.value_or(0);
  return noted.has_value();
}

int64_t ArchiveStore::remove_some(const ArchiveRetention& retention) {
  if (const int64_t removed = queries_.remove_forgotten(); removed != 0) return removed;
  if (retention.days > 0) {
    const base::WallTime now = options_.wall_now();
    const base::WallTime oldest{now.us - int64_t{retention.days} * kDayUs};
    if (const int64_t removed = queries_.remove_before(oldest, now); removed != 0) return removed;
  }
  if (retention.bytes_max == 0 || queries_.bytes_used() <= retention.bytes_max) return 0;
  return queries_.remove_oldest();
}

bool ArchiveStore::prune() {
  const Clock::time_point now = Clock::now();
  if (now < prune_at_) return false;
  const bool begun = database_->execute("BEGIN IMMEDIATE");
  const int64_t removed = begun ? remove_some(retention_) : -1;
  const bool done = removed >= 0 && database_->execute("COMMIT");
  if (!done) {
    failed("archive_removal_failed");
    if (database_->in_transaction()) (void)database_->execute("ROLLBACK");
  } else if (removed > 0) {
    trace::count(Counter::archive_removed, static_cast<uint64_t>(removed));
    return true;  // and so on, between one transaction and the next
  }
  prune_at_ = now + kPrune;
  return false;
}

}  // namespace store
