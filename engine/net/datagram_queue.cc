#include "engine/net/datagram_queue.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"

namespace engine {

static constexpr size_t kKeptBytes = 1 << 20;
static constexpr size_t kKeptDatagrams = 4096;

void DatagramQueue::Block::clear() {
  list.clear();
  bytes.clear();
  next = 0;
  if (list.capacity() > kKeptDatagrams) std::vector<Waiting>().swap(list);
  if (bytes.capacity() > kKeptBytes) base::Sink().swap(bytes);
}

void DatagramQueue::append(const base::SocketAddress& to, base::Bytes bytes) {
  CHECK(to && bytes.size() <= UINT32_MAX);
  waiting_.list.push_back({to, static_cast<uint32_t>(bytes.size()), waiting_.bytes.size()});
  waiting_.bytes.append(bytes);
}

std::span<const DatagramToSend> DatagramQueue::next(size_t limit) {
  CHECK(given_.empty() && limit > 0);  // one batch at a time
  if (leaving_.all_taken()) {
    leaving_.clear();
    std::swap(leaving_, waiting_);
  }
  const size_t count = std::min(limit, leaving_.list.size() - leaving_.next);
  for (size_t i = 0; i < count; ++i) {
    const Waiting& one = leaving_.list[leaving_.next + i];
    given_.push_back({&one.to, base::Bytes(leaving_.bytes).substr(one.offset, one.length)});
  }
  return given_;
}

DatagramQueue::Taken DatagramQueue::taken() {
  CHECK(leaving_.next + given_.size() <= leaving_.list.size());
  Taken result{.datagrams = given_.size()};
  for (const DatagramToSend& one : given_) result.bytes += one.bytes.size();
  leaving_.next += given_.size();
  given_.clear();
  return result;
}

}  // namespace engine
