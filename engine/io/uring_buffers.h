// Buffers that a ring chooses from when something arrives. Lent to whoever reads the completions,
// and all given back at the next wait.
// Internal to engine/io. Owned by one reactor.
#pragma once

#include <liburing.h>

#include <cstdint>
#include <utility>
#include <vector>

namespace engine {

class UringBuffers {
 public:
  UringBuffers() = default;
  UringBuffers(const UringBuffers&) = delete;
  UringBuffers& operator=(const UringBuffers&) = delete;
  ~UringBuffers();  // after the ring's end

  // -errno, or 0. `touch`: the memory is there from the start.
  int set_up(io_uring& ring, uint16_t group, uint32_t count, uint32_t bytes, bool touch);
  bool ready() const { return ring_ != nullptr; }
  // The buffer a completion came with; lent from now on.
  char* lend(uint16_t id);
  void give_back();
  // What came in the middle of a turn stays lent through the next give_back().
  void swap_early() { std::swap(lent_, early_); }

 private:
  char* at(uint16_t id) { return arena_ + size_t{id} * bytes_; }

  io_uring_buf_ring* ring_ = nullptr;
  char* arena_ = nullptr;
  size_t arena_bytes_ = 0;
  uint32_t count_ = 0;
  uint32_t bytes_ = 0;
  std::vector<uint16_t> lent_;
  std::vector<uint16_t> early_;
};

}  // namespace engine
