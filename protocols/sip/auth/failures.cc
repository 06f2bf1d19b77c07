#include "protocols/sip/auth/failures.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/base/hash.h"
#include "engine/trace/counters.h"

namespace sip {

bool Failures::too_many(base::Bytes name, base::Instant now) const {
  const auto found = free_at_.find(base::keyed_hash(name));
  return found != free_at_.end() && found->second > now + kPause * (kBurst - 1);
}

void Failures::add(base::Bytes name, base::Instant now) {
  const uint64_t key = base::keyed_hash(name);
  const auto found = free_at_.find(key);
  if (found != free_at_.end()) {
    found->second = std::max(found->second, now) + kPause;
    return;
  }
  while (!order_.empty() &&
         (free_at_.size() >= kNamesMax || free_at_.find(order_.front())->second <= now)) {
    if (free_at_.size() >= kNamesMax) trace::count(trace::Counter::sip_failures_limit_hit);
    free_at_.erase(order_.front());
    order_.pop_front();
  }
  free_at_.emplace(key, now + kPause);
  order_.push_back(key);
  CHECK(order_.size() == free_at_.size());
}

}  // namespace sip
