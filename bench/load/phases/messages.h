// One-to-one messages between pairs of neighbours: so many in flight for each pair, where whoever
// gets some sends as many back; or so many a second, each at its time. One worker's part; its
// thread.
#pragma once

#include <vector>

#include "bench/load/client/frame.h"
#include "bench/load/phases/activity.h"
#include "bench/load/phases/ledger.h"

namespace load {

class Messages final : public Activity {
 public:
  explicit Messages(const Stage& stage);
  int64_t on_turn(int64_t now) override;
  bool over(int64_t now) override;
  void finish() override;
  void on_bytes(Client& client, base::Bytes bytes, int64_t now) override;

 private:
  struct Speaker {
    Template text;
    uint32_t since_request = 0;  // messages, with stream management
    int64_t requested_at = 0;    // 0: no request is unanswered
    uint32_t acknowledged = 0;
  };

  static uint32_t partner(uint32_t index) { return index ^ 1; }
  void say(Client& client, int64_t due);
  void on_tick(Client& client, uint32_t tick, int64_t now);
  void request_acknowledgement(Client& client, Speaker& speaker, int64_t now);
  void hear_acknowledgement(Client& client, int64_t now);

  const double rate_;  // of this worker; 0: saturating
  std::vector<Speaker> speakers_;
  Ledger ledger_;
  uint64_t said_ = 0;
};

}  // namespace load
