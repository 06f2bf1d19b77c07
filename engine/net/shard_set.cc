#include "engine/net/shard_set.h"

#include <pthread.h>
#include <sched.h>

#include <thread>
#include <utility>

#include "engine/base/check.h"
#include "engine/memory/jemalloc.h"
#include "engine/trace/trace.h"

namespace engine {

// What one thread owns. Made by main, filled in by the thread.
struct ShardSet::Worker {
  explicit Worker(ShardId which) : id(which) {}
  const ShardId id;
  std::thread thread;
  std::unique_ptr<Reactor> reactor;
  std::unique_ptr<base::Random> random;
  std::unique_ptr<Log> log;
  std::unique_ptr<Shard> shard;
  std::unique_ptr<Service> service;
  std::unique_ptr<Network> network;
  std::atomic<bool> prepared{false};
  base::Status status = base::Status::ok();
};

namespace {

struct DrainTask final : Task {
  DrainTask(base::Duration how_long, std::atomic<ShardId>& count)
      : patience(how_long), draining(count) {}
  void run(Shard& shard) override {
    if (shard.draining()) return;
    shard.drain(patience);
    ++draining;
  }
  const base::Duration patience;
  std::atomic<ShardId>& draining;
};

struct ReplaceTlsTask final : Task {
  explicit ReplaceTlsTask(TlsContexts contexts) : tls(std::move(contexts)) {}
  void run(Shard& shard) override {
    static_cast<Network&>(shard.transport()).replace_tls(std::move(tls));
  }
  TlsContexts tls;
};

}  // namespace

ShardSet::ShardSet(const ShardSetOptions& options, Mesh& mesh, ShardMaker& maker,
                   Answerer& answerer, TlsContexts tls)
    : options_(options),
      mesh_(mesh),
      maker_(maker),
      answerer_(answerer),
      tls_(std::move(tls)),
      shared_(options_.net) {}

ShardSet::~ShardSet() {
  if (!workers_.empty() && workers_.front()->thread.joinable()) {
    drain(base::Duration{});
    join();
  }
  // Workers go in any order: no thread is left that could post to them or wake them.
}

base::Status ShardSet::start() {
  CHECK(workers_.empty());
  for (ShardId id = 0; id < mesh_.shards(); ++id) {
    workers_.push_back(std::make_unique<Worker>(id));
    Worker& worker = *workers_.back();
    worker.thread = std::thread([this, &worker] { run(worker); });
    // One after the other: the first shard finds the ports that the others share.
    worker.prepared.wait(false);
    if (worker.status) continue;
    const base::Status why = worker.status;
    stage_ = Stage::failed;
    stage_.notify_all();
    join();
    return why;
  }
  CHECK(workers_.size() == mesh_.shards());
  Worker& first = *workers_.front();
  io_name_ = first.reactor->name();
  CHECK(ports_.size() == options_.net.listeners.size());
  stage_ = Stage::running;
  stage_.notify_all();
  return base::Status::ok();
}

base::Status ShardSet::prepare(Worker& worker) {
  CHECK(worker.id < mesh_.shards() && worker.shard == nullptr);
  ReactorLimits limits = options_.reactor;
  for (const ListenerOptions& listener : options_.net.listeners) {
    if (listener.transport == ListenerTransport::datagram) {
      limits.datagram_buffers = options_.net.datagrams_per_turn;
    }
  }
  base::Result<MadeReactor> made = make_reactor(options_.io, limits);
  if (!made) return made.error();
  worker.reactor = std::move(made->reactor);
  if (worker.id == 0 && !made->alarm.empty()) {
    io_alarm_ = made->alarm;
    TRACE(node, error, "io_uring not available", {"why", io_alarm_});
  }
  worker.random = maker_.make_random(worker.id);
  worker.shard = std::make_unique<Shard>(worker.id, *worker.reactor, mesh_, *worker.random,
                                         answerer_, options_.shard);
  worker.service = maker_.make_service(worker.id);
  CHECK(worker.random != nullptr && worker.service != nullptr);
  worker.network = std::make_unique<Network>(*worker.shard, options_.net, shared_, tls_);
  std::vector<JournalEntry> recovered;
  worker.log = maker_.make_log(worker.id, *worker.reactor, recovered);
  worker.shard->attach(*worker.service, *worker.network, *worker.log, std::move(recovered));
  return worker.network->listen(ports_);
}

void ShardSet::pin(const Worker& worker) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (pthread_getaffinity_np(pthread_self(), sizeof allowed, &allowed) != 0) return;
  const int count = CPU_COUNT(&allowed);
  if (count == 0) return;
  int skip = worker.id % count;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed) || skip-- > 0) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    pthread_setaffinity_np(pthread_self(), sizeof one, &one);
    return;
  }
}

bool ShardSet::over() const {
  CHECK(draining_.load(std::memory_order_relaxed) <= mesh_.shards());
  // With no shard accepting, the connections can only become fewer; those on their way between
  // shards count.
  return draining_.load() == mesh_.shards() && shared_.connections.load() == 0;
}

void ShardSet::run(Worker& worker) {
  pthread_setname_np(pthread_self(), ("shard " + std::to_string(worker.id)).c_str());
  if (options_.pin) pin(worker);
  unsigned arena = 0;  // what this shard allocates from now on is its own
  if (memory::bind_own_arena(arena)) {
    TRACE(node, debug, "memory arena", {"shard", worker.id}, {"arena", arena});
  }
  worker.status = prepare(worker);
  worker.prepared = true;
  worker.prepared.notify_all();
  // No turn before every shard can be woken.
  stage_.wait(Stage::preparing);
  if (stage_.load() == Stage::running) {
    while (!over() || !worker.log->finish()) worker.shard->turn();
    CHECK(worker.shard->drained());
    // The others may sleep, waiting for the same.
    for (ShardId other = 0; other < mesh_.shards(); ++other) mesh_.wake(other);
    mesh_.close_tasks(worker.id);
  }
}

void ShardSet::drain(base::Duration patience) {
  for (ShardId id = 0; id < workers_.size(); ++id) {
    mesh_.hand_over(id, std::make_unique<DrainTask>(patience, draining_));
  }
}

void ShardSet::join() {
  for (const auto& worker : workers_) {
    if (worker->thread.joinable()) worker->thread.join();
  }
}

bool ShardSet::post(ShardId shard, TaskPtr& task) { return mesh_.post(shard, task); }

bool ShardSet::replace_tls(const TlsContexts& tls) {
  bool all = true;
  for (ShardId id = 0; id < mesh_.shards(); ++id) {
    TaskPtr task = std::make_unique<ReplaceTlsTask>(tls);
    all = mesh_.post(id, task) && all;
  }
  return all;
}

}  // namespace engine
