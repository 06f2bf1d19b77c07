#include "bench/load/process/worker.h"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <numeric>

#include "bench/load/phases/activity.h"

namespace load {

Slice slice_of(const Options& options, uint32_t worker) {
  const uint32_t clique = options.contacts + 1;
  const uint32_t unit = clique % 2 == 0 ? clique : std::lcm(clique, 2U);
  const uint32_t units = (options.users + unit - 1) / unit;
  const auto begin_of = [&](uint32_t k) {
    return std::min(static_cast<uint32_t>(uint64_t{units} * k / options.workers) * unit,
                    options.users);
  };
  const uint32_t begin = begin_of(worker);
  return {options.first + begin, begin_of(worker + 1) - begin};
}

namespace {

class Worker {
 public:
  Worker(const Options& options, uint32_t worker, int control, Shared& shared)
      : options_(options),
        worker_(worker),
        control_(control),
        shared_(shared),
        crowd_(options, worker, slice_of(options, worker).first, slice_of(options, worker).count) {}

  int run() {
    std::string error;
    if (!crowd_.start(error)) {
      std::fprintf(stderr, "bench_load: %s\n", error.c_str());
      return 1;
    }
    crowd_.watch_control(control_);
    while (!crowd_.control_lost()) turn();
    return 0;
  }

 private:
  void turn() {
    const int64_t now = now_ns();
    int64_t deadline = kNever;
    if (activity_ != nullptr) {
      deadline = activity_->on_turn(now);
      if (activity_->over(now)) {
        finish();
        deadline = kNever;
      }
    }
    crowd_.turn(deadline);
    if (crowd_.take_control()) begin();
  }

  void begin() {
    Report& report = shared_.reports[worker_];
    report = Report{};
    const Phase& phase = options_.phases[shared_.order.phase];
    crowd_.gather(false);
    activity_ = make_activity({options_, phase, shared_.order, worker_, crowd_, report});
    crowd_.listen_to(activity_.get());
  }

  void finish() {
    activity_->finish();
    crowd_.listen_to(nullptr);
    activity_.reset();
    shared_.reports[worker_].online = crowd_.ready();
    const char done = 'd';
    if (write(control_, &done, 1) != 1) std::fprintf(stderr, "bench_load: the master is gone\n");
  }

  const Options& options_;
  const uint32_t worker_;
  const int control_;
  Shared& shared_;
  Crowd crowd_;
  std::unique_ptr<Activity> activity_;
};

}  // namespace

int run_worker(const Options& options, uint32_t worker, int control, Shared& shared) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  if (!options.cpus.empty()) {
    cpu_set_t set;
    CPU_ZERO(&set);
    for (const int core : options.cpus) CPU_SET(core, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0) {
      std::fprintf(stderr, "bench_load: the cores of --cpus cannot be had\n");
      return 1;
    }
  }
  return Worker(options, worker, control, shared).run();
}

}  // namespace load
