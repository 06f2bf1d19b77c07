#include "protocols/im/presentity/composition.h"

#include <algorithm>
#include <array>

#include "engine/base/check.h"

namespace im {
namespace {

// What a person who does this is to those who want to talk to him.
constexpr Activity kMeetings[] = {Activity::meeting, Activity::appointment, Activity::presentation};
constexpr Activity kAway[] = {Activity::away, Activity::breakfast, Activity::dinner,
                              Activity::lunch, Activity::meal};
constexpr Activity kFarAway[] = {
    Activity::holiday,    Activity::vacation,          Activity::travel,
    Activity::in_transit, Activity::permanent_absence, Activity::sleeping};

template <size_t n>
bool any(Activities of, const Activity (&list)[n]) {
  return std::any_of(list, list + n, [of](Activity activity) { return of.has(activity); });
}

Activities all_of(const Report& report) {
  Activities all = report.activities;
  for (const ReportTuple& tuple : report.tuples) all.bits |= tuple.activities.bits;
  return all;
}

// Open if there is any way to reach him; unknown where nobody says.
Basic basic_of(const Report& report) {
  Basic basic = Basic::unknown;
  for (const ReportTuple& tuple : report.tuples) {
    if (tuple.basic == Basic::open) return Basic::open;
    if (tuple.basic == Basic::closed) basic = Basic::closed;
  }
  return basic;
}

// The highest of its devices; those that have none come last.
uint16_t priority_of(const Report& report) {
  uint16_t highest = 0;
  for (const ReportTuple& tuple : report.tuples) {
    if (tuple.priority != kNoPriority) highest = std::max(highest, tuple.priority);
  }
  return highest;
}

bool is_call(LineState line, const CompositionRules& rules) {
  return line == LineState::busy || (line == LineState::on_hold && rules.hold_is_on_the_phone) ||
         (line == LineState::alerting && rules.alerting_is_on_the_phone);
}

bool is_call(Activities all, const CompositionRules& rules) {
  return all.has(Activity::on_the_phone) ||
         (all.has(Activity::on_hold) && rules.hold_is_on_the_phone) ||
         (all.has(Activity::alerting) && rules.alerting_is_on_the_phone);
}

Claim claim_of_show(Availability show) {
  switch (show) {
    case Availability::offline:
      return Claim::offline;
    case Availability::extended_away:
      return Claim::extended_away;
    case Availability::away:
      return Claim::away;
    case Availability::available:
      return Claim::available;
    case Availability::busy:
      return Claim::busy;
    case Availability::do_not_disturb:
      return Claim::do_not_disturb;
  }
  CHECK(false);
  return Claim::offline;
}

// A call manager says "busy" and "closed" of a line on which somebody talks (SIP.md 2.1), so a
// line never makes its user less available than he is, only busier.
Claim claim_of_line(const Report& report, const CompositionRules& rules) {
  CHECK(report.kind == SourceKind::line);
  const Activities all = all_of(report);
  if (all.has(Activity::do_not_disturb)) return Claim::do_not_disturb;
  if (is_call(report.line, rules) || is_call(all, rules)) return Claim::on_the_phone;
  if (report.line == LineState::unknown && all.has(Activity::busy)) return Claim::on_the_phone;
  const bool idle = report.line == LineState::idle ||
                    (report.line == LineState::unknown && basic_of(report) == Basic::open);
  return idle && rules.idle_line_is_available ? Claim::available : Claim::offline;
}

constexpr std::array<base::Bytes, kClaims> kClaimNames = {
    "do-not-disturb", "on-the-phone", "meeting",       "busy",
    "available",      "away",         "extended-away", "offline"};

}  // namespace

base::Bytes name(Claim claim) { return kClaimNames.at(static_cast<size_t>(claim)); }

bool parse_claim(base::Bytes name, Claim& out) {
  const auto found = std::find(kClaimNames.begin(), kClaimNames.end(), name);
  if (found == kClaimNames.end()) return false;
  out = static_cast<Claim>(found - kClaimNames.begin());
  return true;
}

bool CompositionRules::complete() const {
  uint32_t seen = 0;
  for (const Claim claim : order) seen |= uint32_t{1} << static_cast<uint32_t>(claim);
  return seen == (uint32_t{1} << kClaims) - 1 && order.back() == Claim::offline;
}

Claim claim_of(const Report& report, const CompositionRules& rules) {
  if (report.kind == SourceKind::line) return claim_of_line(report, rules);
  const Activities all = all_of(report);
  const Basic basic = basic_of(report);
  if (all.has(Activity::do_not_disturb)) return Claim::do_not_disturb;
  if (is_call(all, rules)) return Claim::on_the_phone;
  if (any(all, kMeetings)) return Claim::meeting;
  if (all.has(Activity::busy)) return Claim::busy;
  if (basic == Basic::closed || all.has(Activity::unavailable)) return Claim::offline;
  if (report.has_show) return claim_of_show(report.show);
  if (any(all, kFarAway)) return Claim::extended_away;
  if (report.idle || any(all, kAway)) return Claim::away;
  return basic == Basic::open || all.has(Activity::available) ? Claim::available : Claim::offline;
}

size_t Composer::rank(Claim claim) const {
  const auto place = std::find(rules_.order.begin(), rules_.order.end(), claim);
  CHECK(place != rules_.order.end());
  return static_cast<size_t>(place - rules_.order.begin());
}

// Of two sources that claim the same: whose note counts. A total order but for sources that say the
// same, so that it does not matter who was added first.
bool Composer::comes_before_decisive(const Report& report, uint16_t priority) const {
  if (report.kind != decisive_) return report.kind < decisive_;
  if (priority != priority_) return priority > priority_;
  if (report.name != name_) return report.name < name_;
  if (report.note != note_) return report.note < note_;
  return report.lang < lang_;
}

void Composer::add(const Report& report) {
  const Claim claim = claim_of(report, rules_);
  if (claim == Claim::offline) return;
  if (claim == Claim::on_the_phone) on_the_phone_ = true;
  if (decided_ && rank(claim) > rank(claim_)) return;
  const bool same = decided_ && claim == claim_;
  activities_.bits = all_of(report).bits | (same ? activities_.bits : 0);
  const uint16_t priority = priority_of(report);
  if (same && !comes_before_decisive(report, priority)) return;
  decided_ = true;
  claim_ = claim;
  decisive_ = report.kind;
  priority_ = priority;
  name_.assign(report.name);
  note_.assign(report.note);
  lang_.assign(report.lang);
}

Availability Composer::availability() const {
  switch (claim_) {
    case Claim::do_not_disturb:
      return Availability::do_not_disturb;
    case Claim::on_the_phone:
    case Claim::meeting:
    case Claim::busy:
      return Availability::busy;
    case Claim::available:
      return Availability::available;
    case Claim::away:
      return Availability::away;
    case Claim::extended_away:
      return Availability::extended_away;
    case Claim::offline:
      return Availability::offline;
  }
  CHECK(false);
  return Availability::offline;
}

Activities Composer::activities() const {
  Activities out = activities_;
  // What only says how available he is, the availability says.
  for (const Activity plain : {Activity::available, Activity::unavailable, Activity::unknown}) {
    out.remove(plain);
  }
  if (on_the_phone_) out.add(Activity::on_the_phone);
  const Availability availability = this->availability();
  if (availability >= Availability::busy) {
    out.add(Activity::busy);
    out.remove(Activity::away);
  }
  if (availability == Availability::do_not_disturb) out.add(Activity::do_not_disturb);
  if (availability == Availability::away || availability == Availability::extended_away) {
    out.add(Activity::away);
  }
  return out;
}

}  // namespace im
