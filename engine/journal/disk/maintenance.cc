#include "engine/journal/disk/maintenance.h"

#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "engine/base/check.h"
#include "engine/trace/trace.h"

namespace journal {

struct Maintenance::Request {
  enum class Kind : uint8_t { prepare, read_back, release };
  Kind kind = Kind::prepare;
  Supply* from = nullptr;
  uint64_t segment = 0;
  int file = -1;
};

// What the thread and the shards share.
struct Maintenance::Shared {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Request> requests;
  std::vector<std::unique_ptr<Supply>> supplies;
  bool ending = false;
  std::thread thread;
};

class Maintenance::Supply final : public SegmentSupply {
 public:
  Supply(Shared& shared, const LogIdentity& log, engine::Reactor& reactor)
      : shared_(shared), log_(log), reactor_(reactor) {}

  void prepare(uint64_t segment) override { ask({Request::Kind::prepare, this, segment, -1}); }
  void read_back(uint64_t segment, int file) override {
    ask({Request::Kind::read_back, this, segment, file});
  }
  void release(uint64_t segment, int file) override {
    ask({Request::Kind::release, this, segment, file});
  }
  std::optional<SupplyAnswer> answer() override {
    if (!answered_.load(std::memory_order_acquire)) return std::nullopt;
    const std::lock_guard lock(mutex_);
    if (answers_.empty()) return std::nullopt;
    SupplyAnswer first = std::move(answers_.front());
    answers_.pop_front();
    answered_ = !answers_.empty();
    return first;
  }

  void put(SupplyAnswer answer) {  // on the thread
    {
      const std::lock_guard lock(mutex_);
      answers_.push_back(std::move(answer));
      answered_ = true;
    }
    reactor_.wake();
  }
  const LogIdentity& log() const { return log_; }

 private:
  void ask(Request request) {
    {
      const std::lock_guard lock(shared_.mutex);
      shared_.requests.push_back(request);
    }
    shared_.changed.notify_one();
  }

  Shared& shared_;
  const LogIdentity log_;
  engine::Reactor& reactor_;
  std::mutex mutex_;
  std::atomic<bool> answered_{false};
  std::deque<SupplyAnswer> answers_;
};

Maintenance::Maintenance(SegmentKeeper keeper)
    : keeper_(std::move(keeper)), shared_(std::make_unique<Shared>()) {
  shared_->thread = std::thread([this] { run(); });
}

Maintenance::~Maintenance() {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->ending = true;
  }
  shared_->changed.notify_one();
  shared_->thread.join();
}

SegmentSupply& Maintenance::supply_for(const LogIdentity& log, engine::Reactor& reactor) {
  const std::lock_guard lock(shared_->mutex);
  shared_->supplies.push_back(std::make_unique<Supply>(*shared_, log, reactor));
  return *shared_->supplies.back();
}

void Maintenance::run() {
  pthread_setname_np(pthread_self(), "journal");
  while (true) {
    Request next;
    {
      std::unique_lock lock(shared_->mutex);
      shared_->changed.wait(lock, [this] { return shared_->ending || !shared_->requests.empty(); });
      if (shared_->ending) return;
      next = shared_->requests.front();
      shared_->requests.pop_front();
    }
    carry_out(next);
  }
}

void Maintenance::carry_out(const Request& request) {
  CHECK(request.from != nullptr);
  SupplyAnswer answer;
  answer.segment = request.segment;
  switch (request.kind) {
    case Request::Kind::prepare: {
      const auto file = keeper_.prepare(request.from->log(), request.segment);
      if (file) {
        answer.file = *file;
      } else {
        answer.error = file.error().what;
      }
      break;
    }
    case Request::Kind::read_back: {
      answer.kind = SupplyAnswer::Kind::read_back;
      const auto read = keeper_.read_back(request.file, answer.bytes);
      if (!read) answer.error = read.error().what;
      break;
    }
    case Request::Kind::release: {
      const auto done = keeper_.release(request.from->log(), request.segment, request.file);
      // The file is lost to us until the next start; the journal goes on without it.
      if (!done) TRACE(journal, error, "segment not released", {"why", done.error().what});
      return;
    }
  }
  request.from->put(std::move(answer));
}

}  // namespace journal
