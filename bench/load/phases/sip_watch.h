// Subscriptions (RFC 6665, event presence) of users of the peer to accounts: made, refreshed,
// ended, each with its NOTIFY. What the phases below have in common, and
//   sip_subscribe  one is made and ended again: two SUBSCRIBE and two NOTIFY, four transactions
//   sip_hold       many are made in the warm-up and kept, refreshed at half their time; with
//                  `expire` then left alone until each has ended, when it had to
// Each SUBSCRIBE is over when it is answered and its NOTIFY is here, in whatever order they come.
// One worker's part; its thread.
#pragma once

#include <deque>

#include "bench/load/phases/sip_publish.h"

namespace load {

struct Subscription {
  std::string call;       // Call-ID
  std::string to;         // with the server's tag, once there is one
  std::string target;     // where further requests go
  uint32_t cseq = 0;      // 0: there is no subscription
  uint32_t notified = 0;  // CSeq of the last NOTIFY
  uint32_t tick = 0;      // of the SUBSCRIBE whose NOTIFY has not come; 0: none
};

class SipWatcher : public SipPublisher {
 public:
  using SipPublisher::SipPublisher;

 protected:
  // Places of subscriptions are their numbers; those of others begin here.
  static constexpr uint32_t kOtherPlaces = 1U << 24;

  // `expires` 0 ends it.
  void subscribe(uint32_t number, const std::string& presentity, uint32_t expires, int64_t now);
  void on_answer(uint32_t place, const sip::Message& answer, int64_t now) override;
  void on_request(const sip::Message& request, int64_t now) final;
  // A NOTIFY that no SUBSCRIBE has caused.
  virtual void on_notify(uint32_t, int64_t) {}

  std::vector<Subscription> subscriptions_;

 private:
  bool find(const sip::Message& request, uint32_t& number) const;

  std::string fields_;
  uint32_t lives_ = 0;
};

class SipSubscribe final : public SipWatcher {
 public:
  using SipWatcher::SipWatcher;

 protected:
  void begin(int64_t now) override;
  void on_heard(uint32_t place, int64_t sent, int64_t now) override;

 private:
  void make(uint32_t place, int64_t now);

  std::vector<std::string> presentities_;
};

class SipHold final : public SipWatcher {
 public:
  explicit SipHold(const Stage& stage);
  int64_t on_turn(int64_t now) override;
  bool over(int64_t now) override;
  void finish() override;

 protected:
  void begin(int64_t now) override;
  void on_answer(uint32_t place, const sip::Message& answer, int64_t now) override;
  void on_heard(uint32_t place, int64_t sent, int64_t now) override;
  void on_notify(uint32_t number, int64_t now) override;

 private:
  void go_on(int64_t now);
  int64_t next_made_at() const;

  const uint32_t expires_;
  const bool let_expire_;
  std::vector<int64_t> granted_;  // until when, each
  uint32_t expired_ = 0;
  int64_t begun_ = 0;
  uint32_t made_ = 0;  // or about to be
  uint32_t under_way_ = 0;
  std::deque<std::pair<int64_t, uint32_t>> due_;  // refreshes
};

}  // namespace load
