// Looks at the node's process from outside, through /proc: its processor time, and whether it ever
// rests. Threads that it starts later are not watched.
#pragma once

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace ack_cost {

// User and system time of all threads of a process, in seconds.
double processor_seconds(int pid);

// Watches a process' threads from construction to stop(), some hundred times a second. A thread
// that runs, or waits for a core that others have, is restless; the share of the time in which the
// most restless thread was so says whether the process was saturated.
class NodeWatch {
 public:
  explicit NodeWatch(int pid);
  ~NodeWatch() { stop(); }
  NodeWatch(const NodeWatch&) = delete;
  NodeWatch& operator=(const NodeWatch&) = delete;

  double stop();

 private:
  struct Task {
    std::string stat;  // its file in /proc
    unsigned restless = 0;
  };

  void look();

  std::vector<Task> tasks_;
  unsigned looks_ = 0;
  std::atomic<bool> over_{false};
  std::thread thread_;
};

}  // namespace ack_cost
