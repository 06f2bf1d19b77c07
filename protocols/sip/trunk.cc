#include "protocols/sip/trunk.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "engine/trace/trace.h"
#include "protocols/sip/transport/locate.h"

namespace sip {

Trunk::Trunk(TrunkPeer whose) : peer(std::move(whose)) {
  if (!peer.host.empty()) return;
  targets_ = {peer.address};
  located_until_ = base::Instant::never();
}

void Trunk::locate(const engine::NameQuestion& answer, base::Random& random, base::Instant now) {
  using Outcome = engine::NameQuestion::Outcome;
  CHECK(!peer.host.empty());
  if (answer.outcome == Outcome::found) {
    targets_ = in_order(answer.targets, random);
    located_until_ = now + std::clamp(answer.ttl, kFreshMin, kFreshMax);
    return;
  }
  trace::count(trace::Counter::sip_peers_not_found);
  TRACE(sip, warn, "peer_not_found", {"peer", peer.name()}, {"host", peer.host},
        {"why", answer.outcome == Outcome::nowhere ? "no such name" : "no answer"});
  if (answer.outcome == Outcome::nowhere) targets_.clear();
  located_until_ = now + kNowhere;
}

void Trunk::rotate() {
  CHECK(!targets_.empty());
  std::rotate(targets_.begin(), targets_.begin() + 1, targets_.end());
}

bool Trunk::wait(Method method, const Request& how, base::Bytes rest, uint64_t ticket) {
  auto one = std::make_unique<Waiting>();
  one->method = method;
  one->how = how;
  one->ticket = ticket;
  base::Bytes* const views[] = {&one->how.method, &one->how.uri, &one->how.route,
                                &one->how.from,   &one->how.to,  &one->how.call_id};
  for (const base::Bytes* view : views) one->text.append(*view);
  one->text.append(rest);
  if (waiting_bytes_ + one->text.size() > kWaitingBytesMax) {
    trace::count(trace::Counter::sip_peer_queue_full);
    return false;
  }
  base::Bytes left = one->text;
  for (base::Bytes* view : views) {
    *view = left.substr(0, view->size());
    left.remove_prefix(view->size());
  }
  one->rest = left;
  waiting_bytes_ += one->text.size();
  waiting_.push_back(std::move(one));
  return true;
}

std::unique_ptr<Trunk::Waiting> Trunk::take_one() {
  if (waiting_.empty()) return nullptr;
  auto one = std::move(waiting_.front());
  waiting_.pop_front();
  CHECK(waiting_bytes_ >= one->text.size());
  waiting_bytes_ -= one->text.size();
  return one;
}

std::vector<std::unique_ptr<Trunk::Waiting>> Trunk::take_waiting() {
  std::vector<std::unique_ptr<Waiting>> all;
  while (auto one = take_one()) all.push_back(std::move(one));
  return all;
}

}  // namespace sip
