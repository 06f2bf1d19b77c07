// All bench clients of one measurement on one epoll: signs them in, lets the senders speak. One
// thread; what the kernel does not take at once waits in the client's output, which its window
// bounds.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bench/ack_cost/client.h"

namespace ack_cost {

struct Load {
  uint32_t burst = 4;    // messages, then a request for acknowledgement
  uint32_t window = 20;  // messages of a sender that may be unacknowledged
  uint32_t rate = 0;     // messages a second of all senders; 0 is as fast as the windows permit
};

class Crowd {
 public:
  // Senders u0, u2, ..., each with a receiver of its own: u1, u3, ...
  Crowd(uint16_t port, uint32_t senders);
  ~Crowd();
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  [[nodiscard]] bool sign_in();
  // Speaks for so long. What is measured is in figures(), since the last clear().
  [[nodiscard]] bool run(const Load& load, double seconds);
  // Says nothing new until all is acknowledged.
  [[nodiscard]] bool settle();

  Figures& figures() { return figures_; }
  void clear();
  const std::string& trouble() const { return trouble_; }

 private:
  struct Member {
    int fd = -1;
    bool writable_wanted = false;
    std::unique_ptr<Client> client;
  };

  [[nodiscard]] bool start(uint32_t index);
  [[nodiscard]] bool turn(int milliseconds);
  [[nodiscard]] bool receive(uint32_t index);
  [[nodiscard]] bool flush(uint32_t index);
  [[nodiscard]] bool speak(const Load& load, uint64_t begin);
  bool fail(const std::string& what);

  const uint16_t port_;
  int epoll_ = -1;
  std::vector<Member> members_;  // even: senders, odd: receivers
  std::vector<char> buffer_;
  Figures figures_;
  uint64_t paced_ = 0;  // messages said since the beginning of a paced run
  uint32_t next_sender_ = 0;
  std::string trouble_;
};

uint64_t monotonic_nanoseconds();

}  // namespace ack_cost
