// The server restarts; whoever loses its connection comes back, tries again when it is refused, and
// gives up when it is denied. One worker's part; its thread.
#pragma once

#include <functional>
#include <queue>
#include <vector>

#include "bench/load/phases/activity.h"
#include "engine/base/random.h"

namespace load {

class Reconnect final : public Activity {
 public:
  explicit Reconnect(const Stage& stage);
  int64_t on_turn(int64_t now) override;
  bool over(int64_t now) override;
  void finish() override;
  void on_ready(Client& client, int64_t now) override;
  void on_gone(Client& client, Gone how, int64_t now) override;

 private:
  struct Try {
    int64_t at = 0;
    uint32_t index = 0;
    bool operator>(const Try& other) const { return at > other.at; }
  };
  void try_later(const Client& client, int64_t earliest, int64_t latest);

  const uint32_t at_once_;
  base::Prng random_;
  std::priority_queue<Try, std::vector<Try>, std::greater<>> tries_;
  std::vector<int64_t> lost_at_;  // by client; 0: not yet
  uint32_t trying_ = 0;
  uint32_t back_ = 0;
  uint32_t denied_ = 0;
};

}  // namespace load
