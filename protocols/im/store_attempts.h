// Attempts at one thing that the store shall do for a user: a failed one is made again, a limited
// number of times in all. Kept by value beside whatever waits for the answer; the user's shard
// only.
#pragma once

#include <cstdint>

namespace im {

// How often the store is asked before we give up: what another user was told by then (subscribed,
// unsubscribed) cannot be taken back, so one failed write must not leave the two disagreeing.
constexpr uint8_t kStoreAttempts = 3;

class StoreAttempts {
 public:
  // To be called once for each failure: shall the store be asked again?
  bool another() { return ++failures_ < kStoreAttempts; }

 private:
  uint8_t failures_ = 0;
};

}  // namespace im
