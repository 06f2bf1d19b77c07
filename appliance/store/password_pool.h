// Threads that stretch passwords, so that a login flood costs these threads and nobody else.
// Owned by the store; submit() from any thread. Work is done in order; the queue is bounded.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace store {

class PasswordPool {
 public:
  PasswordPool(uint32_t workers, uint32_t queue_max);
  ~PasswordPool();                                        // does what was submitted first
  [[nodiscard]] bool submit(std::function<void()> work);  // false: the queue is full

 private:
  void work();

  const uint32_t queue_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace store
