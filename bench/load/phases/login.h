// Everybody who is away signs in, so many at once or so many a second; everybody leaves.
// One worker's part; its thread.
#pragma once

#include "bench/load/phases/activity.h"

namespace load {

class LoginStorm final : public Activity {
 public:
  explicit LoginStorm(const Stage& stage);
  int64_t on_turn(int64_t now) override;
  bool over(int64_t now) override;
  void finish() override;
  void on_ready(Client& client, int64_t now) override;
  void on_gone(Client& client, Gone how, int64_t now) override;

 private:
  int64_t due(uint32_t place) const;

  const uint32_t at_once_;
  const double rate_;  // of this worker; 0: none
  std::vector<uint32_t> waiting_;
  uint32_t begun_ = 0;
  uint32_t ended_ = 0;
};

class Logout final : public Activity {
 public:
  explicit Logout(const Stage& stage);
  int64_t on_turn(int64_t now) override;
  bool over(int64_t now) override;
  void finish() override;
  void on_gone(Client& client, Gone how, int64_t now) override;

 private:
  uint32_t next_ = 0;
  uint32_t leaving_ = 0;
};

}  // namespace load
