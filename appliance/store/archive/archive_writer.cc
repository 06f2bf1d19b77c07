// The archive's own work: what the journals' feed holds goes in, what is too old or too much goes
// out.
#include <algorithm>
#include <iterator>

#include "appliance/store/archive/archive_store.h"
#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "engine/trace/trace.h"

namespace store {

using trace::Counter;

static constexpr size_t kBatchBytes = 1 << 20;        // asked of the feed at once
static constexpr size_t kTransactionBytes = 4 << 20;  // about, of one transaction
static constexpr size_t kTransactionRecords = 8192;
static constexpr std::chrono::seconds kRetry{1};  // after a failure: a full disk, say
static constexpr std::chrono::seconds kPrune{10};
static constexpr int64_t kDayUs = int64_t{86400} * 1'000'000;

void ArchiveStore::gather() {
  size_t bytes = 0;
  size_t records = 0;
  more_to_gather_ = false;
  for (FeedBatch batch; feed_->next(kBatchBytes, batch); batch = {}) {
    for (const FeedRecord& record : batch.records) bytes += record.bytes.size();
    records += batch.records.size();
    gathered_.push_back(std::move(batch));
    if (bytes >= kTransactionBytes || records >= kTransactionRecords) {
      more_to_gather_ = true;
      return;
    }
  }
}

bool ArchiveStore::consume() {
  if (feed_ == nullptr || Clock::now() < retry_at_) return false;
  if (gathered_.empty()) gather();  // what could not be written is written first
  if (gathered_.empty()) return false;
  const bool nothing = std::all_of(gathered_.begin(), gathered_.end(),
                                   [](const FeedBatch& batch) { return batch.records.empty(); });
  // Where there was nothing to archive, there is nothing to note: after a crash it is read again.
  if (!nothing && !write_gathered()) {
    retry_at_ = Clock::now() + kRetry;
    return false;
  }
  for (const FeedBatch& batch : gathered_) {
    uint64_t& position = positions_[batch.source];
    position = std::max(position, batch.to);
    feed_->consumed(batch.source, position);
  }
  gathered_.clear();
  return more_to_gather_;
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

// All that has gathered, and where it ends, or nothing of it.
bool ArchiveStore::write_gathered() {
  CHECK(!database_->in_transaction());
  bool done = database_->execute("BEGIN IMMEDIATE");
  for (size_t i = 0; done && i < gathered_.size(); ++i) {
    uint64_t position = 0;
    done = after(gathered_[i].source, position) && queries_.take(gathered_[i], position);
  }
  done = done && database_->execute("COMMIT");
  if (done) {
    trace::count(Counter::archive_commits);
    return true;
  }
  failed("archive_write_failed");
  if (database_->in_transaction()) (void)database_->execute("ROLLBACK");
  queries_.forget_cache();
  return false;
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
