// A node without an engine: N shards with their Services, driven by bytes and carrying out effects
// one after the other, in one thread, over an in-memory store. Time moves when told to.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/random.h"
#include "engine/shard/wheel.h"
#include "protocols/xmpp/service.h"
#include "tests/support/memory_log.h"
#include "tests/support/memory_store.h"

namespace xmpp_test {

// Users named in the map live on that shard; all others on shard 0.
class FakePartition final : public engine::Partition {
 public:
  explicit FakePartition(engine::ShardId shards) : shards_(shards) {}
  engine::Owner owner(base::Bytes bare_jid) const override;
  engine::ShardId shards() const override { return shards_; }
  engine::NodeId here() const override { return 0; }
  std::map<std::string, engine::ShardId, std::less<>> owners;

 private:
  engine::ShardId shards_;
};

xmpp::Options default_options();   // domains localhost and example.org; see the source

class FakeNode {
 public:
  explicit FakeNode(engine::ShardId shards = 1, xmpp::Options options = default_options());
  ~FakeNode();

  using Client = size_t;
  // Listener 0 demands TLS, 1 is open for tests (SASL in the clear), 2 is direct TLS, 3 has
  // neither TLS nor SASL.
  Client connect(uint16_t listener = 1, engine::ShardId shard = 0);
  void send(Client client, base::Bytes bytes);
  std::string take(Client client);            // what the server sent since the last time
  void secure(Client client, uint16_t version = 0x0304, base::Bytes exporter = "exporter-octets",
              base::Bytes end_point = "end-point-octets");
  void drop(Client client, engine::CloseReason reason = engine::CloseReason::network);
  void congest(Client client, bool congested);
  void advance(base::Duration by);
  void shut_down();
  void kick(base::Bytes full_jid);

  bool closed(Client client) const { return connections_[client]->closed; }
  bool paused(Client client) const { return connections_[client]->paused; }
  bool securing(Client client) const { return connections_[client]->securing; }
  engine::ShardId shard_of(Client client) const { return connections_[client]->shard; }
  xmpp::Service& service(engine::ShardId shard = 0) { return *shards_[shard]->service; }
  void add_user(base::Bytes user, base::Bytes password);   // bare JID
  void set_options(xmpp::Options options);

  FakePartition partition;
  tests::MemoryLog& log(engine::ShardId shard = 0) { return shards_[shard]->log; }
  void commit(engine::ShardId shard = 0);     // what a held log has, and tells the service
  // Takes over the disk of a node that has crashed.
  void start_after(FakeNode& crashed);
  tests::MemoryStore store;
  bool hold_store = false;            // answers wait for release_store()
  bool fail_store = false;
  void release_store();
  size_t asked = 0;
  // Told when the code under test begins to run (true) and ceases to: for the heap's accounts.
  std::function<void(bool)> within;
  base::Instant now{1'000'000'000'000};

 private:
  struct Shard {
    std::unique_ptr<engine::Wheel> wheel;
    std::unique_ptr<xmpp::Service> service;
    std::unique_ptr<base::Prng> random;
    engine::Outbox out;
    tests::MemoryLog log;
  };
  struct Connection {
    engine::ShardId shard = 0;
    engine::ConnectionId id;
    std::unique_ptr<engine::Peer> peer;
    std::string sent;
    std::string waiting;              // bytes that came while reading was paused or it moved
    bool closed = false;
    bool paused = false;
    bool securing = false;
    bool moving = false;
  };

  void run(engine::ShardId shard, const std::function<void(engine::Turn&)>& callback);
  void settle();
  void carry_out(engine::ShardId shard, engine::Outbox& out);
  void finish(Connection& connection, engine::CloseReason reason);
  Connection* find(engine::ShardId shard, engine::ConnectionId id);
  void ask(engine::ShardId shard, engine::QuestionPtr question);

  xmpp::Node node_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::deque<std::function<void()>> events_;
  std::deque<std::function<void()>> held_answers_;
  uint32_t next_generation_ = 1;
  bool settling_ = false;
};

}  // namespace xmpp_test
