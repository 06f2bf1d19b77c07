#include "bench/load/phases/login.h"

namespace load {

LoginStorm::LoginStorm(const Stage& stage)
    : Activity(stage),
      at_once_(std::max(stage.share(stage.phase.count("at_once")), 1U)),
      rate_(stage.share(stage.phase.number("rate"))) {
  for (const Client& client : stage.crowd.clients()) {
    if (client.state == ClientState::away) waiting_.push_back(client.index);
  }
}

// At a given rate each login has its time, whether the ones before it are done or not.
int64_t LoginStorm::due(uint32_t place) const {
  return stage_.order.begin + from_seconds(place / rate_);
}

int64_t LoginStorm::on_turn(int64_t now) {
  while (begun_ < waiting_.size()) {
    if (rate_ > 0 && due(begun_) > now) return due(begun_);
    if (rate_ <= 0 && begun_ - ended_ >= at_once_) return kNever;
    const int64_t wanted = rate_ > 0 ? due(begun_) : now;
    stage_.crowd.sign_in(stage_.crowd.client(waiting_[begun_++]), wanted);
  }
  return kNever;
}

bool LoginStorm::over(int64_t now) { return ended_ == waiting_.size() || gave_up(now); }

void LoginStorm::finish() {
  const size_t unheard = waiting_.size() - ended_;
  if (unheard > 0) complain(std::to_string(unheard) + " logins have not ended");
  stage_.report.errors.refused += unheard;
}

void LoginStorm::on_ready(Client& client, int64_t now) {
  ++ended_;
  stage_.report.units.record(now - client.wanted_at);
  stage_.report.finished = now;
  progress(now);
}

void LoginStorm::on_gone(Client& client, Gone how, int64_t now) {
  if (how == Gone::lost) return Activity::on_gone(client, how, now);
  ++ended_;
  ++stage_.report.errors.refused;
  complain(stage_.crowd.trouble());
}

Logout::Logout(const Stage& stage) : Activity(stage) {}

int64_t Logout::on_turn(int64_t) {
  static constexpr uint32_t kAtOnce = 256;
  for (; next_ < stage_.crowd.size() && leaving_ < kAtOnce; ++next_) {
    Client& client = stage_.crowd.client(next_);
    if (client.state != ClientState::ready) continue;
    ++leaving_;
    stage_.crowd.sign_out(client);
  }
  return kNever;
}

bool Logout::over(int64_t now) {
  return (next_ == stage_.crowd.size() && leaving_ == 0) || gave_up(now);
}

void Logout::finish() {
  if (leaving_ > 0) complain(std::to_string(leaving_) + " streams were not closed by the server");
  stage_.report.errors.refused += leaving_;
  for (Client& client : stage_.crowd.clients()) {
    if (client.state == ClientState::leaving) stage_.crowd.drop(client);
  }
}

void Logout::on_gone(Client& client, Gone how, int64_t now) {
  if (how != Gone::left) return Activity::on_gone(client, how, now);
  --leaving_;
  ++stage_.report.units.count;
  stage_.report.finished = now;
  progress(now);
}

}  // namespace load
