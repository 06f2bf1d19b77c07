#include "protocols/sip/auth/nonce_counts.h"

#include <algorithm>
#include <string>

#include "engine/base/check.h"
#include "engine/base/hash.h"
#include "engine/trace/counters.h"

namespace sip {

void NonceCounts::drop_oldest() {
  CHECK(!order_.empty());
  forgotten_ = std::max(forgotten_, order_.front().when);
  last_.erase(order_.front().nonce);
  order_.pop_front();
}

NonceCounts::Use NonceCounts::use(base::Bytes account, base::Bytes nonce, base::Instant made,
                                  uint32_t count, uint64_t request, base::Instant now) {
  while (!order_.empty() && order_.front().when + life_ < now) drop_oldest();
  std::string name(account);
  name.append(" ").append(nonce);
  const uint64_t key = base::keyed_hash(name);
  const auto found = last_.find(key);
  if (found != last_.end()) {
    Last& last = found->second;
    if (count == last.count && request == last.request) return Use::again;
    if (count <= last.count) return Use::stale;
    last = {count, request};
    return Use::fresh;
  }
  if (made <= forgotten_) return Use::stale;
  if (last_.size() >= kNoncesMax) {
    trace::count(trace::Counter::sip_nonces_limit_hit);
    drop_oldest();
  }
  last_.emplace(key, Last{count, request});
  order_.push_back({key, made});
  CHECK(order_.size() == last_.size());
  return Use::fresh;
}

}  // namespace sip
