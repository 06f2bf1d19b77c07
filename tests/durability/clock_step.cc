// A wall clock that a test can step, for a program that knows nothing of it: preloaded, it adds the
// number of seconds in the shared file CLOCK_STEP_FILE to CLOCK_REALTIME. Other clocks stay true.
// (libfaketime does the same, but not beside an allocator that asks for the time.)

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

std::atomic<const std::atomic<int64_t>*> g_seconds{nullptr};

// Allocates nothing: the allocator itself may be who asks.
int64_t offset() {
  const auto* seconds = g_seconds.load(std::memory_order_acquire);
  if (seconds == nullptr) {
    const char* path = std::getenv("CLOCK_STEP_FILE");
    const int fd = path == nullptr ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    void* page = mmap(nullptr, sizeof(int64_t), PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (page == MAP_FAILED) return 0;
    seconds = static_cast<const std::atomic<int64_t>*>(page);
    g_seconds.store(seconds, std::memory_order_release);
  }
  return seconds->load(std::memory_order_relaxed);
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* out) noexcept {
  const long status = syscall(SYS_clock_gettime, clock, out);
  if (status == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    out->tv_sec += offset();
  }
  return static_cast<int>(status);
}

int gettimeofday(timeval* out, void*) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  out->tv_sec = now.tv_sec;
  out->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t* out) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (out != nullptr) *out = now.tv_sec;
  return now.tv_sec;
}
}
