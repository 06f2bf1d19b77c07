// The Store on one SQLite file. Three kinds of threads meet here: whoever asks, the writer, and the
// password workers; the mutex guards the queues and nothing else.
//
//   ask() ─┬──────────────────────────────► queue_ ─► writer: batch, commit ─┬─► deliver
//          └─ create, set: password worker ───┘                              └─ verify: password
//             (later requests of that user wait in held_)                       worker ─► deliver
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "appliance/store/password_pool.h"
#include "appliance/store/queries.h"
#include "appliance/store/store.h"
#include "engine/base/hash.h"

namespace store {

// Somebody who waits for a synchronous call.
struct Waiter {
  std::mutex mutex;
  std::condition_variable done;
  bool answered = false;
};

struct Job {
  engine::QuestionPtr question;         // null for synchronous calls
  im::StoreRequest* request = nullptr;  // in `question`, or the caller's; null for a task
  std::function<void(Queries*)> task;   // null argument: the store has failed or is full
  Waiter* waiter = nullptr;
  bool settled = false;  // status is final: the writer only passes it on
};
using JobPtr = std::shared_ptr<Job>;

class SqliteStore final : public Store {
 public:
  SqliteStore(const StoreOptions& options, Deliver deliver, std::unique_ptr<Database> database);
  ~SqliteStore() override;

  void ask(engine::QuestionPtr question) override;
  void call(im::StoreRequest& request) override;
  base::Result<bool> exists(base::Bytes user) override;
  base::Result<std::vector<std::string>> users(base::Bytes after, uint32_t limit) override;
  base::Result<StoreCounts> counts() override;

 private:
  // sqlite_store.cc: the way in and out
  void enter(JobPtr job);
  void run_task(std::function<void(Queries*)> task);
  void admit(const JobPtr& job);           // under the mutex
  void start_password(const JobPtr& job);  // under the mutex
  void derived(const JobPtr& job);         // a worker has the keys: on to the writer
  void verify(const JobPtr& job);          // the writer has the keys: on to a worker
  void answer(Job& job);
  void left(size_t jobs);

  // writer.cc
  void write();
  std::deque<JobPtr> take();
  size_t run_until(std::deque<JobPtr>& batch, size_t first, bool& lost);
  size_t run_transaction(std::deque<JobPtr>& batch, size_t first);
  void execute(Job& job);
  void hand_back(const JobPtr& job);
  void fail(Job& job);

  const StoreOptions options_;
  const Deliver deliver_;
  const std::unique_ptr<Database> database_;  // the writer's, once it runs
  Queries queries_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<JobPtr> queue_;  // for the writer
  // Users with a password being derived, and what was asked about them meanwhile.
  std::unordered_map<std::string, std::deque<JobPtr>, base::StringHash, std::equal_to<>> held_;
  size_t inside_ = 0;  // jobs entered and not yet answered
  bool stopping_ = false;

  PasswordPool passwords_;
  std::thread writer_;
};

}  // namespace store
