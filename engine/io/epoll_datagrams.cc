// EpollReactor: datagrams, many to a system call, and connections that we make.
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "engine/base/check.h"
#include "engine/io/epoll_reactor.h"

namespace engine {

static constexpr uint32_t kPerCall = 64;

void EpollReactor::connect(const base::SocketAddress& to, uint64_t user_data) {
  const int socket = make_stream_socket(to);
  queue_.push_back({.step = socket < 0 ? Step::failed : Step::arm,
                    .operation = Operation::connect,
                    .socket = socket,
                    .user_data = user_data,
                    .to = to});
}

// True: it is over already.
bool EpollReactor::start_connect(const Queued& queued) {
  SystemAddress address(queued.to, false);
  const int done = ::connect(queued.socket, address.any(), address.length);
  if (done != 0 && (errno == EINPROGRESS || errno == EINTR)) return false;
  finish_connect(queued.socket, done == 0 ? 0 : -errno);
  return true;
}

// What is made is nobody's yet: watched for nothing until it is armed again.
void EpollReactor::finish_connect(int socket, int32_t result) {
  complete(socket, Operation::connect, result < 0 ? result : socket, false);
  if (result < 0) {
    entries_[static_cast<size_t>(socket)].reset();
    ::close(socket);  // which takes it off what epoll watches, too
  } else {
    watch(socket);
  }
}

void EpollReactor::arm_receive_datagrams(int socket, uint64_t user_data) {
  CHECK(socket >= 0 && datagram_buffers_ != nullptr);
  queue_.push_back({.step = Step::arm,
                    .operation = Operation::receive_datagrams,
                    .socket = socket,
                    .user_data = user_data});
}

void EpollReactor::receive_some_datagrams(int socket) {
  DatagramBuffers& buffers = *datagram_buffers_;
  mmsghdr messages[kPerCall];
  iovec pieces[kPerCall];
  SystemAddress names[kPerCall];
  for (;;) {
    const uint32_t room = std::min(buffers.count - buffers.used, kPerCall);
    if (room == 0) {
      complete(socket, Operation::receive_datagrams, -ENOBUFS, false);
      return;
    }
    for (uint32_t i = 0; i < room; ++i) {
      pieces[i] = {buffers.at(buffers.used + i), buffers.bytes};
      messages[i] = {};
      messages[i].msg_hdr.msg_name = names[i].any();
      messages[i].msg_hdr.msg_namelen = sizeof names[i].storage;
      messages[i].msg_hdr.msg_iov = &pieces[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
    const int count = ::recvmmsg(socket, messages, room, 0, nullptr);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count < 0) {
      complete(socket, Operation::receive_datagrams, -errno, false);
      return;
    }
    for (uint32_t i = 0; i < static_cast<uint32_t>(count); ++i) {
      const uint32_t at = buffers.used++;
      buffers.from[at] = names[i].read();
      const bool cut = (messages[i].msg_hdr.msg_flags & MSG_TRUNC) != 0;
      const size_t length = cut ? 0 : messages[i].msg_len;
      complete(socket, Operation::receive_datagrams, cut ? -EMSGSIZE : static_cast<int32_t>(length),
               true, {buffers.at(at), length}, &buffers.from[at]);
    }
    if (static_cast<uint32_t>(count) < room) return;
  }
}

void EpollReactor::send_datagrams(int socket, std::span<const DatagramToSend> batch,
                                  uint64_t user_data) {
  CHECK(socket >= 0 && !batch.empty());
  queue_.push_back({.step = Step::arm,
                    .operation = Operation::send_datagrams,
                    .socket = socket,
                    .user_data = user_data,
                    .datagrams = {batch.begin(), batch.end()}});
}

// False: there is no room now.
bool EpollReactor::try_send_datagrams(int socket, Batch& batch) {
  const bool v6 = is_v6(socket);
  mmsghdr messages[kPerCall];
  iovec pieces[kPerCall];
  SystemAddress names[kPerCall];
  while (batch.next < batch.datagrams.size()) {
    const size_t share = std::min<size_t>(batch.datagrams.size() - batch.next, kPerCall);
    for (size_t i = 0; i < share; ++i) {
      const DatagramToSend& datagram = batch.datagrams[batch.next + i];
      CHECK(datagram.to != nullptr);
      names[i] = SystemAddress(*datagram.to, v6);
      pieces[i] = {const_cast<char*>(datagram.bytes.data()), datagram.bytes.size()};
      messages[i] = {};
      messages[i].msg_hdr.msg_name = names[i].any();
      messages[i].msg_hdr.msg_namelen = names[i].length;
      messages[i].msg_hdr.msg_iov = &pieces[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
    const int sent = ::sendmmsg(socket, messages, static_cast<unsigned>(share), MSG_NOSIGNAL);
    if (sent < 0 && errno == EAGAIN) return false;
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) ++batch.refused;  // the first of them, and only that
    batch.next += sent < 0 ? 1 : static_cast<size_t>(sent);
  }
  complete(socket, Operation::send_datagrams, batch.refused, false);
  return true;
}

}  // namespace engine
