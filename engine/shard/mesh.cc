#include "engine/shard/mesh.h"

#include "engine/base/check.h"

namespace engine {

Mesh::Mesh(const MeshOptions& options)
    : options_(options), ports_(std::make_unique<Port[]>(options.shards)) {
  CHECK(options.shards > 0 && options.tasks_waiting > 0);
  const size_t pairs = size_t{options.shards} * options.shards;
  mailboxes_.reserve(pairs);
  for (size_t i = 0; i < pairs; ++i) {
    mailboxes_.push_back(std::make_unique<Mailbox>(options.mailbox_capacity));
  }
}

Mesh::~Mesh() {
  for (ShardId id = 0; id < options_.shards; ++id) CHECK(ports_[id].reactor == nullptr);
}

Mesh::Port& Mesh::port(ShardId shard) {
  CHECK(shard < options_.shards);
  return ports_[shard];
}

void Mesh::attach(ShardId shard, Reactor& reactor) {
  Reactor* before = port(shard).reactor.exchange(&reactor);
  CHECK(before == nullptr);
}

void Mesh::detach(ShardId shard) {
  const Reactor* before = port(shard).reactor.exchange(nullptr);
  CHECK(before != nullptr);
}

Mailbox& Mesh::mailbox(ShardId from, ShardId to) {
  CHECK(from < options_.shards && to < options_.shards);
  return *mailboxes_[size_t{from} * options_.shards + to];
}

void Mesh::answer(QuestionPtr question) {
  CHECK(question != nullptr);
  const ShardId home = question->asked_by;
  const bool taken = port(home).answers.push(question);
  CHECK(taken);  // as many as were asked; the store bounds those
  wake(home);
}

bool Mesh::post(ShardId to, TaskPtr& task) {
  CHECK(task != nullptr);
  if (!port(to).tasks.push(task, options_.tasks_waiting)) return false;
  wake(to);
  return true;
}

void Mesh::hand_over(ShardId to, TaskPtr task) {
  CHECK(task != nullptr);
  const bool taken = port(to).arrivals.push(task);
  CHECK(taken);
  wake(to);
}

void Mesh::wake(ShardId shard) {
  Reactor* reactor = port(shard).reactor.load(std::memory_order_acquire);
  if (reactor != nullptr) reactor->wake();
}

Reactor& Mesh::reactor(ShardId shard) {
  Reactor* reactor = port(shard).reactor.load(std::memory_order_acquire);
  CHECK(reactor != nullptr);
  return *reactor;
}

void Mesh::take_answers(ShardId shard, std::vector<QuestionPtr>& into) {
  CHECK(into.empty());
  port(shard).answers.take(into);
}

void Mesh::take_tasks(ShardId shard, std::vector<TaskPtr>& into) {
  CHECK(into.empty());
  port(shard).tasks.take(into);
}

void Mesh::take_arrivals(ShardId shard, std::vector<TaskPtr>& into) {
  CHECK(into.empty());
  port(shard).arrivals.take(into);
}

void Mesh::close_tasks(ShardId shard) {
  // Destroyed here, outside the lock: whoever waits for one of them learns it from that.
  const std::vector<TaskPtr> never_run = port(shard).tasks.close();
}

}  // namespace engine
