#include "bench/load/phases/presence.h"

namespace load {

static constexpr unsigned kLedgerBits = 18;

PresenceChanges::PresenceChanges(const Stage& stage)
    : Activity(stage),
      clique_(stage.options.contacts + 1),
      people_(std::min(stage.phase.count("people"), clique_)),
      rate_(stage.share(stage.phase.number("rate"))),
      groups_(std::min(stage.share(stage.phase.count("groups")), stage.crowd.size() / clique_)),
      ledger_(kLedgerBits, stage.order.phase) {
  const auto members = static_cast<uint32_t>(groups_.size()) * clique_;
  for (uint32_t i = 0; i < members; ++i) {
    const Client& client = stage.crowd.client(i);
    texts_.push_back(presence_template(stage.options, client.number, stage.phase.count("bytes")));
    if (client.state != ClientState::ready) ++stage.report.errors.disconnected;
  }
  if (groups_.empty()) complain("too few users for a group");
  if (rate_ > 0) return;
  stage.crowd.gather(true);
  const int64_t now = now_ns();
  for (uint32_t group = 0; group < groups_.size(); ++group) begin_round(group, now);
}

void PresenceChanges::begin_round(uint32_t group, int64_t now) {
  for (uint32_t n = 0; n < people_; ++n) change_next(group, now);
}

void PresenceChanges::change_next(uint32_t number, int64_t due) {
  Group& group = groups_[number];
  Client& client = stage_.crowd.client(number * clique_ + group.next);
  group.next = (group.next + 1) % clique_;
  ++group.unheard;
  const Entry& entry = ledger_.open(Kind::presence, due, client.index, clique_ - 1);
  const Template& text = texts_[client.index];
  const size_t at = client.out.size() + text.tick_at;
  stage_.crowd.say(client, text.text);
  write_tick(client.out.data() + at, entry.tick);
}

int64_t PresenceChanges::on_turn(int64_t now) {
  if (rate_ <= 0 || groups_.empty()) return look_again(now);
  while (true) {
    const int64_t due = stage_.order.begin + from_seconds(static_cast<double>(changes_) / rate_);
    if (due >= stage_.order.measure_to) return now + kSecond / 100;
    if (due > now) return due;
    change_next(static_cast<uint32_t>(changes_ % groups_.size()), due);
    ++changes_;
  }
}

void PresenceChanges::on_bytes(Client& client, base::Bytes bytes, int64_t now) {
  if (client.index >= texts_.size()) return;
  client.ticks.feed(bytes, [&](uint32_t tick) { on_tick(client, tick, now); });
}

void PresenceChanges::on_tick(Client& client, uint32_t tick, int64_t now) {
  Entry* const entry = ledger_.find(tick);
  if (entry == nullptr) return;
  if (entry->party / clique_ != client.index / clique_) {
    ++stage_.report.errors.misdelivered;
    return complain(user_name(client.number) + " was given a stranger's presence");
  }
  const bool measured = stage_.measured(rate_ > 0 ? entry->due : now);
  if (measured) stage_.report.units.record(now - entry->due);
  if (entry->party == client.index) return;  // its own has come back: a delivery, but no contact's
  if (!ledger_.close_one(*entry)) {
    ++stage_.report.errors.duplicate;
    return complain(user_name(client.number) + " was given a presence twice");
  }
  progress(now);
  if (entry->missing > 0) return;
  if (measured) stage_.report.extra(Extra::last).record(now - entry->due);
  Group& group = groups_[client.index / clique_];
  if (--group.unheard > 0 || rate_ > 0 || now >= stage_.order.measure_to) return;
  begin_round(client.index / clique_, now);
}

bool PresenceChanges::over(int64_t now) {
  if (groups_.empty() || stage_.report.errors.disconnected > 0) return true;
  return now >= stage_.order.measure_to && (ledger_.outstanding() == 0 || gave_up(now));
}

void PresenceChanges::finish() {
  stage_.report.errors.missing += ledger_.lost();
  if (ledger_.lost() > 0) complain("presence is missing, or comes later than the server can");
}

}  // namespace load
