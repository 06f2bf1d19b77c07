// The connections of one shard: listeners, receiving, TLS, send queues, closing, moving. Implements
// the shard's Transport. Above it are Peers, which know nothing of sockets.
//
// Callbacks go through the seam and only append to the Outbox; Shard::settle() carries effects out
// between callbacks, so a Connection may have changed phase after any callback, but its memory
// stays until the turn ends.
// Owned by one shard. Exposed members other than Transport's are for that shard's thread too.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/base/result.h"
#include "engine/net/connecting.h"
#include "engine/net/connection.h"
#include "engine/net/datagram_queue.h"
#include "engine/net/options.h"
#include "engine/net/source_limits.h"
#include "engine/shard/shard.h"
#include "engine/tls/contexts.h"

namespace engine {

// What the Networks of one node share.
struct NetShared {
  explicit NetShared(const NetOptions& options) : sources(options.connections_per_source) {}
  SourceLimits sources;
  std::atomic<int64_t> connections{0};  // on all shards and on their way between them
};

class Network final : public Transport {
 public:
  // `tls` may be empty when no listener and no service uses it.
  Network(Shard& shard, const NetOptions& options, NetShared& shared, TlsContexts tls);
  ~Network() override;

  // Opens every listener. `ports`: in, what port-0 listeners got on the first shard; out, filled in
  // by it.
  base::Status listen(std::vector<uint16_t>& ports);
  void replace_tls(TlsContexts tls);  // for handshakes from now on
  size_t connections() const { return live_; }
  uint64_t queued_bytes() const { return queued_bytes_; }
  uint32_t handshakes() const { return handshakes_live_; }

  void begin_turn() override;
  void on_completion(const Completion& completion) override;
  void execute(const Effect& effect, base::Bytes bytes) override;
  void send_datagram(uint16_t listener, const base::SocketAddress& to, base::Bytes bytes) override;
  void connect(OutgoingConnection what) override;
  void flush() override;
  void hold_reading(bool hold) override;
  bool busy() const override;
  void stop_accepting() override;
  void close_all() override;
  bool empty() const override { return live_ == 0 && connecting_.empty(); }

  // moving.cc: a connection comes in from another shard.
  void adopt(std::unique_ptr<Connection> connection);
  void on_deadline(Connection& connection);  // closing.cc

 private:
  struct Slot {
    std::unique_ptr<Connection> connection;
    uint32_t generation = 0;
  };
  struct DatagramSocket {
    DatagramQueue queue;
    bool sending = false;    // a batch is on its way into the kernel
    bool cancelled = false;  // the receive's last completion is still to come
  };
  struct Listener {
    int socket = -1;
    bool armed = false;
    std::unique_ptr<DatagramSocket> datagrams;  // null: a stream listener
  };
  friend struct Connecting;

  // network.cc
  static uint64_t user_data(ConnectionId id);
  Connection* find(ConnectionId id);
  Connection& insert(std::unique_ptr<Connection> connection);
  std::unique_ptr<Connection> remove(Connection& connection);
  void operation_ended(Connection& connection);

  // accept.cc
  void on_accept(const Completion& completion);
  void on_accept_error(int error);
  void admit(int socket, uint16_t listener);
  bool admissible(const SourceKey& source);
  void tend(uint16_t listener);  // arms or closes it
  void resume_accepting(Turn& turn);

  // connecting.cc
  void on_connect(const Completion& completion);
  void connected(Connecting& connecting, int socket);
  void connection_over();
  void stop_connecting();

  // datagrams.cc
  void tend_datagrams(uint16_t listener);
  void tend_all_datagrams();
  void on_datagram(const Completion& completion);
  void on_datagram_error(int error);
  void resume_datagrams(Turn& turn);
  void flush_datagrams();
  void on_datagrams_sent(const Completion& completion);

  // receive.cc
  void on_receive(Connection& connection, const Completion& completion);
  void receive_ended(Connection& connection, int32_t result);
  void take_bytes(Connection& connection, base::Bytes bytes);
  void feed(Connection& connection, base::Bytes bytes);
  void feed_carry(Connection& connection);
  void defer(Connection& connection);
  void take_up_deferred();
  void update_receive(Connection& connection);
  void feed_the_hungry();

  // secure.cc
  void start_tls(Connection& connection);
  void try_start_tls(Connection& connection);
  const TlsContext* server_context(uint16_t listener) const;
  const TlsClientContext* client_context(uint16_t context) const;
  void begin_handshake(Connection& connection, std::unique_ptr<TlsSession> session);
  void handshake_over(Connection& connection);
  void evict_handshake();
  void open_records(Connection& connection, base::Bytes bytes);
  bool open_some(Connection& connection, base::Bytes bytes);
  bool seal(Connection& connection);

  // sending.cc
  void queue(Connection& connection, SendQueue& to, base::Bytes bytes);
  void account(int64_t bytes);
  void mark_dirty(Connection& connection);
  void flush_one(Connection& connection);
  void on_send(Connection& connection, int32_t result);
  void count_off(Connection& connection, uint32_t sent);
  void check_limits(Connection& connection);
  void check_congestion(Connection& connection);
  void shed_longest_queue();

  // closing.cc
  void retire(Connection& connection, CloseReason reason);
  void close_orderly(Connection& connection, CloseReason reason);
  void close_now(Connection& connection, CloseReason reason);
  void say_goodbye(Connection& connection);
  void end(Connection& connection);
  void finish(Connection& connection);
  void arm_timer(Connection& connection);

  // moving.cc
  void begin_move(Connection& connection, ShardId to);
  void on_pass(Connection& connection, int32_t result);
  void leave(Connection& connection);
  void let_movers_leave();

  Shard& shard_;
  Reactor& reactor_;
  const NetOptions options_;
  NetShared& shared_;
  TlsContexts tls_;
  std::vector<Listener> listeners_;
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_slots_;
  size_t live_ = 0;
  std::vector<ConnectionId> dirty_;
  std::vector<ConnectionId> deferred_;
  std::vector<ConnectionId> deferred_now_;  // being taken up; keeps its capacity
  size_t deferred_taken_ = 0;               // … so many of them
  std::vector<ConnectionId> leaving_;       // may leave when the turn ends
  std::deque<ConnectionId> hungry_;
  std::deque<ConnectionId> handshakes_;            // oldest first; may hold finished ones
  std::vector<std::unique_ptr<Connection>> gone_;  // freed when the next turn begins
  ChunkPool pool_;
  base::Sink plain_scratch_;
  base::Sink records_scratch_;
  uint64_t queued_bytes_ = 0;
  uint32_t handshakes_live_ = 0;
  std::unordered_map<uint32_t, std::unique_ptr<Connecting>> connecting_;  // by its user data
  uint32_t last_connect_ = 0;
  size_t datagrams_queued_ = 0;
  uint64_t datagram_bytes_queued_ = 0;
  uint32_t turn_ = 0;
  bool held_ = false;
  bool accepting_ = false;
  MemberTimer<Network, &Network::resume_accepting> accept_timer_{*this};
  MemberTimer<Network, &Network::resume_datagrams> datagram_timer_{*this};
};

}  // namespace engine
