#include "engine/trace/log.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "engine/trace/logfmt.h"
#include "engine/trace/per_thread.h"
#include "engine/trace/record.h"
#include "engine/trace/ring.h"
#include "engine/trace/watch.h"

namespace trace {

namespace {

struct Entry {
  base::WallTime time;
  size_t offset;  // into State::records
};

// All that the draining side needs. Guarded by `mutex`, except the atomics.
struct State {
  std::mutex mutex;
  std::atomic<bool> draining{false};  // what a failed CHECK looks at instead of the mutex
  int descriptor = -1;
  std::string records;
  std::vector<Entry> entries;
  std::string lines;

  std::thread thread;
  std::atomic<bool> stopping{false};
  std::atomic<bool> woken{false};
  std::atomic<int> doorbell{-1};
  int dump_descriptor = -1;
  std::string dump_line;
};

constexpr size_t kWriteBytes = 65536;
constexpr int kStalledMs = 1000;  // a descriptor that takes nothing for so long loses the lines
// The longest line: a watched stanza, every octet of it escaped.
constexpr size_t kLineBytesMax = 6 * size_t{kStanzaBytesMax + kFieldsMax * kTextBytesMax};

}  // namespace

static State& state() {
  static State* the = new State;  // never destroyed: threads may trace until the very end
  return *the;
}

// Writes all of it, or counts what could not be written.
static void write_all(int descriptor, base::Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(descriptor, bytes.data(), bytes.size());
    if (n >= 0) {
      count(Counter::log_bytes, static_cast<uint64_t>(n));
      bytes.remove_prefix(static_cast<size_t>(n));
      continue;
    }
    if (errno == EINTR) continue;
    pollfd writable{descriptor, POLLOUT, 0};
    if (errno == EAGAIN && ::poll(&writable, 1, kStalledMs) > 0) continue;
    count(Counter::log_write_failures);
    return;
  }
}

static void write_lines(State& s) {
  if (s.descriptor >= 0) write_all(s.descriptor, s.lines);
  s.lines.clear();
}

// Copies the rings' records out, so that their room is free again before anything slow begins.
static void gather(State& s) {
  s.records.clear();
  s.entries.clear();
  PerThread<Ring>::each([&s](Ring& ring) {
    ring.drain([&s](const char* record) {
      RecordHeader header;
      std::memcpy(&header, record, sizeof header);
      CHECK(header.size >= sizeof header && header.event != nullptr);
      s.entries.push_back({header.time, s.records.size()});
      s.records.append(record, header.size);
    });
  });
  CHECK(s.entries.empty() == s.records.empty());
  std::stable_sort(s.entries.begin(), s.entries.end(),
                   [](const Entry& a, const Entry& b) { return a.time < b.time; });
}

static void pump(State& s) {
  const std::lock_guard lock(s.mutex);
  CHECK(s.lines.empty());  // the last round has written its own
  const bool nested = s.draining.exchange(true, std::memory_order_relaxed);
  CHECK(!nested);
  gather(s);
  s.draining.store(false, std::memory_order_relaxed);
  std::string line;
  for (const Entry& entry : s.entries) {
    const char* record = s.records.data() + entry.offset;
    line.clear();
    append_line(record, line);
    CHECK(line.size() <= kLineBytesMax);
    if (g_watching.load(std::memory_order_relaxed)) hand_to_watchers(record, line);
    if (FieldReader(record).header().watched_only != 0) continue;
    s.lines.append(line);
    if (s.lines.size() >= kWriteBytes) write_lines(s);
  }
  write_lines(s);
}

void wake_log() {
  State& s = state();
  const int doorbell = s.doorbell.load(std::memory_order_acquire);
  if (doorbell < 0 || s.woken.exchange(true, std::memory_order_relaxed)) return;
  const uint64_t one = 1;
  // It cannot fail for a counter this small, and a lost wake-up costs one period.
  [[maybe_unused]] const ssize_t n = ::write(doorbell, &one, sizeof one);
}

static void run(State& s) {
  while (!s.stopping.load(std::memory_order_acquire)) {
    pollfd rung{s.doorbell.load(std::memory_order_relaxed), POLLIN, 0};
    CHECK(rung.fd >= 0);
    if (::poll(&rung, 1, kLogPeriodMs) > 0) {
      uint64_t times = 0;
      [[maybe_unused]] const ssize_t n = ::read(rung.fd, &times, sizeof times);
    }
    s.woken.store(false, std::memory_order_relaxed);
    pump(s);
  }
}

base::Status start_log(int descriptor) {
  State& s = state();
  CHECK(!s.thread.joinable() && descriptor >= 0);
  if (s.doorbell.load() < 0) {  // made once and kept: a shard may be about to ring it
    const int doorbell = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (doorbell < 0) return base::Error{std::string("log: no eventfd: ") + std::strerror(errno)};
    s.doorbell.store(doorbell);
  }
  {
    const std::lock_guard lock(s.mutex);
    CHECK(s.descriptor < 0);
    s.descriptor = descriptor;
  }
  s.stopping.store(false);
  s.woken.store(false);
  s.thread = std::thread([&s] { run(s); });
  return base::Status::ok();
}

void stop_log() {
  State& s = state();
  if (!s.thread.joinable()) return;
  s.stopping.store(true, std::memory_order_release);
  s.woken.store(false);
  wake_log();
  s.thread.join();
  pump(s);
  const std::lock_guard lock(s.mutex);
  CHECK(s.descriptor >= 0);
  s.descriptor = -1;
}

void flush_log() { pump(state()); }

// On the thread whose CHECK failed, which may hold any lock: takes none, allocates nothing, and
// goes ahead even if the log thread is stuck in the middle of a drain.
static void dump_rings() {
  State& s = state();
  for (int i = 0; i < 1000000 && s.draining.load(std::memory_order_relaxed); ++i) {
  }
  PerThread<Ring>::each([&s](Ring& ring) {
    ring.drain([&s](const char* record) {
      s.dump_line.clear();
      append_line(record, s.dump_line);
      write_all(s.dump_descriptor, s.dump_line);
    });
  });
}

void dump_on_check_failure(int descriptor) {
  State& s = state();
  CHECK(descriptor >= 0);
  s.dump_descriptor = descriptor;
  s.dump_line.reserve(kLineBytesMax);
  base::set_check_hook(dump_rings);
}

}  // namespace trace
