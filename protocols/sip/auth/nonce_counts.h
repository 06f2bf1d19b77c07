// How often each nonce has been used by an account (RFC 7616 §3.4, nc): the count must grow with
// every request, so what somebody has heard on the way is worth nothing when it is said again.
// Only of nonces whose use has been proved. One a shard, on the shard that owns the account.
// Limit: kNoncesMax; beyond it the oldest goes, and with it all nonces made before it, which are
// stale from then on.
#pragma once

#include <cstdint>
#include <deque>
#include <unordered_map>

#include "engine/base/bytes.h"
#include "engine/base/time.h"

namespace sip {

class NonceCounts {
 public:
  static constexpr size_t kNoncesMax = 8192;

  explicit NonceCounts(base::Duration life) : life_(life) {}

  enum class Use : uint8_t {
    fresh,
    again,  // the same request, for all that can be told: it was sent twice
    stale,  // the count has not grown, or nobody knows any more whether it has
  };
  // `request`: a hash of what makes it another one than its predecessor.
  Use use(base::Bytes account, base::Bytes nonce, base::Instant made, uint32_t count,
          uint64_t request, base::Instant now);

  size_t size() const { return last_.size(); }

 private:
  struct Last {
    uint32_t count = 0;
    uint64_t request = 0;
  };
  struct Made {
    uint64_t nonce = 0;
    base::Instant when;
  };

  void drop_oldest();

  const base::Duration life_;
  std::unordered_map<uint64_t, Last> last_;  // by keyed hash of account and nonce
  std::deque<Made> order_;                   // of first use
  base::Instant forgotten_{INT64_MIN};       // what was made until then
};

}  // namespace sip
