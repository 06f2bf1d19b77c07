// UringReactor: datagrams. One multishot recvmsg per socket into buffers of their own, where
// neighbours of one length from one address may arrive together (UDP_GRO); one sendmsg for
// neighbours of one length to one address (UDP_SEGMENT), so that they go through the kernel as
// one, or for each that has none; all submitted together.
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>

#include <algorithm>

#include "engine/base/check.h"
#include "engine/io/uring_reactor.h"
#include "engine/io/uring_tags.h"

namespace engine {

// In a buffer: the kernel's header, the sender's address in the system's form and later in ours,
// how long each datagram is where there are several, then the datagrams.
static constexpr uint32_t kNameBytes = 32;
static constexpr uint32_t kSegmentBytes = CMSG_SPACE(sizeof(int));
static_assert(sizeof(sockaddr_in6) <= kNameBytes && sizeof(base::SocketAddress) <= kNameBytes);
static_assert(sizeof(io_uring_recvmsg_out) % alignof(base::SocketAddress) == 0);

uint32_t UringReactor::datagram_buffer_bytes() {
  datagram_layout_.msg_namelen = kNameBytes;
  datagram_layout_.msg_controllen = kSegmentBytes;
  const auto head =
      static_cast<uint32_t>(sizeof(io_uring_recvmsg_out)) + kNameBytes + kSegmentBytes;
  return (limits_.datagram_bytes + head + 63) / 64 * 64;
}

// What arrives together is as long as the longest datagram at most. A kernel that cannot gives them
// one by one.
base::Result<int> UringReactor::bind_datagrams(const ListenAddress& address,
                                               uint32_t buffer_bytes) {
  base::Result<int> socket = SystemReactor::bind_datagrams(address, buffer_bytes);
  const int on = limits_.datagram_bytes >= UINT16_MAX ? 1 : 0;
  if (socket) ::setsockopt(*socket, SOL_UDP, UDP_GRO, &on, sizeof on);
  return socket;
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

// 0: it is one datagram.
static size_t segment_of(io_uring_recvmsg_out* out, msghdr* layout) {
  cmsghdr* const control = io_uring_recvmsg_cmsg_firsthdr(out, layout);
  if (control == nullptr || control->cmsg_level != SOL_UDP || control->cmsg_type != UDP_GRO) {
    return 0;
  }
  int bytes = 0;
  memcpy(&bytes, CMSG_DATA(control), sizeof bytes);
  return static_cast<size_t>(std::max(bytes, 0));
}

// All but the last of several are taken here.
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
  if ((out->flags & MSG_TRUNC) != 0) {
    completion.result = -EMSGSIZE;
    return;
  }
  base::Bytes left(static_cast<char*>(io_uring_recvmsg_payload(out, &datagram_layout_)), bytes);
  const size_t segment = segment_of(out, &datagram_layout_);
  for (Completion one = completion; segment > 0 && left.size() > segment;) {
    one.data = left.substr(0, segment);
    one.result = static_cast<int32_t>(segment);
    one.more = true;
    completions_.push_back(one);
    left.remove_prefix(segment);
  }
  completion.data = left;
  completion.result = static_cast<int32_t>(left.size());
}

// What fits every link with room for the headers: the kernel refuses longer ones in a group. It
// takes 64 at most, and all together are one packet to it.
static constexpr size_t kGroupedLength = 1232;
static constexpr size_t kGroupMax = 48;
static_assert(kGroupedLength * kGroupMax < 65'000);

static size_t group_at(std::span<const DatagramToSend> batch) {
  const DatagramToSend& first = batch[0];
  const size_t length = first.bytes.size();
  if (length == 0 || length > kGroupedLength) return 1;
  size_t count = 1;
  while (count < std::min(batch.size(), kGroupMax) && *batch[count].to == *first.to &&
         batch[count - 1].bytes.size() == length && !batch[count].bytes.empty() &&
         batch[count].bytes.size() <= length) {
    ++count;
  }
  return count;
}

msghdr* UringReactor::SendArena::add(std::span<const DatagramToSend> datagrams, bool v6) {
  const DatagramToSend& first = datagrams[0];
  CHECK(first.to != nullptr && *first.to);
  constexpr size_t kControlBytes = CMSG_SPACE(sizeof(uint16_t));
  const size_t pieces_bytes = datagrams.size() * sizeof(iovec);
  char* at = take(sizeof(msghdr) + pieces_bytes + kNameBytes + kControlBytes);
  auto* header = new (at) msghdr{};
  auto* pieces = reinterpret_cast<iovec*>(at + sizeof(msghdr));
  for (size_t i = 0; i < datagrams.size(); ++i) {
    const base::Bytes bytes = datagrams[i].bytes;
    new (pieces + i) iovec{const_cast<char*>(bytes.data()), bytes.size()};
  }
  char* name = at + sizeof(msghdr) + pieces_bytes;
  SystemAddress to(*first.to, v6);
  CHECK(to.length <= kNameBytes);
  memcpy(name, &to.storage, to.length);
  header->msg_name = name;
  header->msg_namelen = to.length;
  header->msg_iov = pieces;
  header->msg_iovlen = datagrams.size();
  if (datagrams.size() == 1) return header;
  header->msg_control = name + kNameBytes;
  header->msg_controllen = kControlBytes;
  cmsghdr* segment = CMSG_FIRSTHDR(header);
  segment->cmsg_level = SOL_UDP;
  segment->cmsg_type = UDP_SEGMENT;
  segment->cmsg_len = CMSG_LEN(sizeof(uint16_t));
  const auto length = static_cast<uint16_t>(first.bytes.size());
  memcpy(CMSG_DATA(segment), &length, sizeof length);
  return header;
}

void UringReactor::send_datagrams(int socket, std::span<const DatagramToSend> batch,
                                  uint64_t user_data) {
  CHECK(socket >= 0 && !batch.empty());
  const bool v6 = is_v6(socket);
  const bool alone =
      batches_.emplace(socket, Batch{user_data, static_cast<uint32_t>(batch.size()), 0}).second;
  CHECK(alone);  // one batch at a time
  while (!batch.empty()) {
    const size_t count = datagrams_grouped_ ? group_at(batch) : 1;
    msghdr* header = send_arena_.add(batch.first(count), v6);
    batch = batch.subspan(count);
    io_uring_sqe* entry = next_entry();
    io_uring_prep_sendmsg(entry, socket, header, MSG_NOSIGNAL);
    entry->user_data =
        kDatagramSent | uint64_t{count} << kDatagramCountShift | static_cast<uint32_t>(socket);
  }
}

void UringReactor::take_datagram_sent(int socket, uint32_t count, int32_t result) {
  const auto found = batches_.find(socket);
  CHECK(found != batches_.end() && count > 0 && found->second.left >= count);
  Batch& batch = found->second;
  if (result < 0) batch.refused += static_cast<int32_t>(count);
  // A device or a route that cannot: never again. These are lost, as any datagram may be.
  if (count > 1 && (result == -EINVAL || result == -EIO || result == -EMSGSIZE)) {
    datagrams_grouped_ = false;
  }
  batch.left -= count;
  if (batch.left > 0) return;
  completions_.push_back({.user_data = batch.user_data,
                          .result = batch.refused,
                          .operation = Operation::send_datagrams});
  batches_.erase(found);
}

}  // namespace engine
