// Starts the workers, has them do one phase after the other, and looks at the server and at them
// from outside meanwhile. The first process; one thread.
#pragma once

#include <string>
#include <vector>

#include "bench/load/process/result.h"
#include "bench/load/process/watch.h"

namespace load {

class Master {
 public:
  explicit Master(const Options& options);
  ~Master();
  Master(const Master&) = delete;
  Master& operator=(const Master&) = delete;

  [[nodiscard]] bool start(std::string& error);
  // All phases; ends early when a worker dies.
  RunResult run();

 private:
  struct Worker {
    int pid = 0;
    int control = -1;
    bool done = false;
    ProcessUse at_start;
  };
  // Everything that is measured, at one moment.
  struct Moment {
    int64_t time = 0;
    ProcessUse server;
    int64_t softirq = 0;
    std::vector<ProcessUse> workers;
  };

  PhaseResult run_phase(uint32_t index);
  void give_order(uint32_t index);
  // Until then or until all are done. False: a worker is gone.
  bool wait_until(int64_t deadline, PhaseResult& result);
  bool all_done() const;
  Moment look() const;
  void sample(PhaseResult& result);
  void compare(const Moment& from, const Moment& to, PhaseResult& result) const;
  void find_server();
  double core_seconds(double seconds) const;

  const Options& options_;
  Shared* shared_ = nullptr;
  std::vector<Worker> workers_;
  int server_pid_ = 0;
  std::vector<int> server_cores_;
  bool server_is_alone_ = false;  // on its cores
  int64_t resident_before_ = 0;
  Moment last_sample_;
  std::string trouble_;
};

}  // namespace load
