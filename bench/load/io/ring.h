// One io_uring as the generator and the bare relay use it: multishot receives into provided
// buffers, sends, everything of a turn handed over in one system call. Deliberately thinner than
// the server's Reactor: no handlers, no copies; the caller walks the completions where they lie.
// One thread. Kernel 6.1 or later.
#pragma once

#include <liburing.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "bench/load/clock.h"

namespace load {

enum class Op : uint8_t { accept = 1, connect, receive, send };

// What comes back: op | generation (24 bits) | index (32 bits).
struct Tag {
  Op op = Op::receive;
  uint32_t generation = 0;
  uint32_t index = 0;

  uint64_t packed() const {
    return uint64_t{static_cast<uint8_t>(op)} << 56 | uint64_t{generation & 0xFFFFFF} << 32 | index;
  }
  static Tag unpack(uint64_t packed) {
    return {static_cast<Op>(packed >> 56), static_cast<uint32_t>(packed >> 32) & 0xFFFFFF,
            static_cast<uint32_t>(packed)};
  }
};

struct Event {
  Tag tag;
  int result = 0;         // bytes, socket, or -errno
  bool more = false;      // a multishot operation stays armed
  std::string_view data;  // of a receive; until the handler returns
};

struct RingOptions {
  uint32_t submissions = 4096;
  uint32_t completions = 32768;
  uint32_t buffers = 4096;  // power of two
  uint32_t buffer_bytes = 4096;
};

class Ring {
 public:
  static std::unique_ptr<Ring> make(const RingOptions& options, std::string& error);
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  void accept(int listener, Tag tag);  // multishot
  // `address` stays until the completion.
  void connect(int socket, const sockaddr* address, uint32_t length, Tag tag);
  void receive(int socket, Tag tag);  // multishot; ends with -ENOBUFS when buffers run out
  // All of it or an error: the kernel goes on with what did not fit. The bytes stay until then.
  void send(int socket, const char* data, size_t length, Tag tag);

  // Hands over, and waits for something to happen, until the deadline.
  void wait(int64_t deadline_ns);
  // Waits on until there are `wanted` completions, at most so long: fewer turns with more in each.
  void gather(unsigned wanted, int64_t nanoseconds);

  // Calls on_event(const Event&) for everything there is, which may queue more; then gives the
  // buffers back. Returns how many there were.
  template <class OnEvent>
  unsigned each(OnEvent on_event) {
    unsigned head = 0;
    unsigned count = 0;
    io_uring_cqe* entry = nullptr;
    io_uring_for_each_cqe(&ring_, head, entry) {
      ++count;
      Event event{
          Tag::unpack(entry->user_data), entry->res, (entry->flags & IORING_CQE_F_MORE) != 0, {}};
      if ((entry->flags & IORING_CQE_F_BUFFER) == 0) {
        on_event(event);
        continue;
      }
      const unsigned id = entry->flags >> IORING_CQE_BUFFER_SHIFT;
      event.data = {buffer(id), static_cast<size_t>(event.result > 0 ? event.result : 0)};
      on_event(event);
      give_back(id);
    }
    finish(count);
    return count;
  }

 private:
  explicit Ring(const RingOptions& options) : options_(options) {}
  int set_up();
  void wait_for(unsigned wanted, int64_t nanoseconds);
  io_uring_sqe* entry();
  char* buffer(unsigned id) { return arena_.get() + size_t{id} * options_.buffer_bytes; }
  void give_back(unsigned id);
  void finish(unsigned count);

  const RingOptions options_;
  io_uring ring_{};
  bool made_ = false;
  io_uring_buf_ring* buffers_ = nullptr;
  size_t buffers_bytes_ = 0;
  std::unique_ptr<char[]> arena_;
  int returned_ = 0;
};

}  // namespace load
