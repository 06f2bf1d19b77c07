#include "bench/load/phases/sip_requests.h"

namespace load {

void SipOptions::begin(int64_t now) {
  for (uint32_t place = 0; place < places(); ++place) ask(place, now);
}

void SipOptions::ask(uint32_t place, int64_t now) {
  const std::string uri = "sip:" + stage_.options.domain;
  const std::string call = hexadecimal(++asked_);
  send(place,
       {.method = "OPTIONS",
        .uri = uri,
        .from = "<sip:load@" + std::string(peer_domain()) + ">;tag=" + call,
        .to = "<" + uri + ">",
        .call_id = call},
       now);
}

void SipOptions::on_heard(uint32_t place, int64_t sent, int64_t now) {
  count(sent, now);
  if (!ended(now)) ask(place, now);
}

SipMessages::SipMessages(const Stage& stage)
    : SipActivity(stage),
      parties_(stage.phase.number("away") > 0 ? 1 : 2),
      text_(stage.phase.count("bytes") - kTickBytes, 'x') {}

void SipMessages::begin(int64_t now) {
  for (uint32_t place = 0; place < places(); ++place) say(place, now);
}

void SipMessages::say(uint32_t place, int64_t now) {
  const std::string& to = next_user();
  const std::string call = hexadecimal(++said_);
  send(place,
       {.method = "MESSAGE",
        .uri = to,
        .from = "<sip:load@" + std::string(peer_domain()) + ">;tag=" + call,
        .to = "<" + to + ">",
        .call_id = call,
        .fields = "Content-Type: text/plain\r\n",
        .body = text_,
        .ticked = true},
       now, parties_);
}

void SipMessages::on_heard(uint32_t place, int64_t sent, int64_t now) {
  count(sent, now);
  if (!ended(now)) say(place, now);
}

void SipMessages::on_bytes(Client& client, base::Bytes bytes, int64_t now) {
  client.ticks.feed(bytes, [&](uint32_t tick) { hear(tick, now); });
}

void SipMessages::on_request(const sip::Message& request, int64_t now) {
  const base::Bytes body = request.body();
  uint32_t tick = 0;
  if (body.size() < kTickBytes || !read_tick(body.data() + body.size() - kTickBytes, tick)) return;
  hear(tick, now);
}

}  // namespace load
