#include "bench/load/process/master.h"

#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "bench/load/clock.h"
#include "bench/load/process/worker.h"

namespace load {

Master::Master(const Options& options) : options_(options) {}

Master::~Master() {
  for (const Worker& worker : workers_) {
    if (worker.control >= 0) close(worker.control);  // which ends it
  }
  for (const Worker& worker : workers_) waitpid(worker.pid, nullptr, 0);
  if (shared_ != nullptr) munmap(shared_, sizeof(Shared));
}

bool Master::start(std::string& error) {
  void* memory =
      mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    error = std::string("mmap: ") + std::strerror(errno);
    return false;
  }
  shared_ = new (memory) Shared{};
  for (uint32_t k = 0; k < options_.workers; ++k) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
      error = std::string("socketpair: ") + std::strerror(errno);
      return false;
    }
    const int pid = fork();
    if (pid == 0) {
      for (const Worker& other : workers_) close(other.control);
      close(ends[0]);
      _exit(run_worker(options_, k, ends[1], *shared_));
    }
    close(ends[1]);
    workers_.push_back({.pid = pid, .control = ends[0]});
    if (pid > 0) continue;
    error = std::string("fork: ") + std::strerror(errno);
    return false;
  }
  find_server();
  resident_before_ = server_pid_ > 0 ? process_use(server_pid_, true).resident : 0;
  return true;
}

void Master::find_server() {
  server_pid_ = options_.pid;
  if (!options_.pid_file.empty()) server_pid_ = std::atoi(first_line(options_.pid_file).c_str());
  if (server_pid_ <= 0 || !process_lives(server_pid_)) {
    server_pid_ = 0;
    return;
  }
  server_cores_ = cores_of(server_pid_);
  server_is_alone_ = !options_.cpus.empty();
  for (const int core : options_.cpus) {
    if (std::count(server_cores_.begin(), server_cores_.end(), core) > 0) server_is_alone_ = false;
  }
}

RunResult Master::run() {
  RunResult run{.options = &options_};
  for (uint32_t i = 0; i < options_.phases.size() && trouble_.empty(); ++i) {
    run.phases.push_back(run_phase(i));
  }
  run.trouble = trouble_;
  return run;
}

void Master::give_order(uint32_t index) {
  const Phase& phase = options_.phases[index];
  const auto seconds = [&](const char* name) {
    const auto found = phase.numbers.find(name);
    return found == phase.numbers.end() ? int64_t{0} : from_seconds(found->second);
  };
  Order& order = shared_->order;
  order = {.phase = index, .begin = now_ns()};
  order.measure_from = order.begin + seconds("warmup");
  order.measure_to = kNever;
  if (phase.kind == PhaseKind::memory) {
    order.measure_to = order.begin + seconds("settle");
  } else if (phase.numbers.contains("warmup")) {
    order.measure_to = order.measure_from + seconds("seconds");
  }
  const char go = 'g';
  for (Worker& worker : workers_) {
    worker.done = write(worker.control, &go, 1) != 1;
    if (worker.done) trouble_ = "a worker is gone";
  }
}

bool Master::all_done() const {
  return std::all_of(workers_.begin(), workers_.end(),
                     [](const Worker& worker) { return worker.done; });
}

bool Master::wait_until(int64_t deadline, PhaseResult& result) {
  while (!all_done() && now_ns() < deadline) {
    std::vector<pollfd> polled;
    for (const Worker& worker : workers_) {
      polled.push_back({.fd = worker.done ? -1 : worker.control, .events = POLLIN});
    }
    const int64_t next = std::min(deadline, last_sample_.time + kSecond);
    const int64_t left = std::max<int64_t>(next - now_ns(), 0);
    const timespec timeout{left / kSecond, left % kSecond};
    ppoll(polled.data(), polled.size(), &timeout, nullptr);
    for (size_t k = 0; k < workers_.size(); ++k) {
      if (polled[k].fd < 0 || polled[k].revents == 0) continue;
      char answer = 0;
      workers_[k].done = true;
      if (read(workers_[k].control, &answer, 1) == 1) continue;
      trouble_ = "a worker is gone";
      return false;
    }
    if (now_ns() >= last_sample_.time + kSecond) sample(result);
  }
  return true;
}

Master::Moment Master::look() const {
  Moment moment{.time = now_ns()};
  if (server_pid_ > 0) {
    moment.server = process_use(server_pid_, true);
    moment.softirq = softirq_cpu(server_cores_);
  }
  for (const Worker& worker : workers_) moment.workers.push_back(process_use(worker.pid, false));
  return moment;
}

// Workers write their counts meanwhile; for a plot what is read now is good enough.
void Master::sample(PhaseResult& result) {
  Moment moment{.time = now_ns()};
  if (server_pid_ > 0) moment.server = process_use(server_pid_, true);
  Sample sample{.second = static_cast<double>(moment.time - shared_->order.begin) / 1e9,
                .resident = moment.server.resident};
  for (uint32_t k = 0; k < options_.workers; ++k) sample.units += shared_->reports[k].units.count;
  const double seconds = static_cast<double>(moment.time - last_sample_.time) / 1e9;
  const int64_t used = std::max<int64_t>(moment.server.cpu - last_sample_.server.cpu, 0);
  if (seconds > 0) sample.server_busy = static_cast<double>(used) / 1e9 / core_seconds(seconds);
  result.series.push_back(sample);
  last_sample_ = std::move(moment);
}

double Master::core_seconds(double seconds) const {
  return seconds * static_cast<double>(std::max<size_t>(server_cores_.size(), 1));
}

PhaseResult Master::run_phase(uint32_t index) {
  PhaseResult result{.phase = options_.phases[index]};
  result.resident_before = resident_before_;
  Moment from = look();
  last_sample_ = from;
  give_order(index);
  const Order& order = shared_->order;
  int restarter = 0;
  if (result.kind() == PhaseKind::reconnect) {
    restarter = fork();
    if (restarter == 0) {
      execl("/bin/sh", "sh", "-c", options_.restart.c_str(), static_cast<char*>(nullptr));
      _exit(127);
    }
  }
  if (order.measure_from > order.begin) {
    wait_until(order.measure_from, result);
    from = look();
  }
  wait_until(order.measure_to, result);
  if (restarter > 0) {
    int status = 0;
    waitpid(restarter, &status, 0);
    if (status != 0) trouble_ = "--restart has failed";
    const int before = server_pid_;
    find_server();
    if (server_pid_ != before) from.server = {};  // all that the new one has used
  }
  const Moment to = look();
  wait_until(kNever, result);
  for (uint32_t k = 0; k < options_.workers; ++k) {
    const Report& report = shared_->reports[k];
    result.report.units.add(report.units);
    for (size_t i = 0; i < kExtras; ++i) result.report.extras[i].add(report.extras[i]);
    result.report.errors.add(report.errors);
    result.report.retries += report.retries;
    result.report.online += report.online;
    if (report.began != 0 && (result.report.began == 0 || report.began < result.report.began)) {
      result.report.began = report.began;
    }
    result.report.finished = std::max(result.report.finished, report.finished);
    if (result.report.trouble[0] == '\0') {
      std::memcpy(result.report.trouble, report.trouble, sizeof report.trouble);
    }
  }
  compare(from, to, result);
  return result;
}

void Master::compare(const Moment& from, const Moment& to, PhaseResult& result) const {
  const Order& order = shared_->order;
  const double wall = static_cast<double>(to.time - from.time) / 1e9;
  result.seconds = wall;
  // Where the end is when the last one is done.
  if (order.measure_to == kNever && result.report.finished > 0) {
    const int64_t begin = result.report.began != 0 ? result.report.began : order.begin;
    result.seconds = static_cast<double>(result.report.finished - begin) / 1e9;
  }
  double busiest = 0;
  for (size_t k = 0; k < to.workers.size(); ++k) {
    const double ran = static_cast<double>(to.workers[k].cpu - from.workers[k].cpu) / 1e9;
    result.generator_cpu_seconds += ran;
    busiest = std::max(busiest, ran);
  }
  // Workers that share their cores are busy when these are.
  const auto cores = static_cast<double>(cores_of(0).size());
  const double allowed = options_.cpus.empty() ? cores : static_cast<double>(options_.cpus.size());
  result.generator_busy = std::max(busiest, result.generator_cpu_seconds / allowed) / wall;
  if (server_pid_ == 0) return;
  const double cpu = static_cast<double>(to.server.cpu - from.server.cpu) / 1e9;
  double softirq = static_cast<double>(to.softirq - from.softirq) / 1e9;
  // Where both run on the same cores, so does the network's work for both.
  if (!server_is_alone_) softirq *= cpu / std::max(cpu + result.generator_cpu_seconds, 1e-9);
  result.server = ServerUse{.cpu_seconds = cpu + softirq,
                            .softirq_seconds = softirq,
                            .busy = (cpu + softirq) / core_seconds(wall),
                            .resident = to.server.resident};
}

}  // namespace load
