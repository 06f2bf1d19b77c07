#include "bench/load/phases/messages.h"

namespace load {

static constexpr unsigned kPacedBits = 20;      // 2^20 late messages: the server does not keep up
static constexpr unsigned kSaturatedBits = 18;  // more than 15,000 pairs with 16 each
static constexpr uint32_t kMessagesARequest = 4;

Messages::Messages(const Stage& stage)
    : Activity(stage),
      rate_(stage.share(stage.phase.number("rate"))),
      ledger_(rate_ > 0 ? kPacedBits : kSaturatedBits, stage.order.phase) {
  const uint32_t wanted = stage.phase.count("active");
  const uint32_t size = stage.crowd.size();
  const uint32_t active = wanted == 0 ? size : std::min(2 * stage.share(wanted / 2), size);
  speakers_.resize(active / 2 * 2);
  for (uint32_t i = 0; i < speakers_.size(); ++i) {
    const uint32_t to = stage.crowd.client(partner(i)).number;
    speakers_[i].text =
        message_template(stage.options, stage.phase.to_full_jid, to, stage.phase.count("bytes"));
    if (stage.crowd.client(i).state != ClientState::ready) ++stage.report.errors.disconnected;
  }
  if (speakers_.empty()) complain("too few users for a pair");
  if (rate_ > 0) return;
  stage.crowd.gather(true);
  const int64_t now = now_ns();
  // From both ends: half of a pair's window travels either way.
  for (uint32_t i = 0; i < speakers_.size(); i += 2) {
    for (uint32_t n = 0; n < stage.phase.count("window"); ++n) {
      say(stage.crowd.client(i + n % 2), now);
    }
  }
}

void Messages::say(Client& client, int64_t due) {
  Speaker& speaker = speakers_[client.index];
  const Entry& entry = ledger_.open(Kind::message, due, partner(client.index), 1);
  const size_t at = client.out.size() + speaker.text.tick_at;
  stage_.crowd.say(client, speaker.text.text);
  write_tick(client.out.data() + at, entry.tick);
  if (stage_.options.stream_management) request_acknowledgement(client, speaker, due);
}

void Messages::request_acknowledgement(Client& client, Speaker& speaker, int64_t now) {
  if (++speaker.since_request < kMessagesARequest || speaker.requested_at != 0) return;
  speaker.since_request = 0;
  speaker.requested_at = now;
  speaker.acknowledged = client.counter.acknowledged();
  stage_.crowd.say(client, "<r xmlns='urn:xmpp:sm:3'/>");
}

void Messages::hear_acknowledgement(Client& client, int64_t now) {
  Speaker& speaker = speakers_[client.index];
  if (speaker.requested_at == 0 || client.counter.acknowledged() == speaker.acknowledged) return;
  if (stage_.measured(speaker.requested_at)) {
    stage_.report.extra(Extra::acknowledgements).record(now - speaker.requested_at);
  }
  speaker.requested_at = 0;
}

int64_t Messages::on_turn(int64_t now) {
  if (rate_ <= 0 || speakers_.empty()) return look_again(now);
  while (true) {
    const int64_t due = stage_.order.begin + from_seconds(static_cast<double>(said_) / rate_);
    if (due >= stage_.order.measure_to) return now + kSecond / 100;
    if (due > now) return due;
    // First one of every pair, then the other.
    const uint64_t pairs = speakers_.size() / 2;
    const auto pair = static_cast<uint32_t>(said_ % pairs);
    say(stage_.crowd.client(2 * pair + (said_ / pairs) % 2), due);
    ++said_;
  }
}

void Messages::on_bytes(Client& client, base::Bytes bytes, int64_t now) {
  if (client.index >= speakers_.size()) return;
  client.ticks.feed(bytes, [&](uint32_t tick) { on_tick(client, tick, now); });
  if (stage_.options.stream_management) hear_acknowledgement(client, now);
}

void Messages::on_tick(Client& client, uint32_t tick, int64_t now) {
  Entry* const entry = ledger_.find(tick);
  if (entry == nullptr) return;  // of an earlier phase
  if (entry->party != client.index) {
    ++stage_.report.errors.misdelivered;
    return complain(user_name(client.number) + " was given somebody else's message");
  }
  if (!ledger_.close_one(*entry)) {
    ++stage_.report.errors.duplicate;
    return complain(user_name(client.number) + " was given a message twice");
  }
  progress(now);
  if (stage_.measured(rate_ > 0 ? entry->due : now)) stage_.report.units.record(now - entry->due);
  if (rate_ <= 0 && now < stage_.order.measure_to) say(client, now);
}

bool Messages::over(int64_t now) {
  if (speakers_.empty() || stage_.report.errors.disconnected > 0) return true;
  return now >= stage_.order.measure_to && (ledger_.outstanding() == 0 || gave_up(now));
}

void Messages::finish() {
  stage_.report.errors.missing += ledger_.lost();
  if (ledger_.lost() > 0) complain("messages are missing, or come later than the server can");
}

}  // namespace load
