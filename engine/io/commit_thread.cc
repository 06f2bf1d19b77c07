#include "engine/io/commit_thread.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>

#include "engine/base/check.h"

namespace engine {

void advance(std::vector<iovec>& pieces, size_t written) {
  size_t whole = 0;
  while (whole < pieces.size() && written >= pieces[whole].iov_len) {
    written -= pieces[whole++].iov_len;
  }
  pieces.erase(pieces.begin(), pieces.begin() + static_cast<ptrdiff_t>(whole));
  if (written == 0) return;
  CHECK(!pieces.empty());
  pieces[0].iov_base = static_cast<char*>(pieces[0].iov_base) + written;
  pieces[0].iov_len -= written;
}

CommitThread::~CommitThread() {
  if (!thread_.joinable()) return;
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return state_.load() != State::asked; });
    state_ = State::ending;
  }
  changed_.notify_all();
  thread_.join();
}

void CommitThread::submit(int file, std::span<const iovec> pieces, uint64_t offset, bool sync,
                          uint64_t user_data) {
  CHECK(state_.load() == State::idle && file >= 0 && !pieces.empty());
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  {
    const std::lock_guard lock(mutex_);
    file_ = file;
    pieces_.assign(pieces.begin(), pieces.end());
    offset_ = offset;
    sync_ = sync;
    user_data_ = user_data;
    state_ = State::asked;
  }
  changed_.notify_all();
}

std::optional<CommitThread::Done> CommitThread::take() {
  if (state_.load(std::memory_order_acquire) != State::finished) return std::nullopt;
  state_ = State::idle;
  return Done{user_data_, result_};
}

void CommitThread::run() {
  pthread_setname_np(pthread_self(), "commit");
  while (true) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(
          lock, [this] { return state_.load() == State::asked || state_.load() == State::ending; });
      if (state_.load() == State::ending) return;
    }
    const int32_t result = carry_out();
    {
      const std::lock_guard lock(mutex_);
      result_ = result;
      state_ = State::finished;
    }
    changed_.notify_all();
    done_.ring();
  }
}

int32_t CommitThread::carry_out() {
  while (!pieces_.empty()) {
    const int count = static_cast<int>(std::min<size_t>(pieces_.size(), IOV_MAX));
    const ssize_t written = ::pwritev(file_, pieces_.data(), count, static_cast<off_t>(offset_));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return written == 0 ? -EIO : -errno;
    offset_ += static_cast<uint64_t>(written);
    advance(pieces_, static_cast<size_t>(written));
  }
  if (sync_ && ::fdatasync(file_) != 0) return -errno;
  return 0;
}

}  // namespace engine
