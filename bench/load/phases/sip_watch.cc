#include "bench/load/phases/sip_watch.h"

#include "protocols/sip/header/number.h"

namespace load {

static constexpr uint32_t kChurnExpires = 600;

void SipWatcher::subscribe(uint32_t number, const std::string& presentity, uint32_t expires,
                           int64_t now) {
  Subscription& one = subscriptions_[number];
  const std::string address = "<" + presentity + ">";
  if (one.cseq == 0) {
    char tick[kTickBytes];
    write_tick(tick, number);
    one = {.call = std::string(tick, kTickBytes) + "." + hexadecimal(++lives_),
           .to = address,
           .target = presentity};
  }
  const std::string user = "sip:w" + std::to_string(number);
  fields_ = "Event: presence\r\nAccept: application/pidf+xml\r\nContact: <" + user + "@";
  fields_.append(link().here()).append(stage_.phase.over_tcp ? ";transport=tcp" : ";transport=udp");
  fields_.append(">\r\nExpires: ").append(std::to_string(expires)).append("\r\n");
  const std::string from = "<" + user + "@" + std::string(peer_domain()) + ">;tag=w1";
  one.tick = send(number,
                  {.method = "SUBSCRIBE",
                   .uri = one.target,
                   .from = from,
                   .to = one.to,
                   .call_id = one.call,
                   .cseq = ++one.cseq,
                   .fields = fields_},
                  now, 2);
}

void SipWatcher::on_answer(uint32_t place, const sip::Message& answer, int64_t) {
  if (place >= kOtherPlaces) return;
  Subscription& one = subscriptions_[place];
  one.to = answer.value(sip::HeaderId::to);
  base::Bytes contact = answer.value(sip::HeaderId::contact);
  const size_t open = contact.find('<');
  if (open != base::Bytes::npos) contact = contact.substr(open + 1, contact.find('>') - open - 1);
  one.target = contact.substr(0, contact.find(open == base::Bytes::npos ? ';' : '>'));
  if (one.target.empty()) fail("SIP: a SUBSCRIBE was answered without Contact");
}

bool SipWatcher::find(const sip::Message& request, uint32_t& number) const {
  const base::Bytes call = request.value(sip::HeaderId::call_id);
  return request.method() == sip::Method::notify && call.size() > kTickBytes &&
         read_tick(call.data(), number) && number < subscriptions_.size() &&
         subscriptions_[number].call == call;
}

void SipWatcher::on_request(const sip::Message& request, int64_t now) {
  uint32_t number = 0;
  sip::CSeq cseq;
  if (!find(request, number) || sip::read_cseq(request, cseq) != sip::Read::ok) return;
  Subscription& one = subscriptions_[number];
  if (cseq.number <= one.notified) return;  // has come before
  if (one.notified > 0 && cseq.number != one.notified + 1) {
    ++stage_.report.errors.missing;
    complain("SIP: a NOTIFY is missing before this one");
  }
  one.notified = cseq.number;
  if (one.tick == 0) return on_notify(number, now);
  const uint32_t tick = one.tick;
  one.tick = 0;
  hear(tick, now);
}

void SipSubscribe::begin(int64_t now) {
  subscriptions_.resize(places());
  presentities_.resize(places());
  for (uint32_t place = 0; place < places(); ++place) make(place, now);
}

void SipSubscribe::make(uint32_t place, int64_t now) {
  presentities_[place] = next_user();
  subscribe(place, presentities_[place], kChurnExpires, now);
}

void SipSubscribe::on_heard(uint32_t place, int64_t sent, int64_t now) {
  count(sent, now);  // the SUBSCRIBE, and its NOTIFY
  count(sent, now);
  Subscription& one = subscriptions_[place];
  if (one.cseq == 1) return subscribe(place, presentities_[place], 0, now);
  one.cseq = 0;
  if (!ended(now)) make(place, now);
}

static constexpr int64_t kExpiryOffMax = 2 * kSecond;

SipHold::SipHold(const Stage& stage)
    : SipWatcher(stage),
      expires_(stage.phase.count("expires")),
      let_expire_(stage.phase.number("expire") > 0) {
  subscriptions_.resize(stage.share(stage.phase.count("subscriptions")));
  granted_.resize(subscriptions_.size());
}

void SipHold::begin(int64_t now) {
  begun_ = now;
  go_on(now);
}

// They are made over three quarters of the warm-up, so that their ends do not come all at once.
int64_t SipHold::next_made_at() const {
  const int64_t over = (stage_.order.measure_from - begun_) / 4 * 3;
  return begun_ + over / static_cast<int64_t>(subscriptions_.size()) * made_;
}

// Those that are due go before those that are still to be made; `window` at a time.
void SipHold::go_on(int64_t now) {
  while (under_way_ < places() && !ended(now)) {
    if (!due_.empty() && due_.front().first <= now) {
      subscribe(due_.front().second, {}, expires_, now);
      due_.pop_front();
    } else if (made_ < subscriptions_.size() && next_made_at() <= now) {
      subscribe(made_++, next_user(), expires_, now);
    } else {
      return;
    }
    ++under_way_;
  }
}

void SipHold::on_answer(uint32_t place, const sip::Message& answer, int64_t now) {
  SipWatcher::on_answer(place, answer, now);
  uint32_t seconds = 0;
  if (sip::read_expires(answer, seconds) != sip::Read::ok) {
    return fail("SIP: a SUBSCRIBE was answered without Expires");
  }
  granted_[place] = now + from_seconds(seconds);
}

// Nobody's presence changes: what comes is the last one of a subscription.
void SipHold::on_notify(uint32_t number, int64_t now) {
  const int64_t off = std::abs(now - granted_[number]);
  stage_.report.extra(Extra::expiries).record(off);
  ++expired_;
  progress(now);
  if (!let_expire_ || !ended(now)) return fail("SIP: a subscription ended that was refreshed");
  if (off > kExpiryOffMax) fail("SIP: a subscription did not end when it had to");
}

bool SipHold::over(int64_t now) {
  const bool all_gone = failed() || gave_up(now) || expired_ == subscriptions_.size();
  return SipWatcher::over(now) && (!let_expire_ || all_gone);
}

void SipHold::on_heard(uint32_t place, int64_t sent, int64_t now) {
  --under_way_;
  const bool refreshed = subscriptions_[place].cseq > 1;
  if (refreshed && stage_.measured(now)) stage_.report.extra(Extra::refreshes).record(now - sent);
  if (made_ == subscriptions_.size() && !refreshed && now >= stage_.order.measure_from) {
    return fail("SIP: the warm-up is too short to subscribe");
  }
  due_.emplace_back(now + from_seconds(expires_ / 2.0), place);
  go_on(now);
}

int64_t SipHold::on_turn(int64_t now) {
  if (made_ > 0) go_on(now);
  int64_t next = SipWatcher::on_turn(now);
  if (under_way_ >= places() || ended(now)) return next;
  if (!due_.empty()) next = std::min(next, due_.front().first);
  return made_ < subscriptions_.size() ? std::min(next, next_made_at()) : next;
}

void SipHold::finish() {
  SipWatcher::finish();
  stage_.report.units.count = due_.size();
  if (due_.size() < subscriptions_.size()) fail("SIP: not all subscriptions are there");
  if (let_expire_ && !failed() && expired_ < subscriptions_.size()) {
    stage_.report.errors.missing += subscriptions_.size() - expired_;
    complain("SIP: subscriptions have not expired");
  }
}

}  // namespace load
