#include "appliance/store/sqlite_store.h"

#include <utility>

#include "appliance/store/password.h"
#include "appliance/store/schema.h"
#include "engine/base/check.h"
#include "engine/tls/random.h"
#include "engine/trace/counters.h"
#include "engine/trace/trace.h"

namespace store {

using im::StoreKind;
using im::StoreStatus;
using trace::Counter;
using trace::Gauge;

base::Result<std::unique_ptr<Store>> Store::open(const StoreOptions& options, Deliver deliver) {
  auto database = Database::open(options);
  if (!database) return database.error();
  if (base::Status done = migrate(**database, schema_steps()); !done) {
    return base::Error{options.path + ": " + done.error().what};
  }
  return std::unique_ptr<Store>(
      std::make_unique<SqliteStore>(options, std::move(deliver), std::move(*database)));
}

SqliteStore::SqliteStore(const StoreOptions& options, Deliver deliver,
                         std::unique_ptr<Database> database)
    : options_(options),
      deliver_(std::move(deliver)),
      database_(std::move(database)),
      queries_(*database_),
      passwords_(options.password_workers, options.password_queue_max),
      writer_([this] { write(); }) {}

SqliteStore::~SqliteStore() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;  // the writer leaves when everything inside has been answered
  }
  changed_.notify_all();
  writer_.join();
  CHECK(inside_ == 0 && queue_.empty() && held_.empty());
}

void SqliteStore::ask(engine::QuestionPtr question) {
  auto job = std::make_shared<Job>();
  job->request = static_cast<im::StoreRequest*>(question.get());
  job->question = std::move(question);
  enter(std::move(job));
}

// Waits until `entered` has been answered.
static void wait(Waiter& waiter) {
  std::unique_lock lock(waiter.mutex);
  waiter.done.wait(lock, [&] { return waiter.answered; });
}

void SqliteStore::call(im::StoreRequest& request) {
  Waiter waiter;
  auto job = std::make_shared<Job>();
  job->request = &request;
  job->waiter = &waiter;
  enter(std::move(job));
  wait(waiter);
}

void SqliteStore::run_task(std::function<void(Queries*)> task) {
  Waiter waiter;
  auto job = std::make_shared<Job>();
  job->task = std::move(task);
  job->waiter = &waiter;
  enter(std::move(job));
  wait(waiter);
}

static const base::Error kOverloaded{"the database has too much to do; try again later"};

base::Result<bool> SqliteStore::exists(base::Bytes user) {
  im::StoreRequest request;
  request.kind = StoreKind::load_credentials;
  request.user = user;
  call(request);
  if (request.status == StoreStatus::failed) return kOverloaded;
  return request.status == StoreStatus::ok;
}

base::Result<std::vector<std::string>> SqliteStore::users(base::Bytes after, uint32_t limit) {
  base::Result<std::vector<std::string>> result = kOverloaded;
  run_task([&](Queries* queries) {
    if (queries != nullptr) result = queries->users(after, limit);
  });
  return result;
}

base::Result<StoreCounts> SqliteStore::counts() {
  base::Result<StoreCounts> result = kOverloaded;
  run_task([&](Queries* queries) {
    if (queries != nullptr) result = queries->counts();
  });
  return result;
}

void SqliteStore::enter(JobPtr job) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_ && inside_ < options_.queue_max) {
      ++inside_;
      trace::gauge_add(Gauge::store_queue, 1);
      admit(job);
      return;
    }
  }
  trace::count(Counter::store_overloads);
  fail(*job);
  answer(*job);
}

static bool derives_keys(const Job& job) {
  return job.request != nullptr && (job.request->kind == StoreKind::create_account ||
                                    job.request->kind == StoreKind::set_password);
}

void SqliteStore::admit(const JobPtr& job) {
  if (job->request != nullptr) {
    const auto held = held_.find(job->request->user);
    if (held != held_.end()) {
      held->second.push_back(job);
      return;
    }
  }
  if (derives_keys(*job)) {
    held_.try_emplace(job->request->user);
    start_password(job);
    return;
  }
  queue_.push_back(job);
  changed_.notify_all();
}

void SqliteStore::start_password(const JobPtr& job) {
  const bool accepted = passwords_.submit([this, job] {
    engine::SecureRandom random;
    im::StoreRequest& request = *job->request;
    const bool allowed =
        derive_credentials(request.text, options_.iterations, random, request.credentials);
    if (allowed && options_.digest) {
      derive_digest_keys(request.user, request.text, options_.digest_md5,
                         request.credentials.digest);
    }
    wipe(request.text);
    if (!allowed) {
      request.status = StoreStatus::not_authorized;
      job->settled = true;
    }
    derived(job);
  });
  if (accepted) return;
  trace::count(Counter::password_overloads);
  fail(*job);
  job->settled = true;
  // It still goes through the writer, so that this user's answers keep their order.
  queue_.push_back(job);
  const auto held = held_.find(job->request->user);
  CHECK(held != held_.end() && held->second.empty());
  held_.erase(held);
  changed_.notify_all();
}

void SqliteStore::derived(const JobPtr& job) {
  const std::lock_guard lock(mutex_);
  queue_.push_back(job);
  const auto held = held_.find(job->request->user);
  CHECK(held != held_.end());
  std::deque<JobPtr> waiting;
  waiting.swap(held->second);
  held_.erase(held);
  // In order again; another password among them holds back what comes after it.
  for (const JobPtr& next : waiting) admit(next);
  changed_.notify_all();
}

void SqliteStore::verify(const JobPtr& job) {
  const bool accepted = passwords_.submit([this, job] {
    im::StoreRequest& request = *job->request;
    const bool known = request.status == StoreStatus::ok;
    const bool same =
        password_matches(request.text, known ? &request.credentials : nullptr, options_.iterations);
    wipe(request.text);
    request.credentials = {};
    request.status = same ? StoreStatus::ok : StoreStatus::not_authorized;
    answer(*job);
    left(1);
  });
  if (accepted) return;
  trace::count(Counter::password_overloads);
  fail(*job);
  answer(*job);
  left(1);
}

void SqliteStore::fail(Job& job) {
  trace::count(Counter::store_failures);
  if (job.request == nullptr) {
    job.task(nullptr);
    return;
  }
  job.request->status = StoreStatus::failed;
  if (derives_keys(job) || job.request->kind == StoreKind::verify_password) {
    wipe(job.request->text);
  }
}

void SqliteStore::answer(Job& job) {
  if (job.waiter == nullptr) {
    const engine::ShardId asked_by = job.question->asked_by;
    deliver_(asked_by, std::move(job.question));
    return;
  }
  // Notified under the lock: the waiter is gone as soon as it can take it.
  const std::lock_guard lock(job.waiter->mutex);
  job.waiter->answered = true;
  job.waiter->done.notify_one();
}

void SqliteStore::left(size_t jobs) {
  trace::gauge_add(Gauge::store_queue, -static_cast<int64_t>(jobs));
  const std::lock_guard lock(mutex_);
  CHECK(inside_ >= jobs);
  inside_ -= jobs;
  if (stopping_) changed_.notify_all();
}

}  // namespace store
