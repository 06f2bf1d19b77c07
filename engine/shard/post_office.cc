#include "engine/shard/post_office.h"

#include <utility>

#include "engine/base/check.h"
#include "engine/base/plant.h"
#include "engine/trace/counters.h"

namespace engine {

PostOffice::PostOffice(ShardId here, Mesh& mesh, uint32_t waiting)
    : here_(here), mesh_(mesh), limit_(waiting), targets_(mesh.shards()) {
  CHECK(here < mesh.shards() && waiting > 0);
  for (ShardId to = 0; to < mesh.shards(); ++to) {
    targets_[to].mailbox = &mesh.mailbox(here, to);
  }
}

EnvelopePtr PostOffice::post(EnvelopePtr envelope) {
  CHECK(envelope != nullptr && envelope->to < targets_.size());
  envelope->from = here_;
  Target& target = targets_[envelope->to];
  CHECK(target.by_key.size() <= target.waiting.size());
  // Behind waiting mail nothing may overtake.
  const bool overtakes = base::plant == base::Plant::mail_overtakes;
  if ((target.waiting.empty() || overtakes) && target.mailbox->push(envelope)) {
    trace::count(trace::Counter::mail_sent);
    return nullptr;
  }
  return overflow(target, std::move(envelope));
}

EnvelopePtr PostOffice::overflow(Target& target, EnvelopePtr envelope) {
  if (envelope->overflow == OverflowPolicy::refuse) {
    trace::count(trace::Counter::mail_refused);
    return envelope;
  }
  const bool coalesces = envelope->overflow == OverflowPolicy::coalesce;
  if (coalesces && envelope->key != 0) {
    const auto older = target.by_key.find(envelope->key);
    if (older != target.by_key.end()) {
      CHECK(older->second - target.first < target.waiting.size());
      EnvelopePtr& replaced = target.waiting[older->second - target.first];
      CHECK(replaced->key == envelope->key && replaced->overflow == OverflowPolicy::coalesce);
      trace::count(trace::Counter::mail_coalesced);
      replaced = std::move(envelope);
      return nullptr;
    }
  }
  if (target.waiting.size() >= limit_) {
    if (coalesces) {
      trace::count(trace::Counter::mail_dropped);
      return nullptr;
    }
    trace::count(trace::Counter::mail_refused);
    return envelope;
  }
  if (coalesces && envelope->key != 0) {
    const auto added = target.by_key.emplace(envelope->key, target.first + target.waiting.size());
    CHECK(added.second);
  }
  if (!coalesces) {
    trace::count(trace::Counter::mail_held);
    ++held_;
  }
  ++waiting_;
  target.waiting.push_back(std::move(envelope));
  CHECK(target.waiting.size() <= limit_ && target.waiting.size() <= waiting_);
  return nullptr;
}

void PostOffice::retry(Target& target) {
  while (!target.waiting.empty()) {
    EnvelopePtr& next = target.waiting.front();
    const bool coalesces = next->overflow == OverflowPolicy::coalesce;
    const uint64_t key = next->key;
    const bool lost = base::plant == base::Plant::envelope_lost && target.first % 8 == 7;
    if (!lost && !target.mailbox->push(next)) return;
    trace::count(trace::Counter::mail_sent);
    target.waiting.pop_front();
    ++target.first;
    CHECK(waiting_ > 0);
    --waiting_;
    if (coalesces && key != 0) {
      const auto entry = target.by_key.find(key);
      CHECK(entry != target.by_key.end() && entry->second == target.first - 1);
      target.by_key.erase(entry);
    }
    if (!coalesces) {
      CHECK(held_ > 0);
      --held_;
    }
  }
}

void PostOffice::publish() {
  for (ShardId to = 0; to < targets_.size(); ++to) publish_to(to);
  CHECK(held_ <= waiting_);
}

void PostOffice::publish_to(ShardId to) {
  CHECK(to < targets_.size());
  retry(targets_[to]);
  if (targets_[to].mailbox->publish() && to != here_) mesh_.wake(to);
}

}  // namespace engine
