// The simulated wire: byte pipes between simulated clients and the shards' reactors, with the
// weather of real networks: chunks cut and joined at random, delays, short sends, readers that
// stall, resets, half-closes, a receive ring that runs dry.
// One per world; sockets are numbers known to all reactors, like descriptors in one process.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/random.h"
#include "engine/io/reactor.h"
#include "tests/sim/clock.h"
#include "tests/sim/disk.h"

namespace sim {

// How bad the weather is; all zero = calm.
struct Weather {
  uint32_t cut_percent = 0;     // a chunk is cut (down to single bytes)
  uint32_t delay_us_max = 200;  // one way, per chunk
  uint32_t short_send_percent = 0;
  uint32_t starve_percent = 0;  // a receive ends with -ENOBUFS first
  // Of datagrams, either way.
  uint32_t datagram_loss_percent = 0;
  uint32_t datagram_twice_percent = 0;
  uint32_t datagram_late_percent = 0;  // delayed by up to datagram_late_us_max: others overtake it
  uint32_t datagram_late_us_max = 50000;
};

class Reactor;

// The client's end of a connection.
class Endpoint {
 public:
  virtual ~Endpoint() = default;
  virtual void on_bytes(base::Bytes bytes) = 0;
  virtual void on_end(bool reset) = 0;
  virtual void on_node_death() { on_end(true); }
};

// The client's end of datagrams: everything that is sent to its address.
class DatagramEndpoint {
 public:
  virtual ~DatagramEndpoint() = default;
  virtual void on_datagram(uint16_t from_port, base::Bytes bytes) = 0;
};

// A host that the node may connect to.
class Host {
 public:
  virtual ~Host() = default;
  // The other end of connection `socket` (client_send() and the like); null: refused.
  virtual Endpoint* on_connection(int socket) = 0;
};

class Network {
 public:
  Network(Clock& clock, base::Prng& random) : clock_(clock), random_(random) {}
  Weather weather;
  std::function<void(base::Bytes)> observer;  // sees every chunk that reaches a client

  // Client side.
  // -1: nobody listens. `shard`: which of the shards that listen accepts; -1: any, by chance.
  int connect(uint16_t port, Endpoint& endpoint, int shard = -1);
  void client_send(int socket, base::Bytes bytes);
  void client_finish(int socket);               // FIN
  void client_reset(int socket);                // RST
  void client_stall(int socket, bool stalled);  // stops (resumes) reading
  void forget(int socket);                      // the Endpoint is going away

  // Datagrams, client side. One address always reaches the same of the node's sockets on a port.
  void at(const base::SocketAddress& address, DatagramEndpoint& endpoint);
  void send_datagram(const base::SocketAddress& from, uint16_t port, base::Bytes bytes);
  // Connections of the node's end there. Null: nobody listens any more.
  void host(const base::SocketAddress& address, Host* host);

  // Every connection ends. With `power`, some of what was on its way to clients is lost, and they
  // may notice only after a while.
  void node_died(bool power);
  uint32_t deaths() const { return deaths_; }

  size_t open_sockets() const { return sockets_.size(); }
  uint64_t bytes_held_by_server_sends() const;  // in sends not yet accepted

 private:
  friend class Reactor;
  struct Armed {
    Reactor* reactor = nullptr;
    uint64_t user_data = 0;
  };
  struct Listener {
    uint16_t port = 0;
    Armed accept;
  };
  static constexpr size_t kDatagramsKept = 256;  // by the node's kernel, for one socket
  struct Datagram {
    base::SocketAddress from;
    std::string bytes;
  };
  struct DatagramSocket {
    uint16_t port = 0;
    Armed receive;
    std::deque<Datagram> arrived;
  };
  struct Socket {
    Endpoint* endpoint = nullptr;
    std::string arrived;  // at the server, not yet received
    bool end_arrived = false;
    bool reset = false;
    bool client_gone = false;  // FIN or RST sent by the client
    bool stalled = false;
    size_t window = 65536;     // what the client's kernel still takes
    base::Instant clear_at{};  // chunks never overtake each other
    Armed receive;
    Armed send;
    std::string sending;  // of the one send in flight
    bool write_shut = false;
    bool dead = false;    // the node is
    bool silent = false;  // and nothing of what it said arrives any more
  };

  void arrive(int number, std::string bytes);
  void serve_receive(int number);
  void serve_send(int number);
  void to_client(int number, std::string bytes);
  void drop(int number);
  // datagrams.cc
  void travel(const std::function<void()>& arrive);
  void arrive_at_node(int number, Datagram datagram);
  void serve_datagrams(int number);
  void to_endpoint(uint16_t from_port, const base::SocketAddress& to, std::string bytes);
  void connect_out(Reactor& reactor, const base::SocketAddress& to, uint64_t user_data);

  Clock& clock_;
  base::Prng& random_;
  std::map<int, Socket> sockets_;
  std::map<int, Listener> listeners_;
  std::map<int, DatagramSocket> datagram_sockets_;
  std::map<base::SocketAddress, DatagramEndpoint*> endpoints_;
  std::map<base::SocketAddress, Host*> hosts_;
  std::map<std::pair<Reactor*, uint64_t>, base::SocketAddress> connecting_;
  int next_number_ = 100;
  uint32_t deaths_ = 0;
};

// One shard's door to that network.
class Reactor final : public engine::Reactor {
 public:
  Reactor(Network& network, Clock& clock, Disk& disk)
      : network_(network), clock_(clock), disk_(disk) {}

  base::Result<int> listen(const engine::ListenAddress& address) override;
  uint16_t local_port(int socket) override;
  void remote_address(int socket, base::Sink& address, uint16_t& port) override;
  void arm_accept(int listener, uint64_t user_data) override;
  void arm_receive(int socket, uint64_t user_data) override;
  void cancel(engine::Operation target, uint64_t user_data) override;
  void send(int socket, std::span<const iovec> pieces, uint64_t user_data) override;
  void connect(const base::SocketAddress& to, uint64_t user_data) override;
  base::Result<int> bind_datagrams(const engine::ListenAddress& address,
                                   uint32_t buffer_bytes) override;
  void arm_receive_datagrams(int socket, uint64_t user_data) override;
  void send_datagrams(int socket, std::span<const engine::DatagramToSend> batch,
                      uint64_t user_data) override;
  void close(int socket) override;
  void shut_down_writes(int socket) override;
  void commit(int file, std::span<const iovec> pieces, uint64_t offset, bool sync,
              uint64_t user_data) override;
  void submit_and_wait(base::Instant deadline) override { deadline_ = deadline; }
  std::span<const engine::Completion> reap() override;
  base::Instant now() override { return clock_.now(); }
  base::WallTime wall() override { return clock_.wall(); }
  void wake() override { woken_ = true; }
  const char* name() const override { return "sim"; }

  // The world's side: is a turn due?
  bool due() const { return woken_ || !pending_.empty() || deadline_ <= clock_.now(); }
  base::Instant deadline() const { return deadline_; }
  void complete(engine::Completion completion, std::string data = {},
                const base::SocketAddress& from = {});
  // In production the process would have ended: nothing leaves it any more.
  void end() { ended_ = true; }

 private:
  friend class Network;
  struct Pending {
    engine::Completion completion;
    std::string data;
    base::SocketAddress from;
  };
  Network& network_;
  Clock& clock_;
  Disk& disk_;
  std::vector<Pending> pending_;
  std::vector<Pending> reaped_;  // keeps the data of the last reap() alive
  std::vector<engine::Completion> batch_;
  base::Instant deadline_{};  // the first turn is due at once
  bool woken_ = false;
  bool ended_ = false;
};

}  // namespace sim
