// Who has failed to prove who he is, by name of whatever is counted: an account, or an address.
// Each may fail kBurst times in a row, and once more every kPause; until then it is told to come
// back later, without being listened to. One a shard. Limit: kNamesMax; beyond it the one that
// failed first is forgotten.
#pragma once

#include <cstdint>
#include <deque>
#include <unordered_map>

#include "engine/base/bytes.h"
#include "engine/base/time.h"

namespace sip {

class Failures {
 public:
  static constexpr size_t kNamesMax = 8192;
  static constexpr int kBurst = 10;
  static constexpr base::Duration kPause = base::Duration::seconds(10);

  bool too_many(base::Bytes name, base::Instant now) const;
  void add(base::Bytes name, base::Instant now);

  size_t size() const { return free_at_.size(); }

 private:
  // When all failures will have been forgiven.
  std::unordered_map<uint64_t, base::Instant> free_at_;  // by keyed hash of the name
  std::deque<uint64_t> order_;                           // of first failure
};

}  // namespace sip
