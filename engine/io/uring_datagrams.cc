// UringReactor: datagrams. One multishot recvmsg per socket into buffers of their own, one sendmsg
// for each that leaves, submitted together.
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "engine/base/check.h"
#include "engine/io/uring_reactor.h"
#include "engine/io/uring_tags.h"

namespace engine {

// In a buffer: the kernel's header, the sender's address in the system's form and later in ours,
// then the datagram.
static constexpr uint32_t kNameBytes = 32;
static_assert(sizeof(sockaddr_in6) <= kNameBytes && sizeof(base::SocketAddress) <= kNameBytes);
static_assert(sizeof(io_uring_recvmsg_out) % alignof(base::SocketAddress) == 0);

uint32_t UringReactor::datagram_buffer_bytes() {
  datagram_layout_.msg_namelen = kNameBytes;
  const auto head = static_cast<uint32_t>(sizeof(io_uring_recvmsg_out)) + kNameBytes;
  return (limits_.datagram_bytes + head + 63) / 64 * 64;
}

void UringReactor::arm_receive_datagrams(int socket, uint64_t user_data) {
  CHECK(socket >= 0 && datagram_buffers_.ready());
  io_uring_sqe* entry = next_entry();
  io_uring_prep_recvmsg_multishot(entry, socket, &datagram_layout_, 0);
  entry->ioprio |= IORING_RECVSEND_POLL_FIRST;  // as for streams
  entry->flags |= IOSQE_BUFFER_SELECT;
  entry->buf_group = kDatagramGroup;
  entry->user_data = tagged(Operation::receive_datagrams, user_data);
}

void UringReactor::take_datagram(base::Bytes received, Completion& completion) {
  if (completion.result < 0) return;
  char* buffer = const_cast<char*>(received.data());
  const auto length = static_cast<int>(received.size());
  io_uring_recvmsg_out* out = io_uring_recvmsg_validate(buffer, length, &datagram_layout_);
  CHECK(out != nullptr);  // the kernel writes all of the head
  SystemAddress from;
  memcpy(&from.storage, io_uring_recvmsg_name(out), sizeof(sockaddr_in6));
  completion.from = new (io_uring_recvmsg_name(out)) base::SocketAddress(from.read());
  const unsigned bytes = io_uring_recvmsg_payload_length(out, length, &datagram_layout_);
  completion.data = {static_cast<char*>(io_uring_recvmsg_payload(out, &datagram_layout_)), bytes};
  completion.result = static_cast<int32_t>(bytes);
  if ((out->flags & MSG_TRUNC) == 0) return;
  completion.data = {};
  completion.result = -EMSGSIZE;
}

msghdr* UringReactor::SendArena::add(const DatagramToSend& datagram, bool v6) {
  CHECK(datagram.to != nullptr && *datagram.to);
  char* at = take(sizeof(msghdr) + sizeof(iovec) + kNameBytes);
  auto* header = new (at) msghdr{};
  auto* piece = new (at + sizeof(msghdr)) iovec{};
  char* name = at + sizeof(msghdr) + sizeof(iovec);
  SystemAddress to(*datagram.to, v6);
  CHECK(to.length <= kNameBytes);
  memcpy(name, &to.storage, to.length);
  header->msg_name = name;
  header->msg_namelen = to.length;
  piece->iov_base = const_cast<char*>(datagram.bytes.data());
  piece->iov_len = datagram.bytes.size();
  header->msg_iov = piece;
  header->msg_iovlen = 1;
  return header;
}

void UringReactor::send_datagrams(int socket, std::span<const DatagramToSend> batch,
                                  uint64_t user_data) {
  CHECK(socket >= 0 && !batch.empty());
  const bool v6 = is_v6(socket);
  const bool alone =
      batches_.emplace(socket, Batch{user_data, static_cast<uint32_t>(batch.size()), 0}).second;
  CHECK(alone);  // one batch at a time
  for (const DatagramToSend& datagram : batch) {
    msghdr* header = send_arena_.add(datagram, v6);
    io_uring_sqe* entry = next_entry();
    io_uring_prep_sendmsg(entry, socket, header, MSG_NOSIGNAL);
    entry->user_data = kDatagramSent | static_cast<uint32_t>(socket);
  }
}

void UringReactor::take_datagram_sent(int socket, int32_t result) {
  const auto found = batches_.find(socket);
  CHECK(found != batches_.end() && found->second.left > 0);
  Batch& batch = found->second;
  if (result < 0) ++batch.refused;
  if (--batch.left > 0) return;
  completions_.push_back({.user_data = batch.user_data,
                          .result = batch.refused,
                          .operation = Operation::send_datagrams});
  batches_.erase(found);
}

}  // namespace engine
