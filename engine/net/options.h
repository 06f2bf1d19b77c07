// Every limit of the network layer, with its default. The appliance fills this from profile and
// configuration; each limit has a counter (engine/trace/counters.def) and a stated policy.
// Plain data; immutable once shards run.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/time.h"

namespace engine {

// What a listener is: connections are accepted from it, or it is one socket for all who send to it.
enum class ListenerTransport : uint8_t { stream, datagram };

struct ListenerOptions {
  std::string address;      // numeric; "::" also takes IPv4
  uint16_t port = 0;        // 0: any free one, the same on every shard
  bool direct_tls = false;  // the handshake starts at once (XEP-0368)
  ListenerTransport transport = ListenerTransport::stream;
  uint16_t tls_context = 0;  // of the node's server contexts, for direct_tls and start_tls
};

struct NetOptions {
  std::vector<ListenerOptions> listeners;

  // Beyond these a connection is closed as soon as it is accepted.
  uint32_t connections_per_shard = 16384;
  uint32_t connections_per_source = 1024;  // one IPv4 address or IPv6 /64, whole node; 0: any

  // Beyond it the oldest unfinished handshake of the shard is closed in favour of the newest.
  uint32_t handshakes_per_shard = 1024;
  base::Duration handshake_timeout = base::Duration::seconds(10);

  // Read from one connection in one turn; the rest waits for the next turn, others come first.
  uint32_t receive_bytes_per_turn = 16 * 1024;
  // Connections whose rest is taken up in one turn.
  uint32_t deferred_per_turn = 64;
  // Receives that ran out of buffers and are armed again in one turn: half as many as buffers.
  uint32_t rearms_per_turn = 2048;

  uint32_t send_soft_bytes = 256 * 1024;  // Peer::on_congestion(true); false at a quarter
  uint32_t send_hard_bytes = 768 * 1024;  // closed with CloseReason::send_limit
  base::Duration send_stall = base::Duration::seconds(30);  // no byte taken: same
  uint64_t send_bytes_per_shard = 256ull * 1024 * 1024;     // the longest queue is closed

  base::Duration close_flush = base::Duration::seconds(5);   // what a close may wait to be sent
  base::Duration close_linger = base::Duration::seconds(2);  // … and for the other side's FIN
  base::Duration accept_pause = base::Duration::milliseconds(500);  // after EMFILE and the like

  // Outgoing connections of one shard whose TCP handshake is under way; beyond it they fail at
  // once.
  uint32_t connects_per_shard = 1024;
  base::Duration connect_timeout = base::Duration::seconds(5);

  // Taken from all datagram listeners of a shard in one turn; the rest waits in the kernel's socket
  // buffers, which drop the newest when they are full. A power of two.
  uint32_t datagrams_per_turn = 256;
  uint32_t datagram_socket_bytes = 4 * 1024 * 1024;  // SO_RCVBUF and SO_SNDBUF of such a socket
  // Waiting to leave one shard; beyond either the newest is dropped.
  uint32_t datagrams_queued = 65536;
  uint64_t datagram_bytes_queued = 64ull * 1024 * 1024;
};

}  // namespace engine
