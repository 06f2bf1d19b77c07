#include "tests/sim/watches.h"

#include <cstdlib>

namespace sim {

void Watches::act() {
  std::vector<Watch*> live;
  for (auto& [id, watch] : watches_) {
    if (watch.live && !watch.asking) live.push_back(&watch);
  }
  const uint64_t dice = world_.random().below(10);
  if (live.size() < 4 || (live.size() < 12 && dice < 4)) return begin(kLifetime);
  if (dice < 5) return begin(0);
  Watch& watch = *live[world_.random().below(live.size())];
  again(watch, dice < 8 ? kLifetime : 0);
}

void Watches::refresh(bool all) {
  const base::Duration soon = base::Duration::seconds(70);
  for (auto& [id, watch] : watches_) {
    if (!watch.live || watch.asking) continue;
    if (all || watch.expires - world_.clock().now() < soon) again(watch, kLifetime);
  }
}

void Watches::end_all() {
  for (auto& [id, watch] : watches_) {
    if (watch.live && !watch.asking) again(watch, 0);
  }
}

void Watches::begin(int seconds) {
  const std::string call_id = agent_.new_id("w");
  Watch& watch = watches_[call_id];
  watch.call_id = call_id;
  watch.user = users_[world_.random().below(users_.size())];
  watch.from = "<sip:watcher" + std::to_string(world_.random().below(3)) +
               "@sip.example>;tag=" + agent_.new_id("f");
  ask(watch, seconds);
}

// Who ends it hears 481 from then on, whatever becomes of his request.
void Watches::again(Watch& watch, int seconds) {
  if (seconds == 0) watch.live = false;
  ask(watch, seconds);
}

void Watches::ask(Watch& watch, int seconds) {
  watch.asking = true;
  SipRequest request{.method = "SUBSCRIBE", .uri = "sip:" + watch.user, .from = watch.from};
  request.to = "<sip:" + watch.user + ">" + (watch.tag.empty() ? "" : ";tag=" + watch.tag);
  request.call_id = watch.call_id;
  request.cseq = ++watch.cseq;
  request.fields =
      "Event: presence\r\nAccept: application/pidf+xml\r\nExpires: " + std::to_string(seconds) +
      "\r\n";
  agent_.ask(request, [this, &watch, seconds](const SipAnswer& answer) {
    on_answer(watch, answer, seconds);
  });
}

void Watches::on_answer(Watch& watch, const SipAnswer& answer, int seconds) {
  watch.asking = false;
  const bool first = watch.fresh;
  watch.fresh = false;
  if (answer.status == 200) {
    if (first) {
      watch.tag = SipAgent::tag_of(SipAgent::field(answer.text, "To"));
      watch.live = seconds > 0 && !watch.heard[watch.tag].terminated;
    }
    watch.expires = answer.asked + base::Duration::seconds(seconds);
    return;
  }
  const bool alive = watch.live && world_.clock().now() < watch.expires;
  if (answer.status == 481 && alive) {
    trouble = "the subscription " + watch.call_id + " is lost: " + answer.text;
  }
}

// Said by a node that has died since.
bool Watches::is_late() const {
  if (world_.crashes().empty()) return false;
  const Weather& weather = world_.options().weather;
  const auto longest =
      base::Duration::microseconds(weather.delay_us_max + weather.datagram_late_us_max);
  return world_.clock().now() - world_.crashes().back().at <= longest;
}

int Watches::on_notify(const std::string& request) {
  ++notified;
  const auto found = watches_.find(SipAgent::field(request, "Call-ID"));
  if (found == watches_.end()) {
    trouble = "NOTIFY in no dialog: " + request;
    return 481;
  }
  Watch& watch = found->second;
  const std::string tag = SipAgent::tag_of(SipAgent::field(request, "From"));
  Heard& heard = watch.heard[tag];
  const auto cseq =
      static_cast<uint32_t>(std::strtoul(SipAgent::field(request, "CSeq").c_str(), nullptr, 10));
  if (cseq <= heard.cseq) {
    if (!is_late()) trouble = "CSeq does not go up: " + request;
    return 500;
  }
  heard.cseq = cseq;
  heard.body = SipAgent::body_of(request);
  const bool ours = watch.fresh || (watch.live && tag == watch.tag);
  const std::string state = SipAgent::field(request, "Subscription-State");
  heard.terminated = state.starts_with("terminated");
  if (heard.terminated) {
    if (watch.live && tag == watch.tag && world_.clock().now() < watch.expires) {
      trouble = "the subscription was ended early: " + request;
    }
    if (tag == watch.tag) watch.live = false;
    return 200;
  }
  if (!ours) return 481;
  const uint64_t dice = obedient_ || watch.fresh ? 100 : world_.random().below(60);
  if (dice > 1) return 200;
  watch.live = false;
  return dice == 0 ? 481 : 0;
}

// Silence ends a subscription (RFC 6665 §4.2.2).
void Watches::on_despair(const std::string& request) {
  const auto found = watches_.find(SipAgent::field(request, "Call-ID"));
  if (found != watches_.end()) found->second.live = false;
}

std::vector<Watches::View> Watches::views() const {
  std::vector<View> views;
  for (const auto& [id, watch] : watches_) {
    const auto heard = watch.heard.find(watch.tag);
    if (!watch.live) continue;
    views.push_back({id, watch.user, heard == watch.heard.end() ? "" : heard->second.body});
  }
  return views;
}

}  // namespace sim
