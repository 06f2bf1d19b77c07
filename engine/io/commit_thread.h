// Where there is no io_uring: a thread that writes and syncs for one reactor, so that its shard
// never waits for the disk.
// Internal to engine/io. submit() and take() on the shard's thread; `done` is called on the other.
#pragma once

#include <sys/uio.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "engine/io/doorbell.h"

namespace engine {

class CommitThread {
 public:
  explicit CommitThread(Doorbell& done) : done_(done) {}  // rung when a commit is done
  ~CommitThread();                                        // waits for the one under way
  CommitThread(const CommitThread&) = delete;
  CommitThread& operator=(const CommitThread&) = delete;

  // One at a time. The thread is made by the first.
  void submit(int file, std::span<const iovec> pieces, uint64_t offset, bool sync,
              uint64_t user_data);
  struct Done {
    uint64_t user_data = 0;
    int32_t result = 0;  // 0 or -errno
  };
  std::optional<Done> take();

 private:
  enum class State : uint8_t { idle, asked, finished, ending };
  void run();
  int32_t carry_out();

  Doorbell& done_;
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<State> state_{State::idle};
  int file_ = -1;
  std::vector<iovec> pieces_;
  uint64_t offset_ = 0;
  bool sync_ = false;
  uint64_t user_data_ = 0;
  int32_t result_ = 0;
};

// Takes what was written off the front of the pieces. Internal to engine/io.
void advance(std::vector<iovec>& pieces, size_t written);

}  // namespace engine
