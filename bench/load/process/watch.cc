#include "bench/load/process/watch.h"

#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>

namespace load {

std::string first_line(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "re");
  if (file == nullptr) return {};
  char line[1024] = {};
  const char* read = std::fgets(line, sizeof line, file);
  std::fclose(file);
  std::string text = read == nullptr ? "" : read;
  if (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

// Names in a folder that are numbers.
static std::vector<int> numbers_in(const std::string& folder) {
  std::vector<int> found;
  DIR* entries = opendir(folder.c_str());
  while (const dirent* entry = entries == nullptr ? nullptr : readdir(entries)) {
    const int number = std::atoi(entry->d_name);
    if (number > 0) found.push_back(number);
  }
  if (entries != nullptr) closedir(entries);
  return found;
}

static int parent_of(int pid) {
  const std::string stat = first_line("/proc/" + std::to_string(pid) + "/stat");
  const size_t name_end = stat.rfind(')');  // the name may hold anything
  int parent = 0;
  if (name_end != std::string::npos) std::sscanf(stat.c_str() + name_end, ") %*c %d", &parent);
  return parent;
}

static std::vector<int> family_of(int pid) {
  std::multimap<int, int> children;
  for (const int one : numbers_in("/proc")) children.emplace(parent_of(one), one);
  std::vector<int> family = {pid};
  for (size_t i = 0; i < family.size(); ++i) {
    const auto [from, to] = children.equal_range(family[i]);
    for (auto child = from; child != to; ++child) family.push_back(child->second);
  }
  return family;
}

static void add_threads(int pid, ProcessUse& use) {
  const std::string tasks = "/proc/" + std::to_string(pid) + "/task/";
  for (const int task : numbers_in(tasks)) {
    long long ran = 0;
    const std::string line = first_line(tasks + std::to_string(task) + "/schedstat");
    if (std::sscanf(line.c_str(), "%lld", &ran) != 1) continue;
    use.cpu += ran;
  }
}

ProcessUse process_use(int pid, bool with_descendants) {
  ProcessUse use;
  for (const int one : with_descendants ? family_of(pid) : std::vector<int>{pid}) {
    add_threads(one, use);
    long long pages = 0;
    const std::string statm = first_line("/proc/" + std::to_string(one) + "/statm");
    std::sscanf(statm.c_str(), "%*d %lld", &pages);
    use.resident += pages * sysconf(_SC_PAGESIZE);
  }
  return use;
}

// The kernel's threads are few and stay: looked for once.
static const std::map<int, int>& softirq_threads() {
  static const std::map<int, int> threads = [] {
    std::map<int, int> found;
    for (const int pid : numbers_in("/proc")) {
      int core = -1;
      const std::string name = first_line("/proc/" + std::to_string(pid) + "/comm");
      if (std::sscanf(name.c_str(), "ksoftirqd/%d", &core) == 1) found[core] = pid;
    }
    return found;
  }();
  return threads;
}

int64_t softirq_cpu(const std::vector<int>& cores) {
  int64_t total = 0;
  for (const int core : cores) {
    const auto thread = softirq_threads().find(core);
    if (thread != softirq_threads().end()) total += process_use(thread->second, false).cpu;
  }
  return total;
}

std::vector<int> cores_of(int pid) {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> cores;
  if (sched_getaffinity(pid, sizeof set, &set) != 0) return cores;
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &set)) cores.push_back(core);
  }
  return cores;
}

bool process_lives(int pid) { return kill(pid, 0) == 0; }

}  // namespace load
