#include "bench/load/phases/roster.h"

namespace load {

static constexpr unsigned kLedgerBits = 16;

RosterFetch::RosterFetch(const Stage& stage)
    : Activity(stage), ledger_(kLedgerBits, stage.order.phase) {
  if (stage.crowd.ready() < stage.crowd.size()) {
    stage.report.errors.disconnected += stage.crowd.size() - stage.crowd.ready();
    complain("not everybody is signed in");
    return;
  }
  // One client has one request under way at most.
  const uint32_t at_once = std::max(stage.share(stage.phase.count("at_once")), 1U);
  const int64_t now = now_ns();
  for (uint32_t i = 0; i < std::min(at_once, stage.crowd.size()); ++i) ask_next(now);
}

void RosterFetch::ask_next(int64_t now) {
  static constexpr char kHead[] = "<iq type='get' id='";
  static constexpr char kTail[] = "'><query xmlns='jabber:iq:roster'/></iq>";
  Client& client = stage_.crowd.client(next_);
  next_ = (next_ + 1) % stage_.crowd.size();
  const Entry& entry = ledger_.open(Kind::message, now, client.index, 1);
  char tick[kTickBytes];
  write_tick(tick, entry.tick);
  client.out.append(kHead).append(tick, kTickBytes);
  stage_.crowd.say(client, kTail);
}

void RosterFetch::on_bytes(Client& client, base::Bytes bytes, int64_t now) {
  client.ticks.feed(bytes, [&](uint32_t tick) {
    Entry* const entry = ledger_.find(tick);
    if (entry == nullptr) return;
    if (entry->party != client.index) {
      ++stage_.report.errors.misdelivered;
    } else if (!ledger_.close_one(*entry)) {
      ++stage_.report.errors.duplicate;
    } else {
      progress(now);
      if (stage_.measured(now)) stage_.report.units.record(now - entry->due);
      if (now < stage_.order.measure_to) ask_next(now);
    }
  });
}

bool RosterFetch::over(int64_t now) {
  if (stage_.report.errors.disconnected > 0) return true;
  return now >= stage_.order.measure_to && (ledger_.outstanding() == 0 || gave_up(now));
}

void RosterFetch::finish() {
  stage_.report.errors.missing += ledger_.lost();
  if (ledger_.lost() > 0) complain("answers are missing");
}

}  // namespace load
