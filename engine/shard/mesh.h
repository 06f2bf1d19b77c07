// What the shards of one node share: the mailboxes between every pair, the inboxes of every shard
// and whom to wake. Made before the shards, outlives them and every thread that posts to them.
// Which thread may call what is said at each member.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/io/reactor.h"
#include "engine/seam/ids.h"
#include "engine/seam/question.h"
#include "engine/shard/inbox.h"
#include "engine/shard/mailbox.h"

namespace engine {

class Shard;

// Something to be done on a shard: an operator's command, a reload, a connection that moves in.
struct Task {
  virtual ~Task() = default;
  virtual void run(Shard& shard) = 0;  // on the shard; effects in shard.turn().out
};
using TaskPtr = std::unique_ptr<Task>;

struct MeshOptions {
  ShardId shards = 1;
  uint32_t mailbox_capacity = 1024;   // envelopes from one shard to another; power of two
  uint32_t tasks_waiting = 1024;      // control tasks waiting at one shard
};

class Mesh {
 public:
  explicit Mesh(const MeshOptions& options);
  ~Mesh();

  ShardId shards() const { return options_.shards; }

  // The owning shard, before any shard takes its first turn. The reactor must outlive every other
  // thread's use of the mesh; detach() only serves tests that end a shard early.
  void attach(ShardId shard, Reactor& reactor);
  void detach(ShardId shard);

  Mailbox& mailbox(ShardId from, ShardId to);   // see Mailbox for who may do what

  // Any thread.
  void answer(QuestionPtr question);            // goes home to the shard that asked
  // False: too many wait, or the shard has ended; the task stays yours.
  [[nodiscard]] bool post(ShardId to, TaskPtr& task);
  // For connections on their way to another shard: as many as there are connections, so no limit
  // of its own.
  void hand_over(ShardId to, TaskPtr task);
  void wake(ShardId shard);
  // Of a shard that is attached, for Reactor::pass() to it alone.
  Reactor& reactor(ShardId shard);

  // The owning shard.
  void take_answers(ShardId shard, std::vector<QuestionPtr>& into);
  void take_tasks(ShardId shard, std::vector<TaskPtr>& into);
  void take_arrivals(ShardId shard, std::vector<TaskPtr>& into);
  // After its last turn: destroys the tasks that wait, without running them, and refuses more.
  void close_tasks(ShardId shard);

 private:
  struct Port {
    std::atomic<Reactor*> reactor{nullptr};
    Inbox<QuestionPtr> answers;
    Inbox<TaskPtr> tasks;
    Inbox<TaskPtr> arrivals;
  };
  Port& port(ShardId shard);

  const MeshOptions options_;
  std::vector<std::unique_ptr<Mailbox>> mailboxes_;  // [from * shards + to]
  std::unique_ptr<Port[]> ports_;
};

}  // namespace engine
