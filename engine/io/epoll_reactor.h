// The epoll backend, for machines and containers that keep io_uring from us: the same completions
// by plain system calls. Level-triggered; a descriptor is registered only while something waits on
// it, so a socket can move to another shard's reactor when its operations have ended.
// Owned by one shard; wake() from any thread.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <memory>
#include <unordered_map>
#include <vector>

#include "engine/io/commit_thread.h"
#include "engine/io/system_reactor.h"

namespace engine {

class EpollReactor final : public SystemReactor {
 public:
  explicit EpollReactor(const ReactorLimits& limits);
  ~EpollReactor() override;
  bool usable() const { return epoll_ >= 0 && doorbell_.descriptor() >= 0; }

  void arm_accept(int listener, uint64_t user_data) override;
  void arm_receive(int socket, uint64_t user_data) override;
  void cancel(Operation target, uint64_t user_data) override;
  void send(int socket, std::span<const iovec> pieces, uint64_t user_data) override;
  void connect(const base::SocketAddress& to, uint64_t user_data) override;
  void arm_receive_datagrams(int socket, uint64_t user_data) override;
  void send_datagrams(int socket, std::span<const DatagramToSend> batch,
                      uint64_t user_data) override;
  void close(int socket) override;
  void commit(int file, std::span<const iovec> pieces, uint64_t offset, bool sync,
              uint64_t user_data) override;
  void submit_and_wait(base::Instant deadline) override;
  std::span<const Completion> reap() override { return completions_; }
  const char* name() const override { return "epoll"; }

 private:
  // A socket waits for at most one thing of each direction.
  enum Direction : uint8_t { kIn, kOut, kDirections };
  static constexpr size_t kOperations = 6;  // accept to send_datagrams
  static Direction direction(Operation operation);

  enum class Step : uint8_t { arm, cancel, close, failed };
  struct Queued {
    Step step;
    Operation operation;
    int socket;  // failed: -errno
    uint64_t user_data;
    std::vector<iovec> pieces;            // of a send
    std::vector<DatagramToSend> datagrams;
    base::SocketAddress to;               // of a connect
  };
  struct Waiting {
    bool armed = false;
    Operation operation = Operation::accept;
    uint64_t user_data = 0;
  };
  struct Entry {
    std::array<Waiting, kDirections> waiting;
    std::vector<iovec> pieces;   // of the send that waits for room
    uint32_t events = 0;         // what epoll watches for us
  };
  // Of one socket, on their way into the kernel.
  struct Batch {
    std::vector<DatagramToSend> datagrams;
    size_t next = 0;
    int32_t refused = 0;
  };
  // Where those of one wait are put.
  struct DatagramBuffers {
    DatagramBuffers(uint32_t buffers, uint32_t bytes_each)
        // Readers that work in blocks of 64 bytes may look past the end of the last buffer.
        : count(buffers),
          bytes(bytes_each),
          arena(new char[size_t{buffers} * bytes_each + 64]),
          from(buffers) {}
    char* at(uint32_t index) { return arena.get() + size_t{index} * bytes; }

    const uint32_t count;
    const uint32_t bytes;
    std::unique_ptr<char[]> arena;
    std::vector<base::SocketAddress> from;
    uint32_t used = 0;  // since the last wait
  };

  Entry& entry(int socket);
  Waiting& waiting(int socket, Operation operation) {
    return entry(socket).waiting[direction(operation)];
  }
  bool waits(int socket, Operation operation) {
    const Waiting& here = waiting(socket, operation);
    return here.armed && here.operation == operation;
  }
  void arm(Queued& queued);
  void disarm(int socket, Operation operation);
  void stop(Operation operation, uint64_t user_data);
  void watch(int socket);
  void complete(int socket, Operation operation, int32_t result, bool more, base::Bytes data = {},
                const base::SocketAddress* from = nullptr);
  void run_queue();
  void wait(base::Instant deadline);
  void on_event(const epoll_event& event);
  void write_some(int socket);
  void accept_some(int listener);
  void receive_some(int socket);
  bool try_send(int socket, std::span<const iovec> pieces);
  // epoll_datagrams.cc
  bool start_connect(const Queued& queued);
  void finish_connect(int socket, int32_t result);
  void receive_some_datagrams(int socket);
  bool try_send_datagrams(int socket, Batch& batch);
  int timeout_ms(base::Instant deadline);

  const ReactorLimits limits_;
  int epoll_ = -1;
  std::unique_ptr<char[]> arena_;
  uint32_t buffers_used_ = 0;
  std::unique_ptr<DatagramBuffers> datagram_buffers_;  // null: none
  std::unordered_map<int, Batch> batches_;             // by datagram socket, while they wait
  std::vector<Queued> queue_;
  std::vector<std::unique_ptr<Entry>> entries_;             // by descriptor
  std::unordered_map<uint64_t, int> sockets_[kOperations];  // user data -> descriptor, while armed
  std::vector<Completion> completions_;
  std::vector<epoll_event> events_;
  CommitThread commits_{doorbell_};
};

}  // namespace engine
