#include "bench/load/io/ring.h"

#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "engine/base/check.h"

namespace load {

std::unique_ptr<Ring> Ring::make(const RingOptions& options, std::string& error) {
  std::unique_ptr<Ring> ring(new Ring(options));
  const int result = ring->set_up();
  if (result == 0) return ring;
  error = std::string("io_uring: ") + std::strerror(-result);
  return nullptr;
}

int Ring::set_up() {
  io_uring_params params{};
  params.flags = IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE | IORING_SETUP_SINGLE_ISSUER |
                 IORING_SETUP_DEFER_TASKRUN;
  params.cq_entries = options_.completions;
  int result = io_uring_queue_init_params(options_.submissions, &ring_, &params);
  if (result < 0) return result;
  made_ = true;
  buffers_bytes_ = options_.buffers * sizeof(io_uring_buf);
  void* memory =
      mmap(nullptr, buffers_bytes_, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
  if (memory == MAP_FAILED) return -ENOMEM;
  buffers_ = static_cast<io_uring_buf_ring*>(memory);
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<uint64_t>(memory);
  registration.ring_entries = options_.buffers;
  result = io_uring_register_buf_ring(&ring_, &registration, 0);
  if (result < 0) return result;
  const size_t bytes = size_t{options_.buffers} * options_.buffer_bytes;
  arena_.reset(new char[bytes]);
  std::memset(arena_.get(), 0, bytes);  // no page faults while something is measured
  io_uring_buf_ring_init(buffers_);
  for (unsigned id = 0; id < options_.buffers; ++id) give_back(id);
  finish(0);
  io_uring_register_ring_fd(&ring_);
  return 0;
}

Ring::~Ring() {
  if (made_) io_uring_queue_exit(&ring_);
  if (buffers_ != nullptr) munmap(buffers_, buffers_bytes_);
}

io_uring_sqe* Ring::entry() {
  io_uring_sqe* entry = io_uring_get_sqe(&ring_);
  for (int attempt = 0; entry == nullptr; ++attempt) {
    CHECK(attempt < 100'000);
    io_uring_submit(&ring_);
    entry = io_uring_get_sqe(&ring_);
  }
  return entry;
}

void Ring::accept(int listener, Tag tag) {
  io_uring_sqe* sqe = entry();
  io_uring_prep_multishot_accept(sqe, listener, nullptr, nullptr, SOCK_CLOEXEC);
  sqe->user_data = tag.packed();
}

void Ring::connect(int socket, const sockaddr* address, uint32_t length, Tag tag) {
  io_uring_sqe* sqe = entry();
  io_uring_prep_connect(sqe, socket, address, length);
  sqe->user_data = tag.packed();
}

void Ring::receive(int socket, Tag tag) {
  io_uring_sqe* sqe = entry();
  io_uring_prep_recv_multishot(sqe, socket, nullptr, 0, 0);
  // Without it an idle socket ends with -ENOBUFS at once while all buffers are in use.
  sqe->ioprio |= IORING_RECVSEND_POLL_FIRST;
  sqe->flags |= IOSQE_BUFFER_SELECT;
  sqe->buf_group = 0;
  sqe->user_data = tag.packed();
}

void Ring::send(int socket, const char* data, size_t length, Tag tag) {
  io_uring_sqe* sqe = entry();
  io_uring_prep_send(sqe, socket, data, length, MSG_NOSIGNAL | MSG_WAITALL);
  sqe->user_data = tag.packed();
}

void Ring::wait_for(unsigned wanted, int64_t nanoseconds) {
  __kernel_timespec timeout{nanoseconds / kSecond, nanoseconds % kSecond};
  io_uring_cqe* first = nullptr;
  io_uring_submit_and_wait_timeout(&ring_, &first, wanted, &timeout, nullptr);
}

void Ring::wait(int64_t deadline_ns) {
  const int64_t left = deadline_ns == kNever ? kSecond : deadline_ns - now_ns();
  if (left > 0)
    wait_for(1, left);
  else
    io_uring_submit_and_get_events(&ring_);
}

void Ring::gather(unsigned wanted, int64_t nanoseconds) {
  if (io_uring_cq_ready(&ring_) < wanted) wait_for(wanted, nanoseconds);
}

void Ring::give_back(unsigned id) {
  io_uring_buf_ring_add(buffers_, buffer(id), options_.buffer_bytes, static_cast<uint16_t>(id),
                        io_uring_buf_ring_mask(options_.buffers), returned_++);
}

void Ring::finish(unsigned count) {
  if (returned_ > 0) io_uring_buf_ring_advance(buffers_, returned_);
  returned_ = 0;
  io_uring_cq_advance(&ring_, count);
}

}  // namespace load
