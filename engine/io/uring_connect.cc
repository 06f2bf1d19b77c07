// UringReactor: connections that we make.
#include <errno.h>
#include <unistd.h>

#include "engine/base/check.h"
#include "engine/io/uring_reactor.h"
#include "engine/io/uring_tags.h"

namespace engine {

void UringReactor::connect(const base::SocketAddress& to, uint64_t user_data) {
  const int socket = make_stream_socket(to);
  if (socket < 0) {
    early_.push_back({.user_data = user_data, .result = socket, .operation = Operation::connect});
    return;
  }
  const auto [at, fresh] =
      connecting_.emplace(user_data, Connecting{socket, SystemAddress(to, false)});
  CHECK(fresh);  // cancel() could not tell two of one name apart
  SystemAddress& address = at->second.to;
  io_uring_sqe* entry = next_entry();
  io_uring_prep_connect(entry, socket, address.any(), address.length);
  entry->user_data = tagged(Operation::connect, user_data);
}

void UringReactor::take_connected(uint64_t user_data, int32_t result) {
  CHECK(connecting_.contains(user_data));
  if (result == 0 && owns_sockets()) {
    to_register_.push_back(user_data);  // not here: the completion queue is being read
    return;
  }
  connected(user_data, result);
}

void UringReactor::register_connected() {
  // By index: a full queue is emptied on the way, and more may come.
  for (size_t i = 0; i < to_register_.size(); ++i) {
    Connecting& connecting = connecting_.at(to_register_[i]);
    connecting.entry = connecting.socket;
    io_uring_sqe* entry = next_entry();
    io_uring_prep_files_update(entry, &connecting.entry, 1,
                               static_cast<int>(IORING_FILE_INDEX_ALLOC));
    entry->user_data = kRegistered | to_register_[i];
  }
  to_register_.clear();
}

void UringReactor::take_registered(uint64_t user_data, int32_t result) {
  const auto found = connecting_.find(user_data);
  CHECK(found != connecting_.end() && owns_sockets());
  const int index = found->second.entry;
  if (result != 1) {
    connected(user_data, result < 0 ? result : -ENFILE);
    return;
  }
  ::close(found->second.socket);
  connected(user_data, index | kDirect);
}

// The end of it: `result` is -errno, 0 for the descriptor, or a direct one.
void UringReactor::connected(uint64_t user_data, int32_t result) {
  const auto found = connecting_.find(user_data);
  CHECK(found != connecting_.end());
  const int socket = found->second.socket;
  connecting_.erase(found);
  if (result < 0) ::close(socket);
  completions_.push_back({.user_data = user_data,
                          .result = result == 0 ? socket : result,
                          .operation = Operation::connect});
}

}  // namespace engine
