// A phase as one worker does it: hears what happens to the clients, speaks when it is its turn, and
// writes the worker's report. One object a phase; the worker's thread.
#pragma once

#include <memory>
#include <string>

#include "bench/load/client/crowd.h"
#include "bench/load/process/shared.h"

namespace load {

struct Stage {
  const Options& options;
  const Phase& phase;
  const Order& order;
  uint32_t worker = 0;
  Crowd& crowd;
  Report& report;

  bool measured(int64_t at) const { return at >= order.measure_from && at < order.measure_to; }
  // This worker's part of what all do together.
  double share(double total) const { return total / options.workers; }
  uint32_t share(uint32_t total) const;
};

class Activity : public ClientEvents {
 public:
  explicit Activity(const Stage& stage) : stage_(stage) {}

  // Called each turn: says what is due; returns when it wants to be called again at the latest.
  virtual int64_t on_turn(int64_t now) = 0;
  virtual bool over(int64_t now) = 0;
  // Once, at the end: counts what never came.
  virtual void finish() {}

  // What a phase that expects nothing of the kind thinks of it.
  void on_ready(Client&, int64_t) override {}
  void on_bytes(Client&, base::Bytes, int64_t) override {}
  void on_gone(Client& client, Gone how, int64_t now) override;

 protected:
  void complain(const std::string& what);
  // For phases that wait for something: true if nothing has come for as long as the user allows.
  bool gave_up(int64_t now) const { return now - progress_ > patience(); }
  // For phases that speak when spoken to: looks again when the time is over, and now and then
  // after.
  int64_t look_again(int64_t now) const {
    return now < stage_.order.measure_to ? stage_.order.measure_to : now + kSecond / 100;
  }
  void progress(int64_t now) { progress_ = now; }
  int64_t patience() const { return int64_t{stage_.options.give_up_seconds} * kSecond; }

  const Stage stage_;

 private:
  int64_t progress_ = now_ns();
};

std::unique_ptr<Activity> make_activity(const Stage& stage);

}  // namespace load
