// A node without sockets for the tests of im: realms on several shards, mail between them, a store
// in memory, and clients that write down what they are told. Nothing happens but in run() or, with
// `manual`, in step(), so a test decides what is answered when.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "protocols/im/journal_entry.h"
#include "protocols/im/realm.h"
#include "tests/support/memory_log.h"

namespace im_test {

// alice0@… lives on shard 0, bob2@… on shard 2; names without a digit on shard 0.
class DigitPartition final : public engine::Partition {
 public:
  explicit DigitPartition(engine::ShardId shards) : shards_(shards) {}
  engine::Owner owner(base::Bytes bare_jid) const override;
  engine::ShardId shards() const override { return shards_; }
  engine::NodeId here() const override { return 0; }

 private:
  engine::ShardId shards_;
};

class FakeStore {
 public:
  void answer(im::StoreRequest& request);

  struct Account {
    std::map<std::string, im::StoredContact> contacts;
    uint64_t roster_version = 0;
    std::vector<std::string> blocked;
    std::string last_status;
    base::WallTime last_seen;
    std::map<uint64_t, im::StoredMessage> offline;
  };
  std::map<std::string, Account> accounts;
  std::set<im::StoreKind> broken;  // these fail
  std::map<im::StoreKind, int> asked;

 private:
  void about(Account& account, im::StoreRequest& request);
  uint64_t next_id_ = 1;
};

struct World;

// One session of a test's user. What it is sent is in `in`, as one line of text each.
struct Client final : im::Resource, im::Realm::Binding {
  explicit Client(World& its_world) : world(its_world) {}
  ~Client() override;

  void deliver(const im::Stanza& stanza, engine::Turn& turn) override;
  void push_roster(base::Bytes jid, const im::Contact* contact, uint64_t version,
                   engine::Turn& turn) override;
  void push_blocking(bool added, const std::vector<std::string>& jids, engine::Turn& turn) override;
  void deliver_carbon(const im::Stanza& original, bool sent, engine::Turn& turn) override;
  void end(im::Farewell why, engine::Turn& turn) override;
  bool congested() const override { return stuck; }
  void bound(im::BindResult result, engine::Turn& turn) override;

  // What the client does. Each runs the world until it is quiet, unless that is `manual`.
  void available(int priority = 0, base::Bytes payload = {});
  void unavailable(base::Bytes status = {});
  void presence(im::StanzaType type, base::Bytes to, base::Bytes payload = {});
  void message(base::Bytes to, base::Bytes text, im::StanzaType type = im::StanzaType::chat,
               im::Facts facts = {.body = true});
  void iq(im::StanzaType type, base::Bytes to, base::Bytes id = "q");
  void roster_set(base::Bytes contact, base::Bytes name = {}, std::vector<base::Bytes> groups = {},
                  bool remove = false);
  void block(std::vector<std::string> jids);
  void unblock(std::vector<std::string> jids);
  void confirm();
  void leave();
  void send(im::Stanza stanza);

  std::vector<std::string> take();  // what came in since the last time
  engine::ShardId shard() const;

  World& world;
  std::vector<std::string> in;
  std::map<std::string, std::string> seen;  // full JID -> payload of its presence
  std::vector<im::BindResult> binds;
  std::vector<im::Farewell> farewells;
  bool stuck = false;
  bool silent = false;  // confirms no message until confirm()
  std::vector<im::Realm::Handed> unconfirmed;
  std::vector<std::string> held;  // the same, packed
};

struct World {
  explicit World(engine::ShardId shards = 1, im::Options options = {});
  ~World();

  void account(base::Bytes bare) { store.accounts[std::string(bare)]; }
  // Sets both sides of a subscription in the store, before anybody is loaded.
  void befriend(const std::string& a, const std::string& b);
  // Binds and lets the world run. The client asked for the roster and the block list.
  Client& join(base::Bytes jid);

  struct Frame;  // a Turn and what it needs
  template <class F>
  void on(engine::ShardId shard, F f) {
    engine::Turn turn{now, wall, shard, out[shard], timers, logs[shard], random};
    f(turn);
    collect(shard);
    confirm();
    if (!manual) run();
  }
  void collect(engine::ShardId shard);
  void confirm();  // what clients were given and are not silent about
  bool step(size_t choice = 0);  // one piece of mail or one answer
  void run();
  im::Realm& realm(engine::ShardId shard) { return *realms[shard]; }
  void advance(int64_t seconds);

  struct NoTimers final : engine::Timers {
    void arm(engine::Timer&, base::Instant) override {}
  };
  struct Accounts final : im::AccountIq {
    bool on_account_iq(im::User& user, const im::Stanza& iq, engine::Turn& turn) override;
    World* world = nullptr;
  };

  DigitPartition partition;
  FakeStore store;
  NoTimers timers;
  base::Prng random{1};
  base::Instant now{1000};
  base::WallTime wall{1'700'000'000'000'000};
  Accounts accounts_iq;
  im::Options options;
  std::vector<engine::Outbox> out;
  std::vector<tests::MemoryLog> logs;
  std::vector<std::unique_ptr<im::Realm>> realms;
  // One queue a pair of shards, and one a shard for what it asks the store.
  std::map<std::pair<int, int>, std::deque<engine::EnvelopePtr>> mail;
  std::vector<std::deque<std::unique_ptr<im::StoreRequest>>> questions;
  std::vector<std::unique_ptr<Client>> clients;
  bool manual = false;
  bool confirming = false;
  bool store_asleep = false;  // answers nothing
};

std::string line(const im::Stanza& stanza);  // as Client::in has it

}  // namespace im_test
