#include "engine/io/epoll_reactor.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "engine/base/check.h"

namespace engine {

namespace {

constexpr size_t kEventsPerWait = 1024;
// Per socket and wait, so that one flood does not take all buffers.
constexpr int kAcceptsPerEvent = 64;
constexpr int kReceivesPerEvent = 8;

size_t index_of(Operation operation) {
  const auto index = static_cast<size_t>(operation);
  CHECK(index < 6);
  return index;
}

int32_t result_of(ssize_t returned) {
  return returned < 0 ? -errno : static_cast<int32_t>(returned);
}

}  // namespace

EpollReactor::EpollReactor(const ReactorLimits& limits)
    : SystemReactor(SOCK_NONBLOCK),
      limits_(limits),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      // Readers that work in blocks of 64 bytes may look past the end of the last buffer.
      arena_(new char[size_t{limits.receive_buffers} * limits.receive_buffer_bytes + 64]),
      events_(kEventsPerWait) {
  CHECK(limits.receive_buffers > 0 && limits.receive_buffer_bytes > 0);
  if (limits.datagram_buffers > 0) {
    datagram_buffers_ =
        std::make_unique<DatagramBuffers>(limits.datagram_buffers, limits.datagram_bytes);
  }
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.fd = doorbell_.descriptor();
  if (usable()) epoll_ctl(epoll_, EPOLL_CTL_ADD, doorbell_.descriptor(), &event);
}

EpollReactor::~EpollReactor() {
  if (epoll_ >= 0) ::close(epoll_);
}

EpollReactor::Entry& EpollReactor::entry(int socket) {
  CHECK(socket >= 0);
  const auto index = static_cast<size_t>(socket);
  if (entries_.size() <= index) entries_.resize(index + index / 2 + 1);
  if (entries_[index] == nullptr) entries_[index] = std::make_unique<Entry>();
  return *entries_[index];
}

EpollReactor::Direction EpollReactor::direction(Operation operation) {
  switch (operation) {
    case Operation::send:
    case Operation::connect:
    case Operation::send_datagrams:
      return kOut;
    default:
      CHECK(operation < Operation::pass);
      return kIn;
  }
}

void EpollReactor::arm_accept(int listener, uint64_t user_data) {
  CHECK(listener >= 0);
  queue_.push_back({.step = Step::arm,
                    .operation = Operation::accept,
                    .socket = listener,
                    .user_data = user_data});
}

void EpollReactor::arm_receive(int socket, uint64_t user_data) {
  CHECK(socket >= 0);
  queue_.push_back({.step = Step::arm,
                    .operation = Operation::receive,
                    .socket = socket,
                    .user_data = user_data});
}

void EpollReactor::cancel(Operation target, uint64_t user_data) {
  CHECK(target < Operation::pass && target != Operation::send_datagrams);
  queue_.push_back({.step = Step::cancel, .operation = target, .user_data = user_data});
}

void EpollReactor::send(int socket, std::span<const iovec> pieces, uint64_t user_data) {
  CHECK(socket >= 0 && !pieces.empty());
  queue_.push_back({.step = Step::arm,
                    .operation = Operation::send,
                    .socket = socket,
                    .user_data = user_data,
                    .pieces = {pieces.begin(), pieces.end()}});
}

void EpollReactor::close(int socket) {
  CHECK(socket >= 0);
  queue_.push_back({.step = Step::close, .socket = socket});
}

void EpollReactor::commit(int file, std::span<const iovec> pieces, uint64_t offset, bool sync,
                          uint64_t user_data) {
  commits_.submit(file, pieces, offset, sync, user_data);
}

// Registers for what the socket's armed operations wait for, or not at all.
void EpollReactor::watch(int socket) {
  Entry& here = entry(socket);
  uint32_t wanted = 0;
  if (here.waiting[kIn].armed) wanted |= EPOLLIN;
  if (here.waiting[kOut].armed) wanted |= EPOLLOUT;
  if (wanted == here.events) return;
  int how = EPOLL_CTL_MOD;
  if (here.events == 0) how = EPOLL_CTL_ADD;
  if (wanted == 0) how = EPOLL_CTL_DEL;
  epoll_event event{};
  event.events = wanted;
  event.data.fd = socket;
  const int result = epoll_ctl(epoll_, how, socket, &event);
  here.events = wanted;
  if (result == 0 || wanted == 0) return;
  // Not a descriptor, or no memory: what waits hears of it at once.
  const int32_t error = -errno;
  here.events = 0;
  for (const Waiting& one : here.waiting) {
    if (!one.armed) continue;
    if (one.operation == Operation::connect) {
      finish_connect(socket, error);  // `here` is gone
      return;
    }
    complete(socket, one.operation, error, false);
  }
}

// Only notes it: callers end with watch().
void EpollReactor::disarm(int socket, Operation operation) {
  Waiting& waits = waiting(socket, operation);
  CHECK(waits.armed);
  waits.armed = false;
  const size_t erased = sockets_[index_of(operation)].erase(waits.user_data);
  CHECK(erased == 1);
}

void EpollReactor::complete(int socket, Operation operation, int32_t result, bool more,
                            base::Bytes data, const base::SocketAddress* from) {
  CHECK(waits(socket, operation));
  CHECK(!more || direction(operation) == kIn);
  const uint64_t user_data = waiting(socket, operation).user_data;
  if (!more) disarm(socket, operation);
  completions_.push_back({user_data, result, operation, more, from, data});
}

void EpollReactor::arm(Queued& queued) {
  Waiting& waits = waiting(queued.socket, queued.operation);
  CHECK(!waits.armed);
  waits = {true, queued.operation, queued.user_data};
  auto& armed = sockets_[index_of(queued.operation)];
  const bool alone = armed.emplace(queued.user_data, queued.socket).second;
  CHECK(alone);  // cancel() could not tell two of one name apart
  if (queued.operation == Operation::send) {
    if (try_send(queued.socket, queued.pieces)) return;
    entry(queued.socket).pieces = std::move(queued.pieces);
  } else if (queued.operation == Operation::connect) {
    if (start_connect(queued)) return;
  } else if (queued.operation == Operation::send_datagrams) {
    Batch batch{.datagrams = std::move(queued.datagrams)};
    if (try_send_datagrams(queued.socket, batch)) return;
    batches_[queued.socket] = std::move(batch);
  }
  watch(queued.socket);
}

void EpollReactor::stop(Operation operation, uint64_t user_data) {
  auto& armed = sockets_[index_of(operation)];
  const auto found = armed.find(user_data);
  if (found == armed.end()) return;  // it has ended by itself
  const int socket = found->second;
  CHECK(waiting(socket, operation).user_data == user_data);
  if (operation == Operation::connect) {
    finish_connect(socket, -ECANCELED);
    return;
  }
  complete(socket, operation, -ECANCELED, false);
  watch(socket);
}

void EpollReactor::run_queue() {
  // Nothing here queues more.
  for (Queued& queued : queue_) {
    switch (queued.step) {
      case Step::arm:
        arm(queued);
        break;
      case Step::cancel:
        stop(queued.operation, queued.user_data);
        break;
      case Step::failed:
        completions_.push_back({.user_data = queued.user_data,
                                .result = queued.socket,
                                .operation = queued.operation});
        break;
      case Step::close: {
        const Entry& here = entry(queued.socket);
        CHECK(here.events == 0);
        entries_[static_cast<size_t>(queued.socket)].reset();
        ::close(queued.socket);
        break;
      }
    }
  }
  queue_.clear();
  CHECK(buffers_used_ == 0);
}

int EpollReactor::timeout_ms(base::Instant deadline) {
  if (deadline == base::Instant::never()) return -1;
  const base::Duration left = deadline - now();
  if (left <= base::Duration{}) return 0;
  constexpr int64_t kMax = 3'600'000;
  // Rounded up: waking before the deadline would only mean waiting again.
  return static_cast<int>(std::min((left.ns + 999'999) / 1'000'000, kMax));
}

void EpollReactor::submit_and_wait(base::Instant deadline) {
  CHECK(usable());
  completions_.clear();
  buffers_used_ = 0;
  if (datagram_buffers_ != nullptr) datagram_buffers_->used = 0;
  run_queue();
  wait(completions_.empty() ? deadline : base::Instant{});
}

void EpollReactor::wait(base::Instant deadline) {
  int timeout = timeout_ms(deadline);
  if (timeout != 0 && !doorbell_.about_to_sleep()) timeout = 0;
  const int count = epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), timeout);
  CHECK(count >= 0 || errno == EINTR);
  if (doorbell_.woke_up()) completions_.push_back({.operation = Operation::wake});
  if (const auto done = commits_.take()) {
    completions_.push_back(
        {.user_data = done->user_data, .result = done->result, .operation = Operation::commit});
  }
  for (int i = 0; i < count; ++i) on_event(events_[static_cast<size_t>(i)]);
}

void EpollReactor::on_event(const epoll_event& event) {
  const int socket = event.data.fd;
  if (socket == doorbell_.descriptor()) return;  // edge-triggered and never read
  const auto index = static_cast<size_t>(socket);
  CHECK(index < entries_.size() && entries_[index] != nullptr);
  constexpr uint32_t kReadable = EPOLLIN | EPOLLHUP | EPOLLERR;
  constexpr uint32_t kWritable = EPOLLOUT | EPOLLHUP | EPOLLERR;
  if ((event.events & kReadable) != 0) {
    if (waits(socket, Operation::accept)) accept_some(socket);
    if (waits(socket, Operation::receive)) receive_some(socket);
    if (waits(socket, Operation::receive_datagrams)) receive_some_datagrams(socket);
  }
  if ((event.events & kWritable) != 0) write_some(socket);
  if (entries_[index] != nullptr) watch(socket);
}

void EpollReactor::write_some(int socket) {
  if (waits(socket, Operation::send)) {
    const std::vector<iovec> pieces = std::move(entry(socket).pieces);
    if (!try_send(socket, pieces)) entry(socket).pieces = pieces;
  } else if (waits(socket, Operation::send_datagrams)) {
    if (try_send_datagrams(socket, batches_.at(socket))) batches_.erase(socket);
  } else if (waits(socket, Operation::connect)) {
    int error = 0;
    socklen_t length = sizeof error;
    ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &length);
    finish_connect(socket, -error);
  }
}

void EpollReactor::accept_some(int listener) {
  for (int i = 0; i < kAcceptsPerEvent; ++i) {
    const int socket = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (socket >= 0) {
      complete(listener, Operation::accept, socket, true);
      continue;
    }
    if (errno == EAGAIN) return;
    if (errno == EINTR || errno == ECONNABORTED) continue;
    complete(listener, Operation::accept, -errno, false);
    return;
  }
}

void EpollReactor::receive_some(int socket) {
  for (int i = 0; i < kReceivesPerEvent; ++i) {
    if (buffers_used_ == limits_.receive_buffers) {
      complete(socket, Operation::receive, -ENOBUFS, false);
      return;
    }
    CHECK(buffers_used_ < limits_.receive_buffers);
    char* buffer = arena_.get() + size_t{buffers_used_} * limits_.receive_buffer_bytes;
    const int32_t result = result_of(::recv(socket, buffer, limits_.receive_buffer_bytes, 0));
    if (result == -EAGAIN || result == -EINTR) return;
    if (result <= 0) {
      complete(socket, Operation::receive, result, false);
      return;
    }
    ++buffers_used_;
    complete(socket, Operation::receive, result, true, {buffer, static_cast<size_t>(result)});
    if (static_cast<uint32_t>(result) < limits_.receive_buffer_bytes) return;
  }
}

bool EpollReactor::try_send(int socket, std::span<const iovec> pieces) {
  CHECK(!pieces.empty());
  msghdr header{};
  header.msg_iov = const_cast<iovec*>(pieces.data());
  header.msg_iovlen = pieces.size();
  const int32_t result = result_of(::sendmsg(socket, &header, MSG_NOSIGNAL));
  if (result == -EAGAIN || result == -EINTR) return false;
  complete(socket, Operation::send, result, false);
  return true;
}

}  // namespace engine
