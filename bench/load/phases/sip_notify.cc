#include "bench/load/phases/sip_notify.h"

namespace load {

static constexpr uint32_t kAtOnce = 32;  // subscriptions being made or ended
static constexpr uint32_t kExpires = 3600;

SipNotify::SipNotify(const Stage& stage)
    : SipWatcher(stage), watchers_(stage.phase.count("watchers")) {
  presentities_.resize(stage.share(stage.phase.count("presentities")));
  subscriptions_.resize(presentities_.size() * watchers_);
  for (Presentity& one : presentities_) {
    one.publication.uri = next_user();
    one.publication.call = "n" + hexadecimal(stage.order.phase);
  }
}

// Watchers of one presentity are not neighbours: as in life, they come one by one.
SipNotify::Presentity& SipNotify::presentity_of(uint32_t subscription) {
  return presentities_[subscription % presentities_.size()];
}

void SipNotify::begin(int64_t now) {
  for (uint32_t i = 0; i < kAtOnce; ++i) subscribe_next(now);
}

void SipNotify::subscribe_next(int64_t now) {
  if (asked_ == subscriptions_.size()) return;
  const uint32_t number = asked_++;
  subscribe(number, presentity_of(number).publication.uri, kExpires, now);
}

void SipNotify::on_subscribed(int64_t now) {
  if (++made_ < subscriptions_.size()) return subscribe_next(now);
  if (now >= stage_.order.measure_from) fail("SIP: the warm-up is too short to subscribe");
  for (uint32_t i = 0; i < std::min<size_t>(places(), presentities_.size()); ++i) {
    ++publishing_;
    publish_next(now);
  }
}

void SipNotify::publish_next(int64_t now) {
  while (presentities_[next_].tick != 0) next_ = (next_ + 1) % presentities_.size();
  Presentity& one = presentities_[next_];
  one.sent = now;
  one.tick = publish(kOtherPlaces + next_, one.publication, What::publish, now, 1 + watchers_);
}

void SipNotify::on_answer(uint32_t place, const sip::Message& answer, int64_t now) {
  if (place < kOtherPlaces) return SipWatcher::on_answer(place, answer, now);
  remember(presentities_[place - kOtherPlaces].publication, answer);
}

void SipNotify::on_notify(uint32_t number, int64_t now) {
  const Presentity& one = presentity_of(number);
  if (one.tick == 0) {
    ++stage_.report.errors.duplicate;
    return complain("SIP: a NOTIFY that nothing has caused");
  }
  count(one.sent, now);
  hear(one.tick, now);
}

void SipNotify::on_heard(uint32_t place, int64_t, int64_t now) {
  if (place < kOtherPlaces) return ending_ ? end_next(now) : on_subscribed(now);
  presentities_[place - kOtherPlaces].tick = 0;
  if (!ended(now)) return publish_next(now);
  if (--publishing_ > 0) return;
  ending_ = true;
  for (uint32_t i = 0; i < kAtOnce; ++i) end_next(now);
}

void SipNotify::end_next(int64_t now) {
  if (asked_ == 0) return;
  --asked_;
  subscribe(asked_, {}, 0, now);
}

}  // namespace load
