#include "bench/load/phases/office.h"

namespace load {

static constexpr unsigned kLedgerBits = 20;

static OfficeModel::Habits habits_of(const Phase& phase) {
  return {.presences = phase.number("presences"),
          .messages = phase.number("messages"),
          .relogins = phase.number("logins"),
          .hour = from_seconds(phase.number("hour"))};
}

OfficeDay::OfficeDay(const Stage& stage)
    : Activity(stage),
      clique_(stage.options.contacts + 1),
      model_(habits_of(stage.phase), stage.crowd.size(), stage.worker + 1),
      ledger_(kLedgerBits, stage.order.phase),
      left_at_(stage.crowd.size(), 0),
      clique_left_(stage.crowd.size() / clique_ + 1, 0) {
  if (stage.crowd.ready() == stage.crowd.size()) return;
  stage.report.errors.disconnected += stage.crowd.size() - stage.crowd.ready();
  complain("not everybody is signed in");
  shut_ = true;
}

int64_t OfficeDay::on_turn(int64_t now) {
  while (!shut_) {
    const int64_t next = model_.next().due;
    const int64_t due = next == INT64_MAX ? kNever : stage_.order.begin + next;
    if (due >= stage_.order.measure_to) {
      if (now < stage_.order.measure_to) return stage_.order.measure_to;
      shut_ = true;
      break;
    }
    if (due > now) return due;
    live(model_.next(), due);
    model_.advance();
  }
  return now + kSecond / 100;
}

void OfficeDay::live(const OfficeEvent& event, int64_t due) {
  Client& client = stage_.crowd.client(event.who);
  if (client.state != ClientState::ready) return;  // out at the moment
  switch (event.act) {
    case OfficeAct::presence:
      return change_presence(client, due);
    case OfficeAct::message:
      return write_message(client, event.draw, due);
    case OfficeAct::relogin:
      client.wanted_at = due;
      left_at_[client.index] = clique_left_[client.index / clique_] = now_ns();
      ++out_;
      return stage_.crowd.sign_out(client);
  }
}

// A place in the ledger that is taken again after a million others.
Entry& OfficeDay::open(Kind kind, int64_t due, uint32_t party, uint32_t recipients) {
  if (excused(ledger_.oldest())) ledger_.forgive(ledger_.oldest());
  return ledger_.open(kind, due, party, recipients);
}

void OfficeDay::change_presence(Client& client, int64_t due) {
  uint32_t there = 0;
  for (uint32_t i = clique_begin(client.index); i < clique_end(client.index); ++i) {
    there += i != client.index && stage_.crowd.client(i).state == ClientState::ready;
  }
  const Template text = presence_template(stage_.options, client.number, 300);
  const Entry& entry = open(Kind::presence, due, client.index, there);
  const size_t at = client.out.size() + text.tick_at;
  stage_.crowd.say(client, text.text);
  write_tick(client.out.data() + at, entry.tick);
}

void OfficeDay::write_message(Client& client, uint32_t draw, int64_t due) {
  const uint32_t begin = clique_begin(client.index);
  const uint32_t size = clique_end(client.index) - begin;
  if (size < 2) return;
  const uint32_t to = begin + (client.index - begin + 1 + draw % (size - 1)) % size;
  Client& contact = stage_.crowd.client(to);
  if (contact.state != ClientState::ready) return;
  const Template text = message_template(stage_.options, false, contact.number, 300);
  const Entry& entry = open(Kind::message, due, to, 1);
  const size_t at = client.out.size() + text.tick_at;
  stage_.crowd.say(client, text.text);
  write_tick(client.out.data() + at, entry.tick);
}

void OfficeDay::on_bytes(Client& client, base::Bytes bytes, int64_t now) {
  client.ticks.feed(bytes, [&](uint32_t tick) { on_tick(client, tick, now); });
}

void OfficeDay::on_tick(Client& client, uint32_t tick, int64_t now) {
  Entry* const entry = ledger_.find(tick);
  if (entry == nullptr) return;
  const bool message = entry->kind == Kind::message;
  const bool right =
      message ? entry->party == client.index : entry->party / clique_ == client.index / clique_;
  if (!right) {
    ++stage_.report.errors.misdelivered;
    return complain(user_name(client.number) + " was given what is not for it");
  }
  if (!message && entry->party == client.index) return;  // its own
  if (client.ready_at > entry->due) return;              // what was said before it came
  if (!ledger_.close_one(*entry)) {
    if (excused(*entry)) return;
    ++stage_.report.errors.duplicate;
    return complain(user_name(client.number) + " was given something twice");
  }
  progress(now);
  if (!stage_.measured(entry->due)) return;
  stage_.report.extra(message ? Extra::messages : Extra::presences).record(now - entry->due);
  stage_.report.units.record(now - entry->due);
}

void OfficeDay::on_gone(Client& client, Gone how, int64_t now) {
  if (how == Gone::left) return stage_.crowd.sign_in(client, client.wanted_at);
  if (how == Gone::lost) return Activity::on_gone(client, how, now);
  --out_;
  ++stage_.report.errors.refused;
  complain(stage_.crowd.trouble());
}

void OfficeDay::on_ready(Client& client, int64_t now) {
  --out_;
  progress(now);
  clique_left_[client.index / clique_] = now;
  if (!stage_.measured(client.wanted_at)) return;
  stage_.report.extra(Extra::logins).record(now - client.wanted_at);
  stage_.report.units.record(now - client.wanted_at);
}

// Somebody whom it concerns has left since.
bool OfficeDay::excused(const Entry& entry) const {
  if (entry.kind == Kind::none) return true;
  // Told while somebody was on the way in or out, who may or may not have heard it.
  static constexpr int64_t kMargin = kSecond;
  const int64_t left =
      entry.kind == Kind::message ? left_at_[entry.party] : clique_left_[entry.party / clique_];
  return left != 0 && left > entry.due - kMargin;
}

bool OfficeDay::over(int64_t now) {
  if (stage_.report.errors.disconnected > 0) return true;
  if (!shut_) return false;
  // What nobody will hear any more is found out by waiting.
  static constexpr int64_t kQuiet = 2 * kSecond;
  const bool quiet = ledger_.outstanding() == 0 || now - stage_.order.measure_to > kQuiet;
  return (out_ == 0 && quiet) || gave_up(now);
}

void OfficeDay::finish() {
  ledger_.each_open([this](Entry& entry) {
    if (excused(entry)) ledger_.forgive(entry);
  });
  stage_.report.errors.missing += ledger_.lost();
  if (ledger_.lost() > 0) complain("messages or presence are missing");
  stage_.report.errors.refused += out_;
  if (out_ > 0) complain(std::to_string(out_) + " people have not come back");
}

}  // namespace load
