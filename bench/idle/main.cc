// Signs in N users and then sits there: what a node's memory per idle session is measured with.
// One process holds at most as many connections as it may have descriptors; start several.
//   bench_idle --port P --domain D --first F --count N [--tls] [--source 127.0.0.2]
// Prints "ready N" when all are signed in, then waits for end of file on standard input.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "bench/idle/session.h"

namespace {

struct Arguments {
  uint16_t port = 5222;
  std::string domain = "localhost";
  uint32_t first = 0;
  uint32_t count = 100;
  bool tls = false;
  std::string source = "127.0.0.1";
};

bool parse(int argc, char** argv, Arguments& out) {
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--tls") {
      out.tls = true;
      continue;
    }
    if (i + 1 >= argc) return false;
    const char* value = argv[++i];
    if (name == "--port") out.port = static_cast<uint16_t>(std::atoi(value));
    else if (name == "--domain") out.domain = value;
    else if (name == "--first") out.first = static_cast<uint32_t>(std::atoi(value));
    else if (name == "--count") out.count = static_cast<uint32_t>(std::atoi(value));
    else if (name == "--source") out.source = value;
    else return false;
  }
  return true;
}

int dial(const Arguments& arguments) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  inet_pton(AF_INET, arguments.source.c_str(), &address.sin_addr);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return -1;
  address.sin_port = htons(arguments.port);
  inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return -1;
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  return fd;
}

// What the session wants to say, on the wire. Logins are short: a full socket is a failure.
bool flush(int fd, idle::Session& session) {
  std::string out = session.take_output();
  return out.empty() || write(fd, out.data(), out.size()) == static_cast<ssize_t>(out.size());
}

int fail(const char* what) {
  std::fprintf(stderr, "bench_idle: %s: %s\n", what, std::strerror(errno));
  return 1;
}

class Crowd {
 public:
  explicit Crowd(const Arguments& arguments) : arguments_(arguments) {}

  int run() {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    watch(STDIN_FILENO, UINT32_MAX);
    sessions_.resize(arguments_.count);
    descriptors_.resize(arguments_.count, -1);
    while (!over_) {
      while (started_ < arguments_.count && started_ - ready_ < 64) {
        if (!start(started_++)) return fail("cannot connect");
      }
      if (!turn()) return 1;
    }
    return ready_ == arguments_.count ? 0 : 1;
  }

 private:
  void watch(int fd, uint32_t index) {
    epoll_event event{.events = EPOLLIN, .data = {.u32 = index}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }

  bool start(uint32_t index) {
    const int fd = dial(arguments_);
    if (fd < 0) return false;
    descriptors_[index] = fd;
    sessions_[index] = std::make_unique<idle::Session>(
        "u" + std::to_string(arguments_.first + index), arguments_.domain, "bench", arguments_.tls);
    watch(fd, index);
    return flush(fd, *sessions_[index]);
  }

  bool turn() {
    epoll_event events[256];
    const int n = epoll_wait(epoll_, events, 256, 60000);
    if (n == 0 && ready_ < arguments_.count) return fail("no answer for a minute"), false;
    for (int i = 0; i < n; ++i) {
      if (events[i].data.u32 == UINT32_MAX) {
        over_ = true;
      } else if (!receive(events[i].data.u32)) {
        return false;
      }
    }
    return true;
  }

  bool receive(uint32_t index) {
    char buffer[16384];
    const ssize_t n = read(descriptors_[index], buffer, sizeof buffer);
    if (n <= 0) return fail("connection lost"), false;
    idle::Session& session = *sessions_[index];
    const bool was_ready = session.ready();
    if (!session.on_bytes({buffer, static_cast<size_t>(n)})) {
      std::fprintf(stderr, "bench_idle: %s\n", session.trouble().c_str());
      return false;
    }
    if (!flush(descriptors_[index], session)) return fail("cannot send"), false;
    if (!was_ready && session.ready() && ++ready_ == arguments_.count) {
      std::printf("ready %u\n", ready_);
      std::fflush(stdout);
    }
    return true;
  }

  const Arguments arguments_;
  int epoll_ = -1;
  std::vector<std::unique_ptr<idle::Session>> sessions_;
  std::vector<int> descriptors_;
  uint32_t started_ = 0;
  uint32_t ready_ = 0;
  bool over_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  if (!parse(argc, argv, arguments)) {
    std::fprintf(stderr, "usage: bench_idle --port P --domain D --first F --count N [--tls] "
                         "[--source ADDRESS]\n");
    return 2;
  }
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  return Crowd(arguments).run();
}
