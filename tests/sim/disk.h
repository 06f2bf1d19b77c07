// The disk of the simulated node: files in memory (tests/support/memory_disk.h) with the time that
// a real one takes. A commit is written some time after it was asked for, and confirmed some time
// after that; in between it is what a power cut tears.
// One per world; it outlives the node's lives.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <functional>
#include <list>
#include <span>
#include <vector>

#include "engine/base/random.h"
#include "tests/sim/clock.h"
#include "tests/support/memory_disk.h"

namespace sim {

// How the disk behaves; all zero = everything is done at once.
struct DiskWeather {
  uint32_t commit_us_max = 500;  // written, and again as long until it is synced
  uint32_t slow_percent = 0;     // of the commits take up to slow_us_max
  uint32_t slow_us_max = 200000;
  uint32_t work_us_max = 2000;  // to make a segment ready, to read one back
};

enum class Death : uint8_t {
  process,  // what was written stays
  power,    // what was not synced is lost or kept sector by sector
};

class Disk {
 public:
  using Answer = std::function<void(int32_t result)>;  // 0 or -errno

  Disk(Clock& clock, base::Prng& random) : clock_(clock), random_(random) {}

  test::MemoryDisk& files() { return files_; }
  DiskWeather weather;

  // Reactor::commit(). The bytes are read when they are written, like a kernel would.
  void commit(int file, std::span<const iovec> pieces, uint64_t offset, bool sync, Answer answer);
  // Something the maintenance thread does: later, in order.
  void work(std::function<void()> job);
  // The node dies: nobody is answered any more. First with its buffers still there, for what the
  // kernel does with them on its own; then, when it is gone, for what that means.
  void cut_off();
  void lose(Death how);

  uint64_t commits() const { return commits_; }

 private:
  struct Commit {
    int file = -1;
    std::vector<iovec> pieces;
    uint64_t offset = 0;
    bool sync = false;
    bool written = false;
    Answer answer;
  };
  base::Duration commit_time();
  void write(std::list<Commit>::iterator commit);
  void finish(std::list<Commit>::iterator commit);

  Clock& clock_;
  base::Prng& random_;
  test::MemoryDisk files_;
  std::list<Commit> under_way_;
  base::Instant busy_until_{};  // the maintenance thread is
  uint64_t life_ = 0;           // of the node; what an earlier one asked for is void
  uint64_t commits_ = 0;
};

}  // namespace sim
