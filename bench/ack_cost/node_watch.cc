#include "bench/ack_cost/node_watch.h"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>

namespace ack_cost {

// What follows the name in a stat file of /proc: "R 1 2 3 ..."; "" if there is none.
static std::string after_name(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "r");
  if (file == nullptr) return {};
  char line[1024] = {};
  const bool read = std::fgets(line, sizeof line, file) != nullptr;
  std::fclose(file);
  const char* rest = read ? std::strrchr(line, ')') : nullptr;
  return rest == nullptr || rest[1] != ' ' ? std::string() : rest + 2;
}

double processor_seconds(int pid) {
  const std::string stat = after_name("/proc/" + std::to_string(pid) + "/stat");
  unsigned long user = 0;
  unsigned long system = 0;
  if (std::sscanf(stat.c_str(), "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
                  &system) != 2) {
    return 0;
  }
  return static_cast<double>(user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

NodeWatch::NodeWatch(int pid) {
  const std::string folder = "/proc/" + std::to_string(pid) + "/task/";
  DIR* tasks = opendir(folder.c_str());
  while (const dirent* task = tasks == nullptr ? nullptr : readdir(tasks)) {
    if (task->d_name[0] != '.') tasks_.push_back({.stat = folder + task->d_name + "/stat"});
  }
  if (tasks != nullptr) closedir(tasks);
  thread_ = std::thread([this] {
    while (!over_.load(std::memory_order_relaxed)) look();
  });
}

void NodeWatch::look() {
  ++looks_;
  for (Task& task : tasks_) task.restless += after_name(task.stat).starts_with('R');
  std::this_thread::sleep_for(std::chrono::milliseconds(3));
}

double NodeWatch::stop() {
  over_.store(true, std::memory_order_relaxed);
  if (thread_.joinable()) thread_.join();
  unsigned most = 0;
  for (const Task& task : tasks_) most = std::max(most, task.restless);
  return looks_ == 0 ? 0 : static_cast<double>(most) / looks_;
}

}  // namespace ack_cost
