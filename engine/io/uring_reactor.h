// The io_uring backend: one ring per shard, made and used by the shard's own thread, restricted to
// the few opcodes below before its first use (seccomp does not see what a ring does).
// Kernel 6.1 or later. Owned by one shard; wake() from any thread.
#pragma once

#include <liburing.h>

#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "engine/io/system_reactor.h"
#include "engine/io/uring_buffers.h"

namespace engine {

class UringReactor final : public SystemReactor {
 public:
  // What failed: -errno of io_uring_setup or of a register call; 0: `reactor` is there.
  struct Made {
    std::unique_ptr<UringReactor> reactor;
    int error = 0;
    const char* step = "";
  };
  static Made make(const ReactorLimits& limits);
  ~UringReactor() override;

  void arm_accept(int listener, uint64_t user_data) override;
  void arm_receive(int socket, uint64_t user_data) override;
  void cancel(Operation target, uint64_t user_data) override;
  void send(int socket, std::span<const iovec> pieces, uint64_t user_data) override;
  void connect(const base::SocketAddress& to, uint64_t user_data) override;
  base::Result<int> bind_datagrams(const ListenAddress& address, uint32_t buffer_bytes) override;
  void arm_receive_datagrams(int socket, uint64_t user_data) override;
  void send_datagrams(int socket, std::span<const DatagramToSend> batch,
                      uint64_t user_data) override;
  void close(int socket) override;
  void commit(int file, std::span<const iovec> pieces, uint64_t offset, bool sync,
              uint64_t user_data) override;
  void remote_address(int socket, base::Sink& address, uint16_t& port) override;
  void shut_down_writes(int socket) override;
  bool owns_sockets() const override { return limits_.direct_descriptors > 0; }
  void pass(int socket, Reactor& to, uint64_t user_data) override;
  void submit_and_wait(base::Instant deadline) override;
  std::span<const Completion> reap() override { return completions_; }
  const char* name() const override { return "uring"; }

  // For the test that the restrictions bite: submits an openat and returns its result.
  int32_t try_forbidden_operation();

 private:
  // What the kernel reads until it has taken the submission (IORING_FEAT_SUBMIT_STABLE): gathered
  // sends of one turn. Addresses do not change; blocks are reused.
  class SendArena {
   public:
    msghdr* add(std::span<const iovec> pieces);
    // One after the other to the first one's address; several: of its length, the last may be
    // shorter, and the kernel cuts them apart.
    msghdr* add(std::span<const DatagramToSend> datagrams, bool v6);
    void reset() { block_ = used_ = 0; }

   private:
    static constexpr size_t kBlock = 64 * 1024;
    char* take(size_t bytes);
    std::vector<std::unique_ptr<char[]>> blocks_;
    size_t block_ = 0;
    size_t used_ = 0;
  };

  // The commit under way: a write, linked with a sync. What a short write left is written by
  // another such pair.
  struct Commit {
    int file = -1;  // -1: none
    std::vector<iovec> pieces;
    uint64_t offset = 0;
    bool sync = false;
    uint64_t user_data = 0;
    int awaited = 0;  // completions
    int32_t written = 0;
    int32_t synced = 0;
  };

  // A connection being made. The descriptor is an ordinary one; with direct descriptors it is put
  // into the ring's table when the connection stands.
  struct Connecting {
    int socket = -1;
    SystemAddress to;
    int entry = -1;  // the descriptor, over which the kernel writes the index
  };

  // Datagrams of one socket on their way into the kernel.
  struct Batch {
    uint64_t user_data = 0;
    uint32_t left = 0;
    int32_t refused = 0;
  };

  explicit UringReactor(const ReactorLimits& limits) : SystemReactor(0), limits_(limits) {}
  const char* set_up(int& error);   // the step that failed, or null
  int set_up_buffers();
  uint32_t datagram_buffer_bytes();
  int set_up_direct_descriptors();
  int restrict_and_enable();
  io_uring_sqe* next_entry();
  void submit_early();
  static void aim(io_uring_sqe& entry, int socket);
  void close_direct(int socket);
  void close_shut_down();
  int install(int socket);
  void arm_doorbell();
  void submit_commit();
  void on_commit_step(bool sync, int32_t result);
  void collect();
  void swap_early();
  void take(const io_uring_cqe& entry);
  bool take_internal(const io_uring_cqe& entry);
  void take_data(const io_uring_cqe& entry, Completion& completion);
  void take_datagram(base::Bytes received, Completion& completion);
  void take_datagram_sent(int socket, uint32_t count, int32_t result);
  void take_connected(uint64_t user_data, int32_t result);
  void take_registered(uint64_t user_data, int32_t result);
  void connected(uint64_t user_data, int32_t result);
  void register_connected();

  const ReactorLimits limits_;
  io_uring ring_{};
  bool ring_made_ = false;
  UringBuffers buffers_;
  UringBuffers datagram_buffers_;
  msghdr datagram_layout_{};  // of what the kernel writes into a datagram buffer
  SendArena send_arena_;
  std::vector<Completion> completions_;   // of the last wait
  std::vector<Completion> early_;         // came while the queue was emptied in mid-turn
  std::unordered_map<uint64_t, Connecting> connecting_;  // by user data
  std::vector<uint64_t> to_register_;     // of them: stand, and go into the table
  std::unordered_map<int, Batch> batches_;  // by datagram socket
  bool datagrams_grouped_ = true;
  // Direct descriptors whose writes are being shut down, and whether to close them when that is
  // done: a worker thread does it, and looks the descriptor up only then.
  std::unordered_map<int, bool> shutting_down_;
  std::vector<int> shut_down_;            // done, not yet off that list
  bool can_install_ = false;              // the kernel has IORING_OP_FIXED_FD_INSTALL
  bool installing_ = false;
  std::optional<int32_t> installed_;
  bool doorbell_armed_ = false;
  Commit commit_;
  bool commit_again_ = false;
  int32_t forbidden_result_ = 0;
};

}  // namespace engine
