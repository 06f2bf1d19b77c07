// Presence to many contacts: in each clique some people change at once, and when everybody has
// heard the next ones do; or so many changes a second, each at its time. One worker's part; its
// thread.
#pragma once

#include <vector>

#include "bench/load/client/frame.h"
#include "bench/load/phases/activity.h"
#include "bench/load/phases/ledger.h"

namespace load {

class PresenceChanges final : public Activity {
 public:
  explicit PresenceChanges(const Stage& stage);
  int64_t on_turn(int64_t now) override;
  bool over(int64_t now) override;
  void finish() override;
  void on_bytes(Client& client, base::Bytes bytes, int64_t now) override;

 private:
  struct Group {
    uint32_t unheard = 0;  // changes of this round that somebody has still not heard
    uint32_t next = 0;     // member who changes next
  };

  void change_next(uint32_t group, int64_t due);
  void begin_round(uint32_t group, int64_t now);
  void on_tick(Client& client, uint32_t tick, int64_t now);

  const uint32_t clique_;
  const uint32_t people_;
  const double rate_;  // of this worker; 0: saturating
  std::vector<Group> groups_;
  std::vector<Template> texts_;  // one for each member of these groups
  Ledger ledger_;
  uint64_t changes_ = 0;
};

}  // namespace load
