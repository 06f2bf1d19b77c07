// A shard: one reactor, one wheel, one service, and the turn that joins them. Everything above the
// seam runs inside turn(), on one thread. The shard has no thread of its own: engine/net/
// shard_set.h pins one and loops, the simulation calls turn() for many shards in one thread.
//
// One turn: completions, commits among them -> timers -> mail from other shards, answers, tasks ->
// mail to ourselves -> one gathered send per connection -> mail out -> what was journaled -> submit
// and wait. Every loop is bounded. Owned by its thread; other threads reach it through the Mesh
// only.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/base/check.h"
#include "engine/base/random.h"
#include "engine/io/reactor.h"
#include "engine/seam/service.h"
#include "engine/seam/turn.h"
#include "engine/shard/log.h"
#include "engine/shard/mesh.h"
#include "engine/shard/post_office.h"
#include "engine/shard/transport.h"
#include "engine/shard/wheel.h"

namespace engine {

// Where `ask` effects go: the store. ask() is thread-safe and returns at once; the answer comes
// back with Mesh::answer().
class Answerer {
 public:
  virtual ~Answerer() = default;
  virtual void ask(QuestionPtr question) = 0;
};

struct ShardOptions {
  uint32_t envelopes_per_turn = 1024;   // taken from each other shard's mailbox
  uint32_t local_mail_per_turn = 4096;  // delivered to ourselves, including what that causes
  uint32_t timers_per_turn = 4096;
  uint32_t mail_waiting = 65536;  // per target shard, see PostOffice
};

class Shard {
 public:
  // Everything handed in outlives the shard.
  Shard(ShardId id, Reactor& reactor, Mesh& mesh, base::Random& random, Answerer& answerer,
        const ShardOptions& options = {});
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  // Before the first turn. `recovered` goes to the service at its beginning.
  void attach(Service& service, Transport& transport, Log& log,
              std::vector<JournalEntry> recovered = {});

  void turn();  // waits at its end, in the reactor, until there is something to do

  // Say goodbye to every peer (Service::on_shutdown), accept no more, and after `patience` close
  // what is left. On the shard; from elsewhere post a task.
  void drain(base::Duration patience);
  bool draining() const { return draining_; }
  bool drained() const { return draining_ && transport_->empty(); }

  // Within a turn, for the transport and for tasks.
  Turn& current() {
    CHECK(turn_.has_value());
    return *turn_;
  }
  // Carries out the effects of the callbacks made so far. Callbacks made meanwhile append theirs,
  // which are carried out in order too; a nested call is therefore a no-op.
  void settle();
  bool settling() const { return settling_; }

  ShardId id() const { return id_; }
  Reactor& reactor() { return reactor_; }
  Mesh& mesh() { return mesh_; }
  Service& service() {
    CHECK(service_ != nullptr);
    return *service_;
  }
  Transport& transport() {
    CHECK(transport_ != nullptr);
    return *transport_;
  }
  Wheel& wheel() { return wheel_; }

 private:
  void hand_over_recovered();
  void take_completions();
  void tell_of_commits();
  void expire_timers();
  void take_mail();
  void flush_log();
  void take_answers();
  void take_tasks();
  void deliver_to_ourselves();
  void deliver(const Envelope& envelope);
  void carry_out(const Effect& effect);
  void send_mail(EnvelopePtr envelope);
  base::Instant wait_until();
  void on_drain_deadline(Turn& turn);

  const ShardId id_;
  Reactor& reactor_;
  Mesh& mesh_;
  base::Random& random_;
  Answerer& answerer_;
  const ShardOptions options_;
  Service* service_ = nullptr;
  Transport* transport_ = nullptr;
  Log* log_ = nullptr;
  Wheel wheel_;
  PostOffice post_office_;
  Outbox outbox_;
  std::optional<Turn> turn_;
  std::vector<QuestionPtr> answers_;
  std::vector<TaskPtr> tasks_;
  std::vector<JournalEntry> recovered_;
  Journal::Position told_committed_ = 0;
  bool settling_ = false;
  bool more_ = false;        // a bound was hit: come back at once
  bool mail_waits_ = false;  // until the log is no longer behind
  bool draining_ = false;
  MemberTimer<Shard, &Shard::on_drain_deadline> drain_timer_{*this};
};

}  // namespace engine
