// The shards of a node with their threads: each makes its reactor, listens, then turns until the
// node has drained. The simulation does without it and turns the same Shards itself.
// Controlled from one thread (main); members say when others may call.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/random.h"
#include "engine/base/result.h"
#include "engine/io/make_reactor.h"
#include "engine/net/network.h"
#include "engine/net/options.h"
#include "engine/seam/service.h"
#include "engine/shard/mesh.h"
#include "engine/shard/shard.h"

namespace engine {

// What a node puts on its shards. Called in the shard's thread, before its first turn.
class ShardMaker {
 public:
  virtual ~ShardMaker() = default;
  virtual std::unique_ptr<Service> make_service(ShardId shard) = 0;
  virtual std::unique_ptr<base::Random> make_random(ShardId shard) = 0;
  // The shard's log on its reactor, and what it held when the node stopped.
  virtual std::unique_ptr<Log> make_log(ShardId shard, Reactor& reactor,
                                        std::vector<JournalEntry>& recovered) = 0;
};

struct ShardSetOptions {
  ReactorKind io = ReactorKind::automatic;
  ReactorLimits reactor;
  ShardOptions shard;
  NetOptions net;
  bool pin = true;    // thread i to the i-th CPU we are allowed to use
};

class ShardSet {
 public:
  ShardSet(const ShardSetOptions& options, Mesh& mesh, ShardMaker& maker, Answerer& answerer,
           TlsContexts tls);
  ~ShardSet();   // drains at once if still running; frees the reactors
  ShardSet(const ShardSet&) = delete;
  ShardSet& operator=(const ShardSet&) = delete;

  // Returns when every shard listens, or with the first reason why one cannot (all then ended).
  base::Status start();
  // Any thread. Goodbye to every peer; what is left after `patience` is closed; threads then end.
  void drain(base::Duration patience);
  // After drain. What the threads had stays until the destructor: others (the store, the admin
  // thread) may still answer, post and wake, and must have ended before that.
  void join();

  // Any thread, once started. False: the shard's task queue is full, or the shard has ended.
  [[nodiscard]] bool post(ShardId shard, TaskPtr& task);
  [[nodiscard]] bool replace_tls(const TlsContexts& tls);  // on every shard

  // After start().
  const std::vector<uint16_t>& ports() const { return ports_; }  // as listeners in the options
  const char* io_name() const { return io_name_; }
  const std::string& io_alarm() const { return io_alarm_; }      // empty: all is well
  int64_t connections() const { return shared_.connections.load(std::memory_order_relaxed); }

 private:
  struct Worker;
  enum class Stage : uint8_t { preparing, running, failed };

  void run(Worker& worker);
  base::Status prepare(Worker& worker);
  void pin(const Worker& worker);
  bool over() const;

  const ShardSetOptions options_;
  Mesh& mesh_;
  ShardMaker& maker_;
  Answerer& answerer_;
  const TlsContexts tls_;
  NetShared shared_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<uint16_t> ports_;
  const char* io_name_ = "";
  std::string io_alarm_;
  std::atomic<Stage> stage_{Stage::preparing};
  std::atomic<ShardId> draining_{0};   // shards that accept no more
};

}  // namespace engine
