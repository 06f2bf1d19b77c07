// The one door to the kernel, completion-style. Three backends: uring (liburing), epoll, and the
// simulation's (tests/sim). Owned by one shard and touched by its thread only, except wake().
//
// Handles are the caller's: user data that comes back in every completion; its top four bits must
// be zero (a backend keeps the operation there). A socket is an int that only the reactor
// interprets. Every call but wake() merely queues work; submit_and_wait() hands it over. Errors
// arrive as completions with result = -errno.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <span>

#include "engine/base/bytes.h"
#include "engine/base/check.h"
#include "engine/base/result.h"
#include "engine/base/socket_address.h"
#include "engine/base/time.h"

namespace engine {

enum class Operation : uint8_t {
  accept,
  receive,
  send,
  connect,
  receive_datagrams,
  send_datagrams,
  pass,
  wake,
  commit,
};

struct Completion {
  uint64_t user_data = 0;
  // accept, connect: socket; pass: its name in the other reactor; receive/send: bytes (0 = end of
  // stream); receive_datagrams: bytes, -EMSGSIZE with `more` for one that was cut;
  // send_datagrams: how many were refused; commit: 0; or -errno
  int32_t result = 0;
  Operation operation = Operation::accept;
  bool more = false;           // multishot accept/receive stays armed
  const base::SocketAddress* from = nullptr;  // receive_datagrams: the sender; valid as `data`
  base::Bytes data;            // receive: bytes in a reactor's buffer, valid until the next wait
};

struct ListenAddress {
  base::Bytes address;         // numeric IPv4/IPv6 text
  uint16_t port = 0;
};

struct DatagramToSend {
  const base::SocketAddress* to = nullptr;
  base::Bytes bytes;
};

struct ReactorLimits {
  uint32_t receive_buffers = 4096;      // power of two
  uint32_t receive_buffer_bytes = 2048;
  uint32_t submission_entries = 4096;
  uint32_t completion_entries = 32768;
  // Of accepted sockets, in a table of the ring's own (uring only): they are then no descriptors of
  // the process, whose limit (RLIMIT_NOFILE) holds for each ring's table instead of for all
  // sockets together. 0: ordinary descriptors. A full table ends an accept with -ENFILE, and the
  // one connection that was being accepted is lost.
  uint32_t direct_descriptors = 0;
  // For datagrams, whole ones (RFC 3261 §18.1.1: up to 65,535 bytes). Power of two; 0: this reactor
  // receives none. Their pages are touched only by datagrams as long.
  uint32_t datagram_buffers = 0;
  uint32_t datagram_bytes = 65536;
};

class Reactor {
 public:
  virtual ~Reactor() = default;

  // A listening socket with SO_REUSEPORT. Synchronous, at start-up only.
  virtual base::Result<int> listen(const ListenAddress& address) = 0;
  virtual uint16_t local_port(int socket) = 0;
  // "192.0.2.1" and port of the other side; empty when gone, and for a direct descriptor before
  // Linux 6.8 or when the process has no ordinary descriptor left to look through.
  virtual void remote_address(int socket, base::Sink& address, uint16_t& port) = 0;

  virtual void arm_accept(int listener, uint64_t user_data) = 0;     // multishot
  // Multishot, into the reactor's buffers. Ends with -ENOBUFS when those run out; no bytes are lost
  // then, it wants to be armed again.
  virtual void arm_receive(int socket, uint64_t user_data) = 0;
  // Ends the accept, receive (of either kind), send or connect (`target`) that has this user data:
  // its last completion has more = false and, if nothing else ended it, result = -ECANCELED. That
  // is the only answer: there are no completions of cancel itself.
  virtual void cancel(Operation target, uint64_t user_data) = 0;
  // Gathered send. The iovecs are copied; the bytes stay until the completion. One at a time per
  // socket. May be short.
  virtual void send(int socket, std::span<const iovec> pieces, uint64_t user_data) = 0;
  // A new connection; the completion's result is its socket. Its cancel() closes what was begun,
  // unless the connection is made already: then the completion comes with the socket after all.
  virtual void connect(const base::SocketAddress& /*to*/, uint64_t /*user_data*/) { CHECK(false); }

  // A UDP socket with SO_REUSEPORT whose kernel buffers hold `buffer_bytes`. At start-up only; it
  // lives as long as the reactor.
  virtual base::Result<int> bind_datagrams(const ListenAddress& /*address*/,
                                           uint32_t /*buffer_bytes*/) {
    return base::Error{"this reactor has no datagrams"};
  }
  // Multishot, into buffers of its own (ReactorLimits); ends with -ENOBUFS as arm_receive() does.
  virtual void arm_receive_datagrams(int /*socket*/, uint64_t /*user_data*/) { CHECK(false); }
  // One batch at a time per socket. What the spans and pointers lead to stays until the one
  // completion; the span itself is copied. Waits for room; what the kernel refuses for another
  // reason is counted in the result and not tried again.
  virtual void send_datagrams(int /*socket*/, std::span<const DatagramToSend> /*batch*/,
                              uint64_t /*user_data*/) {
    CHECK(false);
  }

  // No completion either. Every operation on the socket must have ended.
  virtual void close(int socket) = 0;
  virtual void shut_down_writes(int socket) = 0;

  // True: a socket is known to this reactor alone, and another must be passed it before use.
  virtual bool owns_sockets() const { return false; }
  // Only then. Gives `to`, of the same kind and of any thread that still turns, the socket too: the
  // completion, which comes here, says what it is called there, or -ENFILE when its table is full.
  // No other operation may be on it; close() it here afterwards.
  virtual void pass(int /*socket*/, Reactor& /*to*/, uint64_t /*user_data*/) { CHECK(false); }

  // Writes the pieces to `file` (an ordinary descriptor) at `offset`, whole, and with `sync` has
  // the disk confirm them (fdatasync) before the one completion, whose result is 0 or -errno. One
  // at a time; the bytes stay until then.
  virtual void commit(int /*file*/, std::span<const iovec> /*pieces*/, uint64_t /*offset*/,
                      bool /*sync*/, uint64_t /*user_data*/) {
    CHECK(false);
  }

  // Hands queued work over and waits for at least one completion, the deadline, or wake(). May
  // return with nothing (a signal).
  // Takes back the buffers behind every Completion::data: all of the pool is free at each wait.
  virtual void submit_and_wait(base::Instant deadline) = 0;
  // Completions gathered by the last wait, copied out. Valid until the next wait, whatever is
  // queued meanwhile.
  virtual std::span<const Completion> reap() = 0;

  virtual base::Instant now() = 0;
  virtual base::WallTime wall() = 0;

  // From any thread: makes submit_and_wait() return with an Operation::wake completion, or does
  // nothing if the shard is awake and will look again. Cheap when coalesced.
  virtual void wake() = 0;
  virtual const char* name() const = 0;   // "uring", "epoll", "sim"
};

}  // namespace engine
