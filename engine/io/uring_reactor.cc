#include "engine/io/uring_reactor.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/io/commit_thread.h"
#include "engine/io/uring_tags.h"
#include "engine/trace/counters.h"

namespace engine {

namespace {

constexpr int kAllowed[] = {IORING_OP_ACCEPT,   IORING_OP_RECV,         IORING_OP_SEND,
                            IORING_OP_SENDMSG,  IORING_OP_ASYNC_CANCEL, IORING_OP_CLOSE,
                            IORING_OP_POLL_ADD, IORING_OP_WRITEV,       IORING_OP_FSYNC,
                            IORING_OP_CONNECT};
constexpr int kAllowedDatagrams[] = {IORING_OP_RECVMSG};
constexpr int kAllowedDirect[] = {IORING_OP_SHUTDOWN, IORING_OP_MSG_RING, IORING_OP_FILES_UPDATE,
                                  kOpFixedFdInstall};

}  // namespace

UringReactor::Made UringReactor::make(const ReactorLimits& limits) {
  Made made;
  std::unique_ptr<UringReactor> reactor(new UringReactor(limits));
  const char* step = reactor->set_up(made.error);
  if (step != nullptr) {
    made.step = step;
    return made;
  }
  CHECK(made.error == 0 && reactor->doorbell_armed_);
  made.reactor = std::move(reactor);
  return made;
}

const char* UringReactor::set_up(int& error) {
  CHECK(!ring_made_);
  if (doorbell_.descriptor() < 0) {
    error = -EMFILE;
    return "eventfd";
  }
  io_uring_params params{};
  params.flags = IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE | IORING_SETUP_SINGLE_ISSUER |
                 IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_R_DISABLED;
  params.cq_entries = limits_.completion_entries;
  error = io_uring_queue_init_params(limits_.submission_entries, &ring_, &params);
  if (error < 0) return "io_uring_setup";
  ring_made_ = true;
  constexpr unsigned kNeeded = IORING_FEAT_NODROP | IORING_FEAT_SUBMIT_STABLE | IORING_FEAT_EXT_ARG;
  if ((params.features & kNeeded) != kNeeded) {
    error = -EINVAL;
    return "features";
  }
  io_uring_ring_dontfork(&ring_);
  error = set_up_buffers();
  if (error < 0) return "receive buffers";
  error = set_up_direct_descriptors();
  if (error < 0) return "direct descriptors";
  error = restrict_and_enable();
  if (error < 0) return "restrictions";
  // Saves the look-up of the ring's descriptor in every enter; harmless where it fails.
  io_uring_register_ring_fd(&ring_);
  arm_doorbell();
  error = 0;
  return nullptr;
}

int UringReactor::set_up_buffers() {
  CHECK(ring_made_);
  const int error = buffers_.set_up(ring_, kBufferGroup, limits_.receive_buffers,
                                    limits_.receive_buffer_bytes, true);
  if (error < 0 || limits_.datagram_buffers == 0) return error;
  return datagram_buffers_.set_up(ring_, kDatagramGroup, limits_.datagram_buffers,
                                  datagram_buffer_bytes(), false);
}

int UringReactor::set_up_direct_descriptors() {
  if (!owns_sockets()) return 0;
  if (limits_.direct_descriptors >= unsigned{kDirect}) return -EMFILE;
  io_uring_probe* probe = io_uring_get_probe_ring(&ring_);
  if (probe == nullptr) return -ENOMEM;
  can_install_ = io_uring_opcode_supported(probe, kOpFixedFdInstall) != 0;
  io_uring_free_probe(probe);
  return io_uring_register_files_sparse(&ring_, limits_.direct_descriptors);
}

int UringReactor::restrict_and_enable() {
  io_uring_restriction rules[std::size(kAllowed) + std::size(kAllowedDatagrams) +
                             std::size(kAllowedDirect) + 1] = {};
  size_t count = 0;
  const auto allow = [&](int operation) {
    rules[count].opcode = IORING_RESTRICTION_SQE_OP;
    rules[count++].sqe_op = static_cast<uint8_t>(operation);
  };
  for (const int operation : kAllowed) allow(operation);
  for (const int operation : kAllowedDatagrams) {
    if (datagram_buffers_.ready()) allow(operation);
  }
  for (const int operation : kAllowedDirect) {
    if (!owns_sockets() || (operation == kOpFixedFdInstall && !can_install_)) continue;
    allow(operation);
  }
  rules[count].opcode = IORING_RESTRICTION_SQE_FLAGS_ALLOWED;
  rules[count++].sqe_flags =
      IOSQE_BUFFER_SELECT | IOSQE_IO_LINK | (owns_sockets() ? IOSQE_FIXED_FILE : 0);
  CHECK(count <= std::size(rules));
  const int error = io_uring_register_restrictions(&ring_, rules, count);
  if (error < 0) return error;
  return io_uring_enable_rings(&ring_);
}

UringReactor::~UringReactor() {
  if (ring_made_) io_uring_queue_exit(&ring_);
  for (const auto& [user_data, connecting] : connecting_) ::close(connecting.socket);
}

char* UringReactor::SendArena::take(size_t bytes) {
  CHECK(bytes <= kBlock && bytes % alignof(msghdr) == 0);
  if (block_ < blocks_.size() && used_ + bytes > kBlock) {
    ++block_;
    used_ = 0;
  }
  if (block_ == blocks_.size()) blocks_.push_back(std::make_unique<char[]>(kBlock));
  CHECK(block_ < blocks_.size() && used_ + bytes <= kBlock);
  char* at = blocks_[block_].get() + used_;
  used_ += bytes;
  return at;
}

msghdr* UringReactor::SendArena::add(std::span<const iovec> pieces) {
  // Both types have the size of a multiple of their alignment.
  char* at = take(sizeof(msghdr) + pieces.size_bytes());
  auto* header = new (at) msghdr{};
  auto* copy = reinterpret_cast<iovec*>(at + sizeof(msghdr));
  memcpy(copy, pieces.data(), pieces.size_bytes());
  header->msg_iov = copy;
  header->msg_iovlen = pieces.size();
  return header;
}

io_uring_sqe* UringReactor::next_entry() {
  io_uring_sqe* entry = io_uring_get_sqe(&ring_);
  for (int attempt = 0; entry == nullptr; ++attempt) {
    // More than a queue full in one turn. The kernel takes them now; if it refuses because its
    // completions are not taken (-EBUSY), take those first.
    CHECK(attempt < 100'000);
    trace::count(trace::Counter::io_submission_queue_full);
    submit_early();
    entry = io_uring_get_sqe(&ring_);
  }
  return entry;
}

// In mid-turn; what completes is kept for the next wait.
void UringReactor::submit_early() {
  io_uring_submit_and_get_events(&ring_);
  swap_early();
  collect();
  swap_early();
}

void UringReactor::swap_early() {
  std::swap(completions_, early_);
  buffers_.swap_early();
  datagram_buffers_.swap_early();
}

// What the prepared operation is for, if that is in the ring's table.
void UringReactor::aim(io_uring_sqe& entry, int socket) {
  if (!is_direct(socket)) return;
  entry.fd = socket & ~kDirect;
  entry.flags |= IOSQE_FIXED_FILE;
}

void UringReactor::arm_accept(int listener, uint64_t user_data) {
  CHECK(listener >= 0 && !is_direct(listener));
  io_uring_sqe* entry = next_entry();
  if (owns_sockets()) {
    io_uring_prep_multishot_accept_direct(entry, listener, nullptr, nullptr, 0);
  } else {
    io_uring_prep_multishot_accept(entry, listener, nullptr, nullptr, SOCK_CLOEXEC);
  }
  entry->user_data = tagged(Operation::accept, user_data);
}

void UringReactor::arm_receive(int socket, uint64_t user_data) {
  CHECK(socket >= 0 && is_direct(socket) == owns_sockets());
  io_uring_sqe* entry = next_entry();
  io_uring_prep_recv_multishot(entry, socket, nullptr, 0, 0);
  // Without POLL_FIRST an idle socket ends with -ENOBUFS at once when the buffers are all in use.
  entry->ioprio |= IORING_RECVSEND_POLL_FIRST;
  entry->flags |= IOSQE_BUFFER_SELECT;
  aim(*entry, socket);
  entry->buf_group = kBufferGroup;
  entry->user_data = tagged(Operation::receive, user_data);
}

void UringReactor::cancel(Operation target, uint64_t user_data) {
  CHECK(target < Operation::pass && target != Operation::send_datagrams);
  io_uring_sqe* entry = next_entry();
  io_uring_prep_cancel64(entry, tagged(target, user_data), 0);
  entry->user_data = kIgnored;
}

void UringReactor::send(int socket, std::span<const iovec> pieces, uint64_t user_data) {
  CHECK(socket >= 0 && !pieces.empty());
  CHECK(is_direct(socket) == owns_sockets());
  io_uring_sqe* entry = next_entry();
  if (pieces.size() == 1) {
    io_uring_prep_send(entry, socket, pieces[0].iov_base, pieces[0].iov_len, MSG_NOSIGNAL);
  } else {
    io_uring_prep_sendmsg(entry, socket, send_arena_.add(pieces), MSG_NOSIGNAL);
  }
  aim(*entry, socket);
  entry->user_data = tagged(Operation::send, user_data);
}

void UringReactor::close(int socket) {
  CHECK(socket >= 0);
  if (is_direct(socket)) {
    close_direct(socket);
    return;
  }
  io_uring_sqe* entry = next_entry();
  io_uring_prep_close(entry, socket);
  entry->user_data = kIgnored;
}

void UringReactor::close_direct(int socket) {
  CHECK(is_direct(socket));
  const auto pending = shutting_down_.find(socket);
  if (pending != shutting_down_.end()) {
    // Closed now, its index could name the next connection when the shutdown looks it up.
    CHECK(!pending->second);  // closed once
    pending->second = true;
    return;
  }
  io_uring_sqe* entry = next_entry();
  io_uring_prep_close_direct(entry, static_cast<unsigned>(socket & ~kDirect));
  entry->user_data = kIgnored;
}

void UringReactor::shut_down_writes(int socket) {
  if (!is_direct(socket)) {
    SystemReactor::shut_down_writes(socket);
    return;
  }
  CHECK(!shutting_down_.contains(socket));
  io_uring_sqe* entry = next_entry();
  io_uring_prep_shutdown(entry, socket, SHUT_WR);
  aim(*entry, socket);
  entry->user_data = kShutDown | static_cast<uint32_t>(socket);
  shutting_down_.emplace(socket, false);
}

void UringReactor::close_shut_down() {
  // By index: closing may submit early and find more of them.
  for (size_t i = 0; i < shut_down_.size(); ++i) {
    const int socket = shut_down_[i];
    const auto pending = shutting_down_.find(socket);
    CHECK(pending != shutting_down_.end());
    const bool close_it = pending->second;
    shutting_down_.erase(pending);
    if (close_it) close_direct(socket);
  }
  shut_down_.clear();
}

// An ordinary descriptor for it too, at once: this operation ends while it is submitted.
int UringReactor::install(int socket) {
  CHECK(is_direct(socket) && can_install_ && !installing_);
  io_uring_sqe* entry = next_entry();
  io_uring_prep_rw(kOpFixedFdInstall, entry, socket, nullptr, 0, 0);
  aim(*entry, socket);
  entry->user_data = kInstalled;
  installed_.reset();
  installing_ = true;
  // More than once only when the kernel is short of memory for a moment.
  for (int attempt = 0; attempt < 8 && !installed_; ++attempt) submit_early();
  installing_ = false;
  return installed_.value_or(-EAGAIN);
}

void UringReactor::commit(int file, std::span<const iovec> pieces, uint64_t offset, bool sync,
                          uint64_t user_data) {
  CHECK(commit_.file < 0 && file >= 0 && !pieces.empty() && pieces.size() <= IOV_MAX);
  commit_.file = file;
  commit_.pieces.assign(pieces.begin(), pieces.end());
  commit_.offset = offset;
  commit_.sync = sync;
  commit_.user_data = user_data;
  submit_commit();
}

void UringReactor::submit_commit() {
  CHECK(commit_.file >= 0 && commit_.awaited == 0);
  // Linked entries have to be submitted together.
  for (int attempt = 0; io_uring_sq_space_left(&ring_) < 2; ++attempt) {
    CHECK(attempt < 100'000);
    trace::count(trace::Counter::io_submission_queue_full);
    submit_early();
  }
  io_uring_sqe* write = next_entry();
  io_uring_prep_writev(write, commit_.file, commit_.pieces.data(),
                       static_cast<unsigned>(commit_.pieces.size()), commit_.offset);
  write->user_data = kWritten;
  commit_.awaited = 1;
  commit_.synced = 0;
  if (!commit_.sync) return;
  write->flags |= IOSQE_IO_LINK;
  io_uring_sqe* sync = next_entry();
  io_uring_prep_fsync(sync, commit_.file, IORING_FSYNC_DATASYNC);
  sync->user_data = kSynced;
  commit_.awaited = 2;
}

void UringReactor::on_commit_step(bool sync, int32_t result) {
  CHECK(commit_.file >= 0 && commit_.awaited > 0);
  (sync ? commit_.synced : commit_.written) = result;
  if (--commit_.awaited > 0) return;
  int32_t outcome = 0;
  if (commit_.written == -EINTR || commit_.written == -EAGAIN) {
    commit_again_ = true;  // nothing was written
    return;
  }
  if (commit_.written <= 0) {
    outcome = commit_.written < 0 ? commit_.written : -EIO;
  } else {
    commit_.offset += static_cast<uint64_t>(commit_.written);
    advance(commit_.pieces, static_cast<size_t>(commit_.written));
    if (!commit_.pieces.empty()) {
      commit_again_ = true;  // a short write, which cancels its sync
      return;
    }
    outcome = commit_.synced;
  }
  commit_.file = -1;
  completions_.push_back({.user_data = commit_.user_data,
                          .result = std::min(outcome, 0),
                          .operation = Operation::commit});
}

void UringReactor::remote_address(int socket, base::Sink& address, uint16_t& port) {
  if (!is_direct(socket)) {
    SystemReactor::remote_address(socket, address, port);
    return;
  }
  address.clear();
  port = 0;
  if (!can_install_) return;
  const int window = install(socket);
  if (window < 0) return;
  SystemReactor::remote_address(window, address, port);
  ::close(window);
}

void UringReactor::pass(int socket, Reactor& to, uint64_t user_data) {
  CHECK(is_direct(socket) && to.owns_sockets());
  CHECK(!shutting_down_.contains(socket));
  const auto& target = static_cast<const UringReactor&>(to);
  CHECK(&target != this && target.ring_made_);
  io_uring_sqe* entry = next_entry();
  // Without a completion over there: ours tells the new index.
  io_uring_prep_rw(IORING_OP_MSG_RING, entry, target.ring_.ring_fd,
                   reinterpret_cast<void*>(uint64_t{IORING_MSG_SEND_FD}), 0, 0);
  entry->addr3 = static_cast<uint64_t>(socket & ~kDirect);
  entry->file_index = IORING_FILE_INDEX_ALLOC;
  entry->msg_ring_flags = IORING_MSG_RING_CQE_SKIP;
  entry->user_data = tagged(Operation::pass, user_data);
}

void UringReactor::arm_doorbell() {
  CHECK(!doorbell_armed_ && doorbell_.descriptor() >= 0);
  io_uring_sqe* entry = next_entry();
  io_uring_prep_poll_multishot(entry, doorbell_.descriptor(), POLLIN);
  entry->user_data = kWake;
  doorbell_armed_ = true;
}

void UringReactor::submit_and_wait(base::Instant deadline) {
  CHECK(ring_made_ && !installing_);
  buffers_.give_back();
  datagram_buffers_.give_back();
  completions_.clear();
  if (!doorbell_armed_) arm_doorbell();
  // What came early is older than anything that comes now.
  const bool early = !early_.empty();
  swap_early();
  CHECK(early_.empty());
  const base::Duration left = deadline - now();
  const bool waits = !early && left > base::Duration{} && doorbell_.about_to_sleep();
  int result = 0;
  if (!waits) {
    result = io_uring_submit_and_get_events(&ring_);
  } else if (deadline == base::Instant::never()) {
    result = io_uring_submit_and_wait(&ring_, 1);
  } else {
    __kernel_timespec timeout{};
    timeout.tv_sec = left.ns / 1'000'000'000;
    timeout.tv_nsec = left.ns % 1'000'000'000;
    io_uring_cqe* first = nullptr;
    result = io_uring_submit_and_wait_timeout(&ring_, &first, 1, &timeout, nullptr);
  }
  // A timeout, a signal, a full completion ring (taken below) or a moment without kernel memory;
  // what was not submitted stays queued for the next turn.
  CHECK(result >= 0 || result == -ETIME || result == -EINTR || result == -EBUSY ||
        result == -EAGAIN);
  if (doorbell_.woke_up()) completions_.push_back({.operation = Operation::wake});
  collect();
  if (io_uring_sq_ready(&ring_) == 0) send_arena_.reset();
  close_shut_down();
  register_connected();
  if (std::exchange(commit_again_, false)) submit_commit();
}

void UringReactor::collect() {
  // A second round only when the kernel kept a list because the ring was full.
  for (int round = 0; round < 16; ++round) {
    unsigned head = 0;
    unsigned count = 0;
    io_uring_cqe* entry = nullptr;
    io_uring_for_each_cqe(&ring_, head, entry) {
      take(*entry);
      ++count;
    }
    io_uring_cq_advance(&ring_, count);
    const unsigned flags = __atomic_load_n(ring_.sq.kflags, __ATOMIC_ACQUIRE);
    if ((flags & IORING_SQ_CQ_OVERFLOW) == 0) return;
    trace::count(trace::Counter::io_completion_overflows);
    io_uring_get_events(&ring_);
  }
}

// What is nobody's business but ours.
bool UringReactor::take_internal(const io_uring_cqe& entry) {
  if (entry.user_data == kIgnored) return true;
  if (entry.user_data == kForbidden) {
    forbidden_result_ = entry.res;
    return true;
  }
  if (entry.user_data == kWake) {
    CHECK(doorbell_armed_);
    if ((entry.flags & IORING_CQE_F_MORE) == 0) doorbell_armed_ = false;
    return true;  // woke_up() tells
  }
  if (entry.user_data == kWritten || entry.user_data == kSynced) {
    on_commit_step(entry.user_data == kSynced, entry.res);
    return true;
  }
  if (entry.user_data == kInstalled) {
    if (installing_) {
      installed_ = entry.res;
    } else if (entry.res >= 0) {
      ::close(entry.res);  // nobody waits any more
    }
    return true;
  }
  const uint64_t what = entry.user_data & ~kUserDataMask;
  const uint64_t whose = entry.user_data & kUserDataMask;
  if (what == kShutDown) {
    const auto socket = static_cast<int>(whose);
    CHECK(shutting_down_.contains(socket));
    shut_down_.push_back(socket);
  } else if (what == kDatagramSent) {
    take_datagram_sent(static_cast<int>(static_cast<uint32_t>(whose)),
                       static_cast<uint32_t>(whose >> kDatagramCountShift), entry.res);
  } else if (what == kRegistered) {
    take_registered(whose, entry.res);
  } else if (what == tagged(Operation::connect, 0)) {
    take_connected(whose, entry.res);
  } else {
    return false;
  }
  return true;
}

void UringReactor::take(const io_uring_cqe& entry) {
  if (take_internal(entry)) return;
  Completion completion;
  completion.user_data = entry.user_data & kUserDataMask;
  completion.result = entry.res;
  completion.operation = static_cast<Operation>(entry.user_data >> kOperationShift);
  completion.more = (entry.flags & IORING_CQE_F_MORE) != 0;
  CHECK(completion.operation <= Operation::pass);
  const bool socket =
      completion.operation == Operation::accept || completion.operation == Operation::pass;
  if (socket && owns_sockets() && entry.res >= 0) completion.result |= kDirect;
  if ((entry.flags & IORING_CQE_F_BUFFER) != 0) take_data(entry, completion);
  completions_.push_back(completion);
}

void UringReactor::take_data(const io_uring_cqe& entry, Completion& completion) {
  const auto id = static_cast<uint16_t>(entry.flags >> IORING_CQE_BUFFER_SHIFT);
  const size_t bytes = static_cast<size_t>(std::max(entry.res, 0));
  if (completion.operation == Operation::receive_datagrams) {
    take_datagram({datagram_buffers_.lend(id), bytes}, completion);
  } else {
    const char* buffer = buffers_.lend(id);
    if (bytes > 0) completion.data = {buffer, bytes};
  }
}

int32_t UringReactor::try_forbidden_operation() {
  io_uring_sqe* entry = next_entry();
  io_uring_prep_openat(entry, -1, "/dev/null", 0, 0);
  entry->user_data = kForbidden;
  forbidden_result_ = 0;
  submit_and_wait(now());
  return forbidden_result_;
}

}  // namespace engine
