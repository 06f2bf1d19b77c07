// A small server of DNS on loopback for tests: says what it was told, and counts what it was asked.
// A thread of its own; told things by the test's, whose stack it lives on.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace names_test {

inline std::string number(uint32_t value, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<char>(value >> (8 * i)));
  return out;
}

inline std::string wire_name(const std::string& name) {
  std::string out;
  for (size_t at = 0; at < name.size();) {
    const size_t dot = std::min(name.find('.', at), name.size());
    out += number(static_cast<uint32_t>(dot - at), 1) + name.substr(at, dot - at);
    at = dot + 1;
  }
  return out + '\0';
}

class DnsServer {
 public:
  static constexpr uint16_t kA = 1;
  static constexpr uint16_t kAaaa = 28;
  static constexpr uint16_t kSrv = 33;

  DnsServer() {
    socket_ = ::socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), length), 0);
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    const timeval tick{0, 20000};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &tick, sizeof tick);
    thread_ = std::thread([this] { run(); });
  }
  ~DnsServer() {
    stopping_.store(true);
    thread_.join();
    ::close(socket_);
  }

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  std::atomic<bool> silent{false};
  std::atomic<int> asked{0};

  void srv(const std::string& name, uint16_t priority, uint16_t weight, uint16_t port,
           const std::string& target, uint32_t ttl = 300) {
    add(name, kSrv, number(priority, 2) + number(weight, 2) + number(port, 2) + wire_name(target),
        ttl);
  }
  void host(const std::string& name, const std::string& address, uint32_t ttl = 300) {
    char octets[16];
    const bool v4 = inet_pton(AF_INET, address.c_str(), octets) == 1;
    if (!v4) EXPECT_EQ(inet_pton(AF_INET6, address.c_str(), octets), 1);
    add(name, v4 ? kA : kAaaa, std::string(octets, v4 ? 4 : 16), ttl);
  }

 private:
  struct Record {
    uint16_t type;
    std::string data;
    uint32_t ttl;
  };

  void add(const std::string& name, uint16_t type, const std::string& data, uint32_t ttl) {
    const std::lock_guard<std::mutex> lock(mutex_);
    records_[wire_name(name)].push_back({type, data, ttl});
  }

  void run() {
    while (!stopping_.load()) {
      char buffer[512];
      sockaddr_in from{};
      socklen_t length = sizeof from;
      const ssize_t size = ::recvfrom(socket_, buffer, sizeof buffer, 0,
                                      reinterpret_cast<sockaddr*>(&from), &length);
      if (size < 17 || silent.load()) continue;
      const std::string reply = answer({buffer, static_cast<size_t>(size)});
      ::sendto(socket_, reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from), length);
    }
  }

  std::string answer(const std::string& request) {
    ++asked;
    const std::string name = request.substr(12, request.find('\0', 12) + 1 - 12);
    const std::string kind = request.substr(12 + name.size(), 4);
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = records_.find(name);
    std::string answers;
    uint16_t count = 0;
    for (const Record& one : found == records_.end() ? std::vector<Record>{} : found->second) {
      if (number(one.type, 2) != kind.substr(0, 2)) continue;
      answers += number(0xc00c, 2) + number(one.type, 2) + number(1, 2) + number(one.ttl, 4) +
                 number(static_cast<uint32_t>(one.data.size()), 2) + one.data;
      ++count;
    }
    const uint32_t flags = found == records_.end() ? 0x8183 : 0x8180;
    return request.substr(0, 2) + number(flags, 2) + number(1, 2) + number(count, 2) +
           number(0, 4) + name + kind + answers;
  }

  int socket_ = -1;
  uint16_t port_ = 0;
  std::thread thread_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::map<std::string, std::vector<Record>> records_;
};

}  // namespace names_test
