#include "engine/shard/shard.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "engine/trace/trace.h"

namespace engine {

Shard::Shard(ShardId id, Reactor& reactor, Mesh& mesh, base::Random& random, Answerer& answerer,
             const ShardOptions& options)
    : id_(id),
      reactor_(reactor),
      mesh_(mesh),
      random_(random),
      answerer_(answerer),
      options_(options),
      wheel_(reactor.now()),
      post_office_(id, mesh, options.mail_waiting) {
  CHECK(id < mesh.shards());
  mesh_.attach(id, reactor);
}

Shard::~Shard() {
  CHECK(!turn_.has_value() && !settling_);  // between turns, and not from within a callback
  mesh_.detach(id_);
}

void Shard::attach(Service& service, Transport& transport, Log& log,
                   std::vector<JournalEntry> recovered) {
  CHECK(service_ == nullptr && transport_ == nullptr && log_ == nullptr && !turn_.has_value());
  service_ = &service;
  transport_ = &transport;
  log_ = &log;
  recovered_ = std::move(recovered);
}

void Shard::turn() {
  CHECK(service_ != nullptr && transport_ != nullptr && outbox_.empty());
  CHECK(!turn_.has_value() && !settling_);  // not re-entered
  more_ = false;
  turn_.emplace(Turn{reactor_.now(), reactor_.wall(), id_, outbox_, wheel_, *log_, random_});
  hand_over_recovered();
  transport_->begin_turn();
  settle();
  take_completions();
  expire_timers();
  take_mail();
  take_answers();
  take_tasks();
  deliver_to_ourselves();
  transport_->flush();
  settle();
  post_office_.publish();
  flush_log();
  CHECK(outbox_.empty());
  turn_.reset();
  trace::count(trace::Counter::turns);
  reactor_.submit_and_wait(wait_until());
}

// The log may catch up in this very flush, and nothing else may wake us then: only afterwards is it
// decided what waits for it.
void Shard::flush_log() {
  CHECK(turn_.has_value());
  log_->flush(turn_->now);
  const bool behind = log_->behind();
  transport_->hold_reading(post_office_.holding() || behind);
  if (std::exchange(mail_waits_, false) && !behind) more_ = true;
}

base::Instant Shard::wait_until() {
  CHECK(!turn_.has_value());
  const bool own_mail = !mesh_.mailbox(id_, id_).empty();
  if (more_ || own_mail || transport_->busy()) return reactor_.now();
  return std::min(wheel_.next_deadline(), log_->deadline());
}

void Shard::hand_over_recovered() {
  if (recovered_.empty()) return;
  service_->on_recovered(std::exchange(recovered_, {}), *turn_);
  settle();
}

void Shard::take_completions() {
  CHECK(turn_.has_value() && !settling_);
  for (const Completion& completion : reactor_.reap()) {
    if (completion.operation == Operation::wake) continue;
    if (completion.operation == Operation::commit) {
      log_->on_completion(completion);
      continue;
    }
    transport_->on_completion(completion);
    settle();
  }
  tell_of_commits();
}

void Shard::tell_of_commits() {
  const Journal::Position committed = log_->committed();
  CHECK(committed >= told_committed_ && committed <= log_->appended());
  if (committed == told_committed_) return;
  told_committed_ = committed;
  service_->on_committed(*turn_);
  settle();
}

void Shard::expire_timers() {
  wheel_.advance(turn_->now);
  for (uint32_t fired = 0; fired < options_.timers_per_turn; ++fired) {
    Timer* timer = wheel_.pop_due();
    if (timer == nullptr) return;
    CHECK(!timer->armed());
    timer->fire(*turn_);
    settle();
  }
  trace::count(trace::Counter::turn_bounds_hit);
  more_ = true;
}

void Shard::take_mail() {
  mail_waits_ = log_->behind();  // most of it would be journaled, too
  if (mail_waits_) return;
  for (ShardId from = 0; from < mesh_.shards(); ++from) {
    if (from == id_) continue;
    Mailbox& mailbox = mesh_.mailbox(from, id_);
    uint32_t taken = 0;
    while (taken < options_.envelopes_per_turn) {
      const EnvelopePtr envelope = mailbox.pop();
      if (envelope == nullptr) break;
      ++taken;
      deliver(*envelope);
    }
    if (taken == 0) continue;
    if (mailbox.take_full()) mesh_.wake(from);
    if (!mailbox.empty()) {
      trace::count(trace::Counter::turn_bounds_hit);
      more_ = true;
    }
  }
}

void Shard::deliver(const Envelope& envelope) {
  CHECK(envelope.to == id_ && envelope.from < mesh_.shards());
  CHECK(!settling_);  // no callback within another
  trace::count(trace::Counter::mail_delivered);
  service_->on_mail(envelope, *turn_);
  settle();
}

void Shard::take_answers() {
  CHECK(answers_.empty());
  mesh_.take_answers(id_, answers_);
  for (QuestionPtr& answer : answers_) {
    CHECK(answer != nullptr && answer->asked_by == id_);
    service_->on_answer(std::move(answer), *turn_);
    settle();
  }
  answers_.clear();
}

void Shard::take_tasks() {
  CHECK(tasks_.empty());
  const auto run = [this] {
    for (const TaskPtr& task : tasks_) {
      CHECK(task != nullptr);
      task->run(*this);
      settle();
    }
    tasks_.clear();
  };
  mesh_.take_arrivals(id_, tasks_);
  run();
  mesh_.take_tasks(id_, tasks_);
  run();
}

void Shard::deliver_to_ourselves() {
  Mailbox& mailbox = mesh_.mailbox(id_, id_);
  for (uint32_t taken = 0; taken < options_.local_mail_per_turn; ++taken) {
    if (mailbox.empty()) post_office_.publish_to(id_);
    const EnvelopePtr envelope = mailbox.pop();
    if (envelope == nullptr) return;
    deliver(*envelope);
  }
  trace::count(trace::Counter::turn_bounds_hit);
  more_ = true;
}

void Shard::settle() {
  CHECK(turn_.has_value());
  if (settling_) return;  // the loop below is already at it
  settling_ = true;
  // By index and by value: callbacks made on the way append to the same outbox.
  for (size_t i = 0; i < outbox_.effects().size(); ++i) {
    const Effect effect = outbox_.effects()[i];
    carry_out(effect);
  }
  outbox_.clear();
  settling_ = false;
}

void Shard::carry_out(const Effect& effect) {
  CHECK(settling_);
  switch (effect.kind) {
    case EffectKind::mail:
      send_mail(outbox_.take_mail(effect));
      return;
    case EffectKind::ask: {
      QuestionPtr question = outbox_.take_question(effect);
      question->asked_by = id_;
      answerer_.ask(std::move(question));
      return;
    }
    case EffectKind::send:
      transport_->execute(effect, outbox_.bytes(effect));
      return;
    case EffectKind::datagram: {
      const OutgoingDatagram& datagram = outbox_.datagram(effect);
      transport_->send_datagram(datagram.listener, datagram.to, outbox_.bytes(datagram));
      return;
    }
    case EffectKind::connect:
      transport_->connect(outbox_.take_connect(effect));
      return;
    default:
      transport_->execute(effect, {});
      return;
  }
}

void Shard::send_mail(EnvelopePtr envelope) {
  const EnvelopePtr refused = post_office_.post(std::move(envelope));
  if (refused != nullptr) service_->on_refused(*refused, *turn_);
}

void Shard::drain(base::Duration patience) {
  CHECK(turn_.has_value());
  if (draining_) return;
  CHECK(!drain_timer_.armed());
  draining_ = true;
  TRACE(node, info, "shard drains", {"shard", id_});
  transport_->stop_accepting();
  service_->on_shutdown(*turn_);
  settle();
  wheel_.arm(drain_timer_, turn_->now + patience);
}

void Shard::on_drain_deadline(Turn&) {
  CHECK(draining_);
  transport_->close_all();
}

}  // namespace engine
