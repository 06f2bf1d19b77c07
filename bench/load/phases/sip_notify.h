// NOTIFY fan-out: `presentities` accounts with `watchers` subscriptions each, made in the warm-up;
// then the publications of `window` accounts at a time change, each over when it was answered and
// all its watchers have been notified; at the end the subscriptions are ended. Counted are NOTIFYs;
// the PUBLISH is part of their cost. Latency: from the PUBLISH on. One worker's part; its thread.
#pragma once

#include "bench/load/phases/sip_watch.h"

namespace load {

class SipNotify final : public SipWatcher {
 public:
  explicit SipNotify(const Stage& stage);

 protected:
  void begin(int64_t now) override;
  void on_answer(uint32_t place, const sip::Message& answer, int64_t now) override;
  void on_heard(uint32_t place, int64_t sent, int64_t now) override;
  void on_notify(uint32_t number, int64_t now) override;

 private:
  struct Presentity {
    Publication publication;
    uint32_t tick = 0;  // of the PUBLISH under way; 0: none
    int64_t sent = 0;
  };

  Presentity& presentity_of(uint32_t subscription);
  void on_subscribed(int64_t now);
  void subscribe_next(int64_t now);
  void publish_next(int64_t now);
  void end_next(int64_t now);

  const uint32_t watchers_;
  std::vector<Presentity> presentities_;
  uint32_t asked_ = 0;  // subscriptions made, or about to be
  uint32_t made_ = 0;
  uint32_t publishing_ = 0;
  uint32_t next_ = 0;  // presentity
  bool ending_ = false;
};

}  // namespace load
