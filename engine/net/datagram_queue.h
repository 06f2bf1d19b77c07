// Datagrams waiting to leave one socket, in two blocks: one is on its way into the kernel and stays
// as it is, the other grows. Holds what it needed most until the queue has been empty once more.
// Belongs to the Network of one shard, which counts and limits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/socket_address.h"
#include "engine/io/reactor.h"

namespace engine {

class DatagramQueue {
 public:
  void append(const base::SocketAddress& to, base::Bytes bytes);
  bool empty() const { return leaving_.all_taken() && waiting_.list.empty(); }

  // The next ones, `limit` at most, and none when empty. They stay where they are until taken().
  std::span<const DatagramToSend> next(size_t limit);
  struct Taken {
    size_t datagrams = 0;
    size_t bytes = 0;
  };
  Taken taken();  // what next() gave last

 private:
  struct Waiting {
    base::SocketAddress to;
    uint32_t length = 0;
    size_t offset = 0;
  };
  struct Block {
    std::vector<Waiting> list;
    base::Sink bytes;
    size_t next = 0;  // those before have left
    bool all_taken() const { return next == list.size(); }
    void clear();
  };

  Block waiting_;
  Block leaving_;
  std::vector<DatagramToSend> given_;
};

}  // namespace engine
