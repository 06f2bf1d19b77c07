#include "appliance/store/password_pool.h"

#include <errno.h>
#include <sys/resource.h>
#include <unistd.h>

#include <utility>

#include "engine/base/check.h"
#include "engine/trace/trace.h"

namespace store {

// Somebody who guesses passwords must not slow down those who are logged in: whenever a shard has
// something to do, a derivation waits.
static constexpr int kNiceness = 15;

PasswordPool::PasswordPool(uint32_t workers, uint32_t queue_max) : queue_max_(queue_max) {
  CHECK(workers > 0);
  for (uint32_t i = 0; i < workers; ++i) threads_.emplace_back([this] { work(); });
}

PasswordPool::~PasswordPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool PasswordPool::submit(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= queue_max_) return false;
    queue_.push_back(std::move(work));
  }
  changed_.notify_one();
  return true;
}

void PasswordPool::work() {
  // On Linux a thread has a niceness of its own.
  if (setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNiceness) < 0) {
    TRACE(store, warn, "password_threads_not_nice", {"errno", errno});
  }
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    const std::function<void()> next = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    next();
    lock.lock();
  }
}

}  // namespace store
