// Looks at processes from outside, through /proc: the server's and the generator's own.
// One thread; Linux. What is gone counts as nothing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace load {

// One moment of a process and its descendants. Times in nanoseconds.
struct ProcessUse {
  int64_t cpu = 0;       // user and system time of all threads
  int64_t waited = 0;    // ready to run, while others had the core
  int64_t resident = 0;  // bytes
};

// `with_descendants`: children and theirs too.
ProcessUse process_use(int pid, bool with_descendants);

// CPU time of the kernel threads that do deferred network work on these cores.
int64_t softirq_cpu(const std::vector<int>& cores);

// The cores a process may run on; 0: the caller.
std::vector<int> cores_of(int pid);

bool process_lives(int pid);

// The first line of a file, without its end; "" if it cannot be read.
std::string first_line(const std::string& path);

}  // namespace load
