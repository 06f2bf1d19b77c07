// Shards over real sockets, turned by the test's own thread, with a clock the test moves. Above the
// seam sits a service whose peers obey lines of text:
//   any other line  is sent back as it came
//   flood N         N bytes of 'x' are sent
//   mail N          N letters to our own shard, each answered by a send of its own: "letter\n"
//   move S          the connection moves to shard S, then says "on S\n"
//   pause, resume   (resume comes from the test: Harness::resume)
//   sent            asks to be told when all has left
//   starttls, close, abort
#pragma once

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/io/make_reactor.h"
#include "engine/net/network.h"
#include "engine/shard/hash_partition.h"
#include "engine/trace/counters.h"
#include "tests/engine/io/backends.h"
#include "tests/engine/io/loopback.h"
#include "tests/support/memory_log.h"

namespace test {

// The real reactor with the clock moved forward, sends counted, and no waiting.
class TestReactor final : public engine::Reactor {
 public:
  explicit TestReactor(std::unique_ptr<engine::Reactor> real) : real_(std::move(real)) {}
  base::Duration ahead{};
  int sends = 0;
  bool out_of_descriptors = false;   // what is submitted finds none left
  bool hold_passes = false;          // their completions seem to be late

  base::Result<int> listen(const engine::ListenAddress& address) override {
    return real_->listen(address);
  }
  uint16_t local_port(int socket) override { return real_->local_port(socket); }
  void remote_address(int socket, base::Sink& address, uint16_t& port) override {
    real_->remote_address(socket, address, port);
  }
  void arm_accept(int listener, uint64_t data) override { real_->arm_accept(listener, data); }
  void arm_receive(int socket, uint64_t data) override { real_->arm_receive(socket, data); }
  void cancel(engine::Operation target, uint64_t data) override { real_->cancel(target, data); }
  void send(int socket, std::span<const iovec> pieces, uint64_t data) override {
    ++sends;
    real_->send(socket, pieces, data);
  }
  void connect(const base::SocketAddress& to, uint64_t data) override { real_->connect(to, data); }
  base::Result<int> bind_datagrams(const engine::ListenAddress& address,
                                   uint32_t bytes) override {
    return real_->bind_datagrams(address, bytes);
  }
  void arm_receive_datagrams(int socket, uint64_t data) override {
    real_->arm_receive_datagrams(socket, data);
  }
  void send_datagrams(int socket, std::span<const engine::DatagramToSend> batch,
                      uint64_t data) override {
    real_->send_datagrams(socket, batch, data);
  }
  void close(int socket) override { real_->close(socket); }
  void shut_down_writes(int socket) override { real_->shut_down_writes(socket); }
  bool owns_sockets() const override { return real_->owns_sockets(); }
  void pass(int socket, engine::Reactor& to, uint64_t data) override {
    real_->pass(socket, *static_cast<TestReactor&>(to).real_, data);
  }
  void submit_and_wait(base::Instant) override {
    rlimit before{};
    getrlimit(RLIMIT_NOFILE, &before);
    rlimit tight = before;
    tight.rlim_cur = 3;
    if (out_of_descriptors) setrlimit(RLIMIT_NOFILE, &tight);
    real_->submit_and_wait(real_->now());
    if (out_of_descriptors) setrlimit(RLIMIT_NOFILE, &before);
  }
  std::span<const engine::Completion> reap() override {
    if (!hold_passes && held_.empty()) return real_->reap();
    reaped_.clear();
    if (!hold_passes) reaped_.swap(held_);
    for (const engine::Completion& done : real_->reap()) {
      const bool held = hold_passes && done.operation == engine::Operation::pass;
      (held ? held_ : reaped_).push_back(done);
    }
    return reaped_;
  }
  size_t held_passes() const { return held_.size(); }
  base::Instant now() override { return real_->now() + ahead; }
  base::WallTime wall() override { return real_->wall(); }
  void wake() override {}
  const char* name() const override { return real_->name(); }

 private:
  std::unique_ptr<engine::Reactor> real_;
  std::vector<engine::Completion> held_;
  std::vector<engine::Completion> reaped_;
};

// What the peers of a harness have lived through.
struct Events {
  int accepted = 0;
  int secured = 0;
  int shutdowns = 0;
  int refused_mail = 0;
  int sent = 0;
  std::vector<bool> congestion;
  std::vector<engine::CloseReason> closed;
  std::string received;   // by all peers, in order
  std::vector<std::string> datagrams;      // "LISTENER FROM TEXT"; each is sent back, doubled
  std::vector<uint64_t> connected;         // tokens
  std::vector<engine::ConnectFailure> connect_failures;
  std::vector<std::string> peer_names;     // of the last secured peer's certificate
  engine::ConnectionId last;
};

class LinePeer final : public engine::Peer {
 public:
  LinePeer(engine::ConnectionId connection, Events& events)
      : connection_(connection), events_(events) {}
  void on_bytes(base::Bytes in, engine::Turn& turn) override;
  void on_secured(const engine::TlsFacts& facts, engine::Turn&) override {
    ++events_.secured;
    events_.peer_names.clear();
    for (const engine::CertificateName& name : facts.peer_names) {
      events_.peer_names.push_back(name.name);
    }
  }
  void on_moved(engine::ConnectionId connection, engine::Turn& turn) override;
  void on_congestion(bool congested, engine::Turn&) override {
    events_.congestion.push_back(congested);
  }
  void on_sent(engine::Turn&) override { ++events_.sent; }
  void on_closed(engine::CloseReason reason, engine::Turn& turn) override {
    events_.closed.push_back(reason);
    turn.out.send(connection_, "too late");
  }

 private:
  void obey(const std::string& line, engine::Turn& turn);
  engine::ConnectionId connection_;
  Events& events_;
  std::string unfinished_;
};

class LineService final : public engine::Service {
 public:
  explicit LineService(Events& events) : events_(events) {}
  bool refuses = false;

  std::unique_ptr<engine::Peer> accept(const engine::Accepted& how, engine::Turn&) override {
    if (refuses) return nullptr;
    ++events_.accepted;
    events_.last = how.connection;
    return std::make_unique<LinePeer>(how.connection, events_);
  }
  void on_datagram(const engine::Datagram& datagram, engine::Turn& turn) override;
  std::unique_ptr<engine::Peer> on_connected(uint64_t token, const engine::Accepted& how,
                                             engine::Turn& turn) override {
    events_.connected.push_back(token);
    return accept(how, turn);
  }
  void on_connect_failed(uint64_t, engine::ConnectFailure why, engine::Turn&) override {
    events_.connect_failures.push_back(why);
  }
  void on_mail(const engine::Envelope& mail, engine::Turn& turn) override;
  void on_refused(const engine::Envelope&, engine::Turn&) override { ++events_.refused_mail; }
  void on_answer(engine::QuestionPtr, engine::Turn&) override {}
  void on_committed(engine::Turn&) override {}
  void on_recovered(std::vector<engine::JournalEntry>, engine::Turn&) override {}
  void on_shutdown(engine::Turn&) override { ++events_.shutdowns; }

 private:
  Events& events_;
};

struct NobodyAnswers final : engine::Answerer {
  void ask(engine::QuestionPtr) override { ADD_FAILURE() << "nobody asks here"; }
};

struct HarnessOptions {
  Backend backend = Backend::uring;
  engine::ShardId shards = 1;
  engine::NetOptions net{.send_hard_bytes = 1 << 20};  // tests know how much they may flood
  engine::ReactorLimits reactor{.receive_buffers = 256};
  engine::TlsContexts tls;
  bool out_of_descriptors = false;   // from the beginning
};

class Harness {
 public:
  explicit Harness(HarnessOptions options);
  ~Harness();

  struct One {
    One(Harness& harness, engine::ShardId id);
    base::Prng random;
    TestReactor reactor;
    LineService service;
    tests::MemoryLog log;
    engine::Shard shard;
    engine::Network network;
  };
  One& shard(engine::ShardId id = 0) { return *shards_[id]; }
  uint16_t port(size_t listener = 0) const { return ports_[listener]; }
  size_t connections() const;

  void turn();                               // one of every shard
  bool until(const std::function<bool()>& done, int turns = 3000);
  std::string exchange(Client& client, const std::string& text, size_t answer_length);
  std::string read(Client& client, size_t length);
  void skip(base::Duration time);            // moves the clock, then turns
  void on_shard(engine::ShardId id, std::function<void(engine::Shard&)> what);

  HarnessOptions options;
  Events events;

 private:
  NobodyAnswers nobody_;
  engine::Mesh mesh_;
  engine::NetShared shared_;
  std::vector<uint16_t> ports_;
  std::vector<std::unique_ptr<One>> shards_;
};

}  // namespace test
