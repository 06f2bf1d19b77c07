// The office day (office_model.h) as one worker's people live it: presence to whoever of the
// contacts is there, messages to one of them, streams closed and opened again. Its thread.
//
// Who comes back is told what the others last said; that is no delivery, and is known by its age.
// What was on its way to or in the clique of somebody who left is not counted missing.
#pragma once

#include <vector>

#include "bench/load/client/frame.h"
#include "bench/load/phases/activity.h"
#include "bench/load/phases/ledger.h"
#include "bench/load/phases/office_model.h"

namespace load {

class OfficeDay final : public Activity {
 public:
  explicit OfficeDay(const Stage& stage);
  int64_t on_turn(int64_t now) override;
  bool over(int64_t now) override;
  void finish() override;
  void on_ready(Client& client, int64_t now) override;
  void on_bytes(Client& client, base::Bytes bytes, int64_t now) override;
  void on_gone(Client& client, Gone how, int64_t now) override;

 private:
  void live(const OfficeEvent& event, int64_t due);
  void change_presence(Client& client, int64_t due);
  void write_message(Client& client, uint32_t draw, int64_t due);
  Entry& open(Kind kind, int64_t due, uint32_t party, uint32_t recipients);
  void on_tick(Client& client, uint32_t tick, int64_t now);
  bool excused(const Entry& entry) const;
  uint32_t clique_begin(uint32_t index) const { return index - index % clique_; }
  uint32_t clique_end(uint32_t index) const {
    return std::min(clique_begin(index) + clique_, stage_.crowd.size());
  }

  const uint32_t clique_;
  OfficeModel model_;
  Ledger ledger_;
  std::vector<int64_t> left_at_;      // by client; when it last left
  std::vector<int64_t> clique_left_;  // by clique; when somebody of it last left or came
  uint32_t out_ = 0;                  // people on their way out or in
  bool shut_ = false;
};

}  // namespace load
