// rollcalld as a child process in a data directory of its own, on loopback ports the system chose.
// Owned by its test; ends the process when it goes. Waits at most a minute for anything.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace appliance {

inline std::string read_all(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

struct Finished {
  int status = -1;     // exit status, or -1 for a signal or no end
  std::string output;  // standard output and error
};

// Runs a program to its end; `input` is its standard input.
inline Finished run(const std::vector<std::string>& arguments, const std::string& input = "") {
  int in[2];
  int out[2];
  if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) return {};
  const pid_t pid = fork();
  if (pid == 0) {
    dup2(in[0], STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    dup2(out[1], STDERR_FILENO);
    std::vector<char*> argv;
    for (const std::string& argument : arguments)
      argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    execv(argv[0], argv.data());
    _exit(127);
  }
  close(in[0]);
  close(out[1]);
  if (write(in[1], input.data(), input.size()) < 0) return {};
  close(in[1]);
  Finished finished;
  char buffer[4096];
  for (ssize_t got; (got = read(out[0], buffer, sizeof buffer)) > 0;) {
    finished.output.append(buffer, static_cast<size_t>(got));
  }
  close(out[0]);
  int status = 0;
  waitpid(pid, &status, 0);
  finished.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return finished;
}

class NodeProcess {
 public:
  explicit NodeProcess(std::string folder) : folder_(std::move(folder)) {}
  ~NodeProcess() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    // Killed or not, what a sanitizer or a CHECK had to say is a failure.
    const std::string said = errors();
    for (const char* word : {"Sanitizer", "CHECK failed", "terminate called"}) {
      if (said.find(word) != std::string::npos) ADD_FAILURE() << said;
    }
  }
  NodeProcess(const NodeProcess&) = delete;
  NodeProcess& operator=(const NodeProcess&) = delete;

  // True when it listens. `extra` goes to its command line.
  bool start(const std::vector<std::string>& extra = {}, const std::string& notify_socket = "") {
    std::filesystem::create_directories(folder_);
    std::filesystem::remove(folder_ + "/out");  // what an earlier start said
    std::vector<std::string> arguments{ROLLCALLD, "--config", config(), "--data", data()};
    arguments.insert(arguments.end(), extra.begin(), extra.end());
    pid_ = fork();
    if (pid_ == 0) {
      const int out = open((folder_ + "/out").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
      const int err = open((folder_ + "/err").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
      dup2(out, STDOUT_FILENO);
      dup2(err, STDERR_FILENO);
      if (!notify_socket.empty()) setenv("NOTIFY_SOCKET", notify_socket.c_str(), 1);
      std::vector<char*> argv;
      for (const std::string& a : arguments) argv.push_back(const_cast<char*>(a.c_str()));
      argv.push_back(nullptr);
      execv(argv[0], argv.data());
      _exit(127);
    }
    const auto listens = [this] { return output().find("Ctrl-C") != std::string::npos; };
    return wait([&] { return listens() || ended(); }) && listens();
  }
  bool ended() const {  // it is still to be joined
    siginfo_t info{};
    return waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == pid_;
  }
  void signal(int number) const { kill(pid_, number); }
  // Its exit status, or -1 if it did not end in time.
  int join() {
    int status = 0;
    const bool ended = wait([&] { return waitpid(pid_, &status, WNOHANG) == pid_; });
    if (!ended) return -1;
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  // What the operator's command says.
  Finished command(std::vector<std::string> words, const std::string& input = "") const {
    std::vector<std::string> arguments{ROLLCALL, "--data", data()};
    arguments.insert(arguments.end(), words.begin(), words.end());
    return run(arguments, input);
  }
  // Port by service, from DATA/listening.
  std::map<std::string, int> ports() const {
    std::map<std::string, int> all;
    std::istringstream lines(read_all(data() + "/listening"));
    std::string service, address, tls;
    for (int port; lines >> service >> address >> port >> tls;) all[service] = port;
    return all;
  }

  std::string data() const { return folder_ + "/data"; }
  std::string config() const { return folder_ + "/rollcall.toml"; }
  std::string output() const { return read_all(folder_ + "/out"); }
  std::string errors() const { return read_all(folder_ + "/err"); }
  pid_t pid() const { return pid_; }

  // Looks until it is so, at most a minute: sanitized builds on busy machines are slow.
  template <class Condition>
  static bool wait(Condition condition) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > until) return false;
      poll(nullptr, 0, 20);
    }
    return true;
  }

 private:
  const std::string folder_;
  pid_t pid_ = -1;
};

}  // namespace appliance
