#include "engine/io/uring_buffers.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "engine/base/check.h"

namespace engine {

// Readers that work in blocks of 64 bytes may look past the end of the last buffer.
static constexpr size_t kPadding = 64;

static void* map(size_t bytes) {
  return mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
}

UringBuffers::~UringBuffers() {
  if (arena_ != nullptr) munmap(arena_, arena_bytes_);
  if (ring_ != nullptr) munmap(ring_, count_ * sizeof(io_uring_buf));
}

int UringBuffers::set_up(io_uring& ring, uint16_t group, uint32_t count, uint32_t bytes,
                         bool touch) {
  CHECK(ring_ == nullptr && bytes > 0);
  CHECK(count > 0 && (count & (count - 1)) == 0 && count <= 32768);
  arena_bytes_ = size_t{count} * bytes + kPadding;
  void* entries = map(count * sizeof(io_uring_buf));
  void* arena = map(arena_bytes_);
  if (entries == MAP_FAILED || arena == MAP_FAILED) return -ENOMEM;
  arena_ = static_cast<char*>(arena);
  ring_ = static_cast<io_uring_buf_ring*>(entries);
  count_ = count;
  bytes_ = bytes;
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<uint64_t>(entries);
  registration.ring_entries = count;
  registration.bgid = group;
  const int error = io_uring_register_buf_ring(&ring, &registration, 0);
  if (error < 0) return error;
  // The kernel goes through all of them in turn. Touched now, they are in memory from the start:
  // no faults under load, and memory that grows later has another reason.
  if (touch) memset(arena_, 0, arena_bytes_);
  io_uring_buf_ring_init(ring_);
  lent_.resize(count);
  for (uint32_t i = 0; i < count; ++i) lent_[i] = static_cast<uint16_t>(i);
  give_back();
  return 0;
}

char* UringBuffers::lend(uint16_t id) {
  CHECK(ring_ != nullptr && id < count_);
  lent_.push_back(id);
  CHECK(lent_.size() + early_.size() <= count_);  // none is lent twice
  return at(id);
}

void UringBuffers::give_back() {
  CHECK(lent_.size() <= count_);
  if (lent_.empty()) return;
  const int mask = io_uring_buf_ring_mask(count_);
  int offset = 0;
  for (const uint16_t id : lent_) {
    io_uring_buf_ring_add(ring_, at(id), bytes_, id, mask, offset++);
  }
  io_uring_buf_ring_advance(ring_, offset);
  lent_.clear();
}

}  // namespace engine
