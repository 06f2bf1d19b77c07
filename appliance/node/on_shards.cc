#include "appliance/node/on_shards.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace appliance {
namespace {

struct WorkTask final : engine::Task {
  explicit WorkTask(ShardWork w) : work(std::move(w)) {}
  void run(engine::Shard& shard) override { work(shard); }
  ShardWork work;
};

// Shared with the tasks, which may outlive the waiter's patience.
struct Countdown {
  std::mutex mutex;
  std::condition_variable changed;
  size_t left = 0;
  bool all_ran = true;

  void arrive(bool ran) {
    const std::lock_guard<std::mutex> lock(mutex);
    --left;
    all_ran = all_ran && ran;
    changed.notify_all();
  }
  bool wait() {
    std::unique_lock<std::mutex> lock(mutex);
    return changed.wait_for(lock, std::chrono::nanoseconds(kPatience.ns),
                            [this] { return left == 0; }) &&
           all_ran;
  }
};

// One task's part of a countdown. It goes with the task, run or not: a shard that has ended
// destroys what it did not run, and nobody waits for that.
struct Part {
  explicit Part(std::shared_ptr<Countdown> of) : countdown(std::move(of)) {}
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;
  ~Part() { countdown->arrive(ran); }
  const std::shared_ptr<Countdown> countdown;
  bool ran = false;
};

}  // namespace

bool run_on(engine::ShardSet& shards, engine::ShardId to, ShardWork work) {
  engine::TaskPtr task = std::make_unique<WorkTask>(std::move(work));
  return shards.post(to, task);
}

bool run_on_all(engine::ShardSet& shards, engine::ShardId count, const ShardWork& work) {
  auto countdown = std::make_shared<Countdown>();
  countdown->left = count;
  for (engine::ShardId shard = 0; shard < count; ++shard) {
    const auto part = std::make_shared<Part>(countdown);
    const bool posted = run_on(shards, shard, [part, work](engine::Shard& on) {
      work(on);
      part->ran = true;
    });
    if (!posted) return false;
  }
  return countdown->wait();
}

}  // namespace appliance
