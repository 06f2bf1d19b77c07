#include "bench/load/phases/reconnect.h"

namespace load {

Reconnect::Reconnect(const Stage& stage)
    : Activity(stage),
      at_once_(std::max(stage.share(stage.phase.count("at_once")), 1U)),
      random_(stage.worker + 1),
      lost_at_(stage.crowd.size(), 0) {}

void Reconnect::try_later(const Client& client, int64_t earliest, int64_t latest) {
  const auto spread = static_cast<uint64_t>(latest - earliest);
  tries_.push({earliest + static_cast<int64_t>(random_.below(spread)), client.index});
}

int64_t Reconnect::on_turn(int64_t now) {
  while (!tries_.empty() && tries_.top().at <= now && trying_ < at_once_) {
    Client& client = stage_.crowd.client(tries_.top().index);
    tries_.pop();
    ++trying_;
    stage_.crowd.sign_in(client, lost_at_[client.index]);
  }
  const bool full = tries_.empty() || trying_ >= at_once_;
  return full ? now + kSecond / 10 : tries_.top().at;
}

void Reconnect::on_gone(Client& client, Gone how, int64_t now) {
  progress(now);
  int64_t& lost_at = lost_at_[client.index];
  if (how == Gone::lost) {
    if (lost_at != 0) {  // for the second time
      --back_;
      ++stage_.report.retries;
    }
    lost_at = now;
    if (stage_.report.began == 0) stage_.report.began = now;
    // Not all in one instant: nobody's clients are that much alike.
    return try_later(client, now, now + kSecond);
  }
  --trying_;
  if (how == Gone::denied) {
    ++denied_;
    return complain(stage_.crowd.trouble());
  }
  ++stage_.report.retries;
  try_later(client, now + kSecond / 2, now + 3 * kSecond / 2);
}

void Reconnect::on_ready(Client& client, int64_t now) {
  --trying_;
  ++back_;
  progress(now);
  stage_.report.units.record(now - client.wanted_at);
  stage_.report.finished = now;
}

bool Reconnect::over(int64_t now) {
  return back_ + denied_ == stage_.crowd.size() ||
         now - stage_.order.begin > 10 * from_seconds(stage_.phase.number("seconds"));
}

void Reconnect::finish() {
  const uint32_t never = stage_.crowd.size() - back_;
  stage_.report.errors.refused += never;
  if (never > 0) complain(std::to_string(never) + " clients are not back");
}

}  // namespace load
