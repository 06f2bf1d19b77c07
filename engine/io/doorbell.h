// How another thread gets a shard out of its wait, cheaply: the eventfd is written only if the
// shard sleeps and nobody has rung yet. Whoever leaves work for the shard does so before ring().
//
// Why no wake is lost: ring() and the two calls around the wait are read-modify-writes of one
// variable, so they have one order. A ring() before about_to_sleep() forbids the sleep; one after
// it sees `asleep` and writes; what was left for the shard is visible after the exchange that
// found `rung`.
// ring(): any thread. The rest: the owning shard.
#pragma once

#include <atomic>
#include <cstdint>

namespace engine {

class Doorbell {
 public:
  Doorbell();
  ~Doorbell();
  Doorbell(const Doorbell&) = delete;
  Doorbell& operator=(const Doorbell&) = delete;

  void ring();
  int descriptor() const { return event_; }  // becomes readable; watched edge-triggered, never read

  bool about_to_sleep();  // false: somebody rang, look again instead
  bool woke_up();         // true: somebody rang since the last wait

 private:
  enum State : uint32_t { kAwake, kAsleep, kRung };
  std::atomic<uint32_t> state_{kAwake};
  int event_ = -1;
};

}  // namespace engine
