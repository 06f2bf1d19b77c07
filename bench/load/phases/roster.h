// Roster fetches: so many at once, one client after the other.
// One worker's part; its thread.
#pragma once

#include "bench/load/phases/activity.h"
#include "bench/load/phases/ledger.h"

namespace load {

class RosterFetch final : public Activity {
 public:
  explicit RosterFetch(const Stage& stage);
  int64_t on_turn(int64_t now) override { return look_again(now); }
  bool over(int64_t now) override;
  void finish() override;
  void on_bytes(Client& client, base::Bytes bytes, int64_t now) override;

 private:
  void ask_next(int64_t now);

  Ledger ledger_;
  uint32_t next_ = 0;
};

}  // namespace load
