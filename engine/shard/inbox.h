// Where threads that are no shard, and shards with something rare to hand over, leave things for a
// shard: a vector behind a mutex. For answers of the store, control tasks, moving connections;
// mail between shards has its own rings (mailbox.h).
// push: any thread. take: the owning shard.
#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

#include "engine/base/check.h"

namespace engine {

template <class T>
class Inbox {
 public:
  // False when `limit` items wait already, or nobody will look again; the item then stays with the
  // caller.
  [[nodiscard]] bool push(T& item, size_t limit = SIZE_MAX) {
    CHECK(limit > 0);
    const std::lock_guard<std::mutex> lock(mutex_);
    if (closed_ || items_.size() >= limit) return false;
    items_.push_back(std::move(item));
    waiting_.store(true, std::memory_order_release);
    return true;
  }

  // Exchanges what waits for the caller's empty vector, whose capacity is kept in use. Costs one
  // load when nothing waits.
  void take(std::vector<T>& into) {
    if (!waiting_.load(std::memory_order_acquire)) return;
    const std::lock_guard<std::mutex> lock(mutex_);
    CHECK(closed_ || !items_.empty());
    waiting_.store(false, std::memory_order_relaxed);
    into.swap(items_);
  }

  // For good; yields what still waits.
  std::vector<T> close() {
    const std::lock_guard<std::mutex> lock(mutex_);
    CHECK(!closed_);
    closed_ = true;
    return std::exchange(items_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<T> items_;
  bool closed_ = false;
  std::atomic<bool> waiting_{false};
};

}  // namespace engine
