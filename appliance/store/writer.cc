// The writer: everything that has gathered, in one transaction, with one sync.
#include <algorithm>
#include <chrono>
#include <iterator>

#include "appliance/store/sqlite_store.h"
#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "engine/trace/trace.h"

namespace store {

using im::StoreKind;
using im::StoreStatus;
using trace::Counter;

static constexpr size_t kBatchMax = 256;                   // operations in a commit
static constexpr std::chrono::milliseconds kBatchTime{5};  // before its commit begins

void SqliteStore::write() {
  for (;;) {
    std::deque<JobPtr> batch = take();
    if (batch.empty()) return;
    for (size_t first = 0; first < batch.size();) first = run_transaction(batch, first);
  }
}

// Waits for work; empty when the store is being closed and nobody waits for an answer any more.
std::deque<JobPtr> SqliteStore::take() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !queue_.empty() || (stopping_ && inside_ == 0); });
  const auto end = queue_.begin() + static_cast<ptrdiff_t>(std::min(queue_.size(), kBatchMax));
  std::deque<JobPtr> batch(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
  queue_.erase(queue_.begin(), end);
  return batch;
}

// Runs jobs from `first` on until the batch ends or its time is up; returns the first left over.
// Sets `lost` when SQLite took the whole transaction back by itself, as it does when the disk is
// full: the job before the returned one was the reason.
size_t SqliteStore::run_until(std::deque<JobPtr>& batch, size_t first, bool& lost) {
  const auto deadline = std::chrono::steady_clock::now() + kBatchTime;
  size_t end = first;
  while (end < batch.size()) {
    execute(*batch[end++]);
    lost = !database_->in_transaction();
    if (lost || std::chrono::steady_clock::now() >= deadline) break;
  }
  return end;
}

// One transaction: runs jobs, commits, answers them; returns the first that was left over.
size_t SqliteStore::run_transaction(std::deque<JobPtr>& batch, size_t first) {
  CHECK(!database_->in_transaction());
  bool lost = false;
  const bool begun = database_->execute("BEGIN IMMEDIATE");
  const size_t end = begun ? run_until(batch, first, lost) : batch.size();
  if (lost) {
    // The culprit has failed; the others are run again without it. Each round settles one job.
    Job& culprit = *batch[end - 1];
    if (!culprit.settled) fail(culprit);
    culprit.settled = true;
    return first;
  }
  const bool committed = begun && database_->execute("COMMIT");
  if (committed) {
    trace::count(Counter::store_commits);
  } else {
    TRACE(store, error, "commit_failed", {"reason", database_->last_error()},
          {"operations", end - first});
    if (database_->in_transaction()) (void)database_->execute("ROLLBACK");
  }
  for (size_t i = first; i < end; ++i) {
    if (!committed && !batch[i]->settled) {
      fail(*batch[i]);
      batch[i]->settled = true;
    }
    hand_back(batch[i]);
  }
  return end;
}

void SqliteStore::execute(Job& job) {
  if (job.settled) return;
  trace::count(Counter::store_operations);
  if (job.request == nullptr) {
    job.task(&queries_);
    job.settled = true;
    return;
  }
  queries_.answer(*job.request);
  if (job.request->status != StoreStatus::failed) return;
  fail(job);
  job.settled = true;  // not again, should its transaction be run again
  TRACE(store, error, "operation_failed", {"reason", database_->last_error()},
        {"user", job.request->user});
}

void SqliteStore::hand_back(const JobPtr& job) {
  const bool compares = job->request != nullptr && !job->settled &&
                        job->request->kind == StoreKind::verify_password &&
                        job->request->status != StoreStatus::failed;
  if (compares) {
    verify(job);
    return;
  }
  if (job->request != nullptr && job->request->kind != StoreKind::load_credentials) {
    job->request->credentials = {};  // keys of a password just set are nobody's business
  }
  answer(*job);
  left(1);
}

}  // namespace store
