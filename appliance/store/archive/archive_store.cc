#include "appliance/store/archive/archive_store.h"

#include <utility>

#include "appliance/store/archive/write_behind.h"
#include "appliance/store/schema.h"
#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "engine/trace/trace.h"

namespace store {

using im::StoreKind;
using im::StoreStatus;
using trace::Counter;
using trace::Gauge;

// How often the feed is looked at while nobody waits for what is in it, and while somebody does.
static constexpr std::chrono::milliseconds kPollIdle{100};
static constexpr std::chrono::milliseconds kPollPressed{2};
// Each transaction touches a page or two of three indexes for every account in it: more checkpoints
// would write the same pages more often (a fifth of what archiving costs: bench/ack_cost).
static constexpr uint32_t kCheckpointPages = 8192;
static constexpr size_t kAnsweredAtOnce = 64;  // before the feed has its turn again

base::Result<std::unique_ptr<ArchiveStore>> ArchiveStore::open(const ArchiveOptions& options,
                                                               Deliver deliver) {
  CHECK(options.wall_now != nullptr);
  StoreOptions file;
  file.path = options.path;
  file.durability = options.durability;
  file.checkpoint_pages = kCheckpointPages;
  WriteBehind::install();
  auto database = Database::open(file);
  if (!database) return database.error();
  base::Status done = migrate(**database, archive_schema_steps(), kArchiveApplicationId);
  if (!done) return base::Error{options.path + ": " + done.error().what};
  return std::unique_ptr<ArchiveStore>(
      new ArchiveStore(options, std::move(deliver), std::move(*database)));
}

ArchiveStore::ArchiveStore(const ArchiveOptions& options, Deliver deliver,
                           std::unique_ptr<Database> database)
    : options_(options),
      deliver_(std::move(deliver)),
      database_(std::move(database)),
      queries_(*database_),
      retention_(options.retention),
      wanted_retention_(options.retention) {}

ArchiveStore::~ArchiveStore() {
  if (!thread_.joinable()) start(nullptr);
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
  CHECK(inside_ == 0 && asked_.empty() && waiting_.empty());
}

base::Result<uint64_t> ArchiveStore::consumed(FeedSource source) {
  CHECK(!thread_.joinable());
  const auto position = queries_.position(source);
  if (!position) return base::Error{options_.path + ": " + database_->last_error()};
  return *position;
}

base::Status ArchiveStore::take(ArchiveFeed& feed) {
  CHECK(!thread_.joinable());
  for (bool more = true; more;) {
    if (!transfer(feed, more)) return base::Error{options_.path + ": " + database_->last_error()};
  }
  return base::Status::ok();
}

void ArchiveStore::start(ArchiveFeed* feed) {
  CHECK(!thread_.joinable());
  feed_ = feed;
  thread_ = std::thread([this] { run(); });
}

bool ArchiveStore::answers(StoreKind kind) {
  return kind == StoreKind::query_archive || kind == StoreKind::archive_metadata;
}

void ArchiveStore::ask(engine::QuestionPtr question) {
  auto* request = static_cast<im::StoreRequest*>(question.get());
  CHECK(answers(request->kind) && request->archive != nullptr);
  trace::count(Counter::archive_queries);
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_ && inside_ < options_.queue_max) {
      ++inside_;
      trace::gauge_add(Gauge::archive_queue, 1);
      asked_.push_back({std::move(question), Clock::now() + options_.wait_max});
      changed_.notify_all();
      return;
    }
  }
  trace::count(Counter::archive_overloads);
  request->status = StoreStatus::failed;
  const engine::ShardId asked_by = request->asked_by;
  deliver_(asked_by, std::move(question));
}

void ArchiveStore::set_retention(const ArchiveRetention& retention) {
  const std::lock_guard lock(mutex_);
  wanted_retention_ = retention;
  changed_.notify_all();
}

void ArchiveStore::run() {
  const WriteBehind write_behind;
  bool busy = true;
  while (wait_for_work(busy)) {
    busy = consume();
    busy = answer_ripe(false) || busy;
    busy = prune() || busy;
  }
  gather_until_ = {};
  while (consume()) {
  }
  while (answer_ripe(true)) {
  }
}

bool ArchiveStore::wait_for_work(bool busy) {
  std::unique_lock lock(mutex_);
  const auto called = [this] {
    return stopping_ || !asked_.empty() || wanted_retention_ != retention_;
  };
  if (!busy) changed_.wait_for(lock, waiting_.empty() ? kPollIdle : kPollPressed, called);
  for (Waiting& waiting : asked_) waiting_.push_back(std::move(waiting));
  asked_.clear();
  if (wanted_retention_ != retention_) {
    retention_ = wanted_retention_;
    prune_at_ = {};
  }
  return !stopping_;
}

// A question waits until the archive has what the asking shard had appended before: so whoever has
// just said something finds it.
bool ArchiveStore::answer_ripe(bool all) {
  const Clock::time_point now = Clock::now();
  size_t answered = 0;
  for (size_t looked_at = waiting_.size(); looked_at > 0; --looked_at) {
    if (answered == kAnsweredAtOnce) return true;
    Waiting waiting = std::move(waiting_.front());
    waiting_.pop_front();
    const auto& request = static_cast<const im::StoreRequest&>(*waiting.question);
    bool stable = feed_ == nullptr || request.number == 0;
    if (!stable) {
      const auto position = positions_.find({feed_->epoch(), request.asked_by});
      stable = position != positions_.end() && position->second >= request.number;
    }
    if (!stable && !all && now < waiting.deadline) {
      waiting_.push_back(std::move(waiting));  // once around: the order stays
      continue;
    }
    answer(std::move(waiting), stable);
    ++answered;
  }
  return false;
}

void ArchiveStore::answer(Waiting waiting, bool stable) {
  auto& request = static_cast<im::StoreRequest&>(*waiting.question);
  request.archive->stable = stable;
  if (!stable) trace::count(Counter::archive_queries_unstable);
  queries_.answer(request);
  if (request.status == StoreStatus::failed) failed("archive_query_failed");
  leave(std::move(waiting.question));
}

void ArchiveStore::leave(engine::QuestionPtr question) {
  const engine::ShardId asked_by = question->asked_by;
  deliver_(asked_by, std::move(question));
  trace::gauge_add(Gauge::archive_queue, -1);
  const std::lock_guard lock(mutex_);
  CHECK(inside_ > 0);
  --inside_;
}

void ArchiveStore::failed(const char* what) {
  trace::count(Counter::archive_failures);
  TRACE(store, error, "archive_failed", {"what", what}, {"reason", database_->last_error()});
}

}  // namespace store
