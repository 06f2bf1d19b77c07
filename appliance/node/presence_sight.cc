#include "appliance/node/presence_sight.h"

#include <algorithm>
#include <array>

#include "protocols/im/presentity/presentity.h"
#include "protocols/im/presentity/sources.h"

namespace appliance {
namespace {

template <size_t N, class Enum>
std::string word(const std::array<const char*, N>& words, Enum value) {
  return words.at(static_cast<size_t>(value));
}

constexpr std::array<const char*, 4> kKinds = {"client", "publication", "line", "calendar"};
constexpr std::array<const char*, 6> kStates = {"offline",   "extended-away", "away",
                                                "available", "busy",          "do-not-disturb"};
constexpr std::array<const char*, 4> kWatchStates = {"pending", "active", "blocked", "rejected"};

std::string words_of(im::Activities activities) {
  std::string out;
  for (int i = 0; i < im::kActivities; ++i) {
    const auto one = static_cast<im::Activity>(i);
    if (!activities.has(one)) continue;
    if (!out.empty()) out += " ";
    out += im::name(one);
  }
  return out;
}

struct SourceLister final : im::SourceVisitor {
  SourceLister(const im::PresentityOptions& rules_of, im::Claim counts,
               std::vector<PresenceSource>& list)
      : options(rules_of), decisive(counts), out(list) {}
  void source(const im::Report& report) override {
    PresenceSource one;
    im::Activities activities = report.activities;
    for (const im::ReportTuple& tuple : report.tuples) activities.bits |= tuple.activities.bits;
    const im::Claim claim = im::claim_of(report, options.rules);
    one.kind = word(kKinds, report.kind);
    one.name = report.name;
    one.claim = im::name(claim);
    one.activities = words_of(activities);
    one.note = report.note;
    one.decides = claim == decisive;
    out.push_back(std::move(one));
  }
  const im::PresentityOptions& options;
  const im::Claim decisive;
  std::vector<PresenceSource>& out;
};

struct Adder final : im::SourceVisitor {
  explicit Adder(im::Composer& to) : composer(to) {}
  void source(const im::Report& report) override { composer.add(report); }
  im::Composer& composer;
};

int64_t seconds_to(base::Instant then, base::Instant now) {
  return std::max<int64_t>((then - now).whole_seconds(), 0);
}

void list_contacts(const im::User& user, std::vector<PresenceWatcher>& out) {
  for (const im::Contact& contact : user.roster.contacts()) {
    if (!contact.from && !contact.pending_in) continue;
    const std::string jid(contact.jid.view());
    const bool blocked = user.blocks(jid::JidView::trusted(jid));
    const char* const state = blocked ? "blocked" : contact.from ? "active" : "pending";
    out.push_back({jid, "roster", "presence", state, 0});
  }
}

}  // namespace

PresenceSight presence_sight(const im::User& user, const im::PresentityOptions& options,
                             const sip::Notifier* notifier, base::Instant now) {
  PresenceSight sight;
  sight.in_memory = true;
  // As a presentity would, which a user has only when somebody needs it.
  std::span<const im::Publication> publications;
  if (user.presentity != nullptr) publications = user.presentity->publications();
  im::Composer composer(options.rules);
  Adder adder(composer);
  im::visit_sources(user, publications, adder);
  sight.state = word(kStates, composer.availability());
  sight.claim = im::name(composer.claim());
  sight.activities = words_of(composer.activities());
  sight.note = composer.note();
  SourceLister lister(options, composer.claim(), sight.sources);
  im::visit_sources(user, publications, lister);
  const size_t clients = sight.sources.size() - publications.size();
  for (size_t i = 0; i < publications.size(); ++i) {
    sight.sources[clients + i].expires = seconds_to(publications[i].expires, now);
  }
  list_contacts(user, sight.watchers);
  if (user.presentity == nullptr) return sight;
  sight.version = static_cast<int64_t>(user.presentity->composed().version);
  if (notifier == nullptr) return sight;
  user.presentity->for_each_watcher([&](const im::Watcher& watcher) {
    const sip::Notifier::Facts facts = notifier->facts(watcher);
    sight.watchers.push_back({std::string(watcher.identity()), "sip", std::string(facts.package),
                              word(kWatchStates, watcher.watch_state),
                              seconds_to(facts.expires, now)});
  });
  return sight;
}

}  // namespace appliance
