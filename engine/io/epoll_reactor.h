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
  void close(int socket) override;
  void commit(int file, std::span<const iovec> pieces, uint64_t offset, bool sync,
              uint64_t user_data) override;
  void submit_and_wait(base::Instant deadline) override;
  std::span<const Completion> reap() override { return completions_; }
  const char* name() const override { return "epoll"; }

 private:
  static constexpr size_t kOperations = 3;  // accept, receive, send

  enum class Step : uint8_t { arm, cancel, close };
  struct Queued {
    Step step;
    Operation operation;
    int socket;
    uint64_t user_data;
    std::vector<iovec> pieces;   // of a send
  };
  struct Waiting {
    bool armed = false;
    uint64_t user_data = 0;
  };
  struct Entry {
    std::array<Waiting, kOperations> waiting;
    std::vector<iovec> pieces;   // of the send that waits for room
    uint32_t events = 0;         // what epoll watches for us
  };

  Entry& entry(int socket);
  Waiting& waiting(int socket, Operation operation);
  void arm(Queued& queued);
  void disarm(int socket, Operation operation);
  void stop(Operation operation, uint64_t user_data);
  void watch(int socket);
  void complete(int socket, Operation operation, int32_t result, bool more, base::Bytes data = {});
  void run_queue();
  void wait(base::Instant deadline);
  void on_event(const epoll_event& event);
  void accept_some(int listener);
  void receive_some(int socket);
  bool try_send(int socket, std::span<const iovec> pieces);
  int timeout_ms(base::Instant deadline);

  const ReactorLimits limits_;
  int epoll_ = -1;
  std::unique_ptr<char[]> arena_;
  uint32_t buffers_used_ = 0;
  std::vector<Queued> queue_;
  std::vector<std::unique_ptr<Entry>> entries_;             // by descriptor
  std::unordered_map<uint64_t, int> sockets_[kOperations];  // user data -> descriptor, while armed
  std::vector<Completion> completions_;
  std::vector<epoll_event> events_;
  CommitThread commits_{doorbell_};
};

}  // namespace engine
