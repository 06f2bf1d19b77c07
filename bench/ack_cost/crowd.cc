#include "bench/ack_cost/crowd.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>

namespace ack_cost {

static constexpr uint32_t kLoginsAtOnce = 32;
static constexpr uint64_t kSecond = 1'000'000'000;

uint64_t monotonic_nanoseconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * kSecond + static_cast<uint64_t>(now.tv_nsec);
}

Crowd::Crowd(uint16_t port, uint32_t senders)
    : port_(port), epoll_(epoll_create1(EPOLL_CLOEXEC)), members_(2 * senders), buffer_(1 << 18) {
  for (uint32_t i = 0; i < 2 * senders; ++i) {
    const std::string to = i % 2 == 0 ? "u" + std::to_string(i + 1) + "@localhost" : "";
    members_[i].client = std::make_unique<Client>("u" + std::to_string(i), to, figures_);
  }
}

Crowd::~Crowd() {
  for (const Member& member : members_) {
    if (member.fd >= 0) close(member.fd);
  }
  close(epoll_);
}

bool Crowd::fail(const std::string& what) {
  trouble_ = what + ": " + std::strerror(errno);
  return false;
}

void Crowd::clear() {
  figures_.delivery_us.clear();
  figures_.ack_us.clear();
  figures_.delivered = figures_.acknowledged = 0;
}

bool Crowd::start(uint32_t index) {
  Member& member = members_[index];
  member.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  if (connect(member.fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    return fail("cannot connect");
  }
  const int on = 1;
  setsockopt(member.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  fcntl(member.fd, F_SETFL, fcntl(member.fd, F_GETFL) | O_NONBLOCK);
  epoll_event event{.events = EPOLLIN, .data = {.u32 = index}};
  epoll_ctl(epoll_, EPOLL_CTL_ADD, member.fd, &event);
  return flush(index);
}

bool Crowd::sign_in() {
  const auto count = static_cast<uint32_t>(members_.size());
  uint32_t started = 0;
  while (true) {
    uint32_t ready = 0;
    for (const Member& member : members_) ready += member.client->ready();
    if (ready == count) return true;
    while (started < count && started - ready < kLoginsAtOnce) {
      if (!start(started++)) return false;
    }
    if (!turn(10'000)) return false;
  }
}

bool Crowd::run(const Load& load, double seconds) {
  const uint64_t begin = monotonic_nanoseconds();
  const uint64_t end = begin + static_cast<uint64_t>(seconds * static_cast<double>(kSecond));
  paced_ = 0;
  while (monotonic_nanoseconds() < end) {
    if (!speak(load, begin) || !turn(load.rate == 0 ? 1000 : 1)) return false;
  }
  return true;
}

bool Crowd::settle() {
  for (uint64_t end = monotonic_nanoseconds() + 10 * kSecond; monotonic_nanoseconds() < end;) {
    uint64_t in_flight = 0;
    for (uint32_t i = 0; i < members_.size(); i += 2) in_flight += members_[i].client->in_flight();
    if (in_flight == 0) return true;
    if (!turn(100)) return false;
  }
  trouble_ = "acknowledgements are missing after ten seconds";
  return false;
}

// As fast as the windows permit, or paced: then one sender after the other.
bool Crowd::speak(const Load& load, uint64_t begin) {
  const uint64_t now = monotonic_nanoseconds();
  const auto count = static_cast<uint32_t>(members_.size());
  if (load.rate == 0) {
    for (uint32_t i = 0; i < count; i += 2) {
      Client& client = *members_[i].client;
      if (client.in_flight() + load.burst > load.window) continue;
      while (client.in_flight() + load.burst <= load.window) client.say(load.burst, now);
      if (!flush(i)) return false;
    }
    return true;
  }
  for (const uint64_t due = (now - begin) * load.rate / kSecond; paced_ < due; ++paced_) {
    members_[next_sender_].client->say(1, now);
    if (!flush(next_sender_)) return false;
    next_sender_ = (next_sender_ + 2) % count;
  }
  return true;
}

bool Crowd::turn(int milliseconds) {
  epoll_event events[512];
  const int n = epoll_wait(epoll_, events, 512, milliseconds);
  if (n < 0 && errno != EINTR) return fail("cannot wait");
  if (n == 0 && milliseconds >= 10'000) return fail("no answer for ten seconds");
  for (int i = 0; i < n; ++i) {
    const uint32_t index = events[i].data.u32;
    if ((events[i].events & EPOLLOUT) != 0 && !flush(index)) return false;
    if ((events[i].events & ~EPOLLOUT) != 0 && !receive(index)) return false;
  }
  return true;
}

bool Crowd::receive(uint32_t index) {
  Member& member = members_[index];
  const ssize_t n = read(member.fd, buffer_.data(), buffer_.size());
  if (n <= 0) return fail("connection lost");
  if (!member.client->on_bytes({buffer_.data(), static_cast<size_t>(n)}, monotonic_nanoseconds())) {
    trouble_ = member.client->trouble();
    return false;
  }
  return flush(index);
}

bool Crowd::flush(uint32_t index) {
  Member& member = members_[index];
  std::string& output = member.client->output();
  if (output.empty()) return true;
  const ssize_t n = write(member.fd, output.data(), output.size());
  if (n < 0 && errno != EAGAIN) return fail("cannot send");
  if (n > 0) output.erase(0, static_cast<size_t>(n));
  if (output.empty() == member.writable_wanted) {
    member.writable_wanted = !output.empty();
    epoll_event event{.events = EPOLLIN, .data = {.u32 = index}};
    if (member.writable_wanted) event.events |= EPOLLOUT;
    epoll_ctl(epoll_, EPOLL_CTL_MOD, member.fd, &event);
  }
  return true;
}

}  // namespace ack_cost
