// One user with her presentity, on a clock that the test moves: clients and watchers that write
// down what they are told, the real timer wheel, a journal in memory. One test each.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/shard/wheel.h"
#include "protocols/im/presentity/presentity.h"
#include "protocols/im/user.h"
#include "tests/support/memory_log.h"

namespace im_test {

struct FakeClient final : im::Resource {
  FakeClient(im::User& its_user, const std::string& resource) {
    full_jid = std::string(its_user.bare_jid.view()) + "/" + resource;
    user = &its_user;
    user->resources.push_back(this);
  }
  ~FakeClient() override {
    std::erase(user->resources, this);
    user = nullptr;
  }
  void deliver(const im::Stanza&, engine::Turn&) override {}
  void push_roster(base::Bytes, const im::Contact*, uint64_t, engine::Turn&) override {}
  void push_blocking(bool, const std::vector<std::string>&, engine::Turn&) override {}
  void deliver_carbon(const im::Stanza&, bool, engine::Turn&) override {}
  void end(im::Farewell, engine::Turn&) override {}

  // What its client sends: <presence>payload</presence>; the status is what the wire has read.
  void say(base::Bytes payload, base::Bytes status = {}, int priority_said = 0) {
    im::Stanza stanza;
    stanza.kind = im::StanzaKind::presence;
    stanza.type = im::StanzaType::available;
    stanza.from = jid();
    stanza.payload = payload;
    stanza.status = status;
    stanza.priority = static_cast<int16_t>(priority_said);
    presence.clear();
    im::pack(stanza, presence);
    priority = static_cast<int8_t>(priority_said);
  }
};

struct FakeWatcher final : im::Watcher {
  FakeWatcher(base::Bytes who, im::WatchState state) : name(who) { watch_state = state; }
  ~FakeWatcher() override {
    if (presentity != nullptr) presentity->unwatch(*this);
  }
  void changed(const im::Presentity& of, engine::Turn&) override {
    seen.push_back(of.seen_by(*this).availability);
    versions.push_back(of.seen_by(*this).version);
  }
  void ended(im::WatchEnd why, engine::Turn&) override { ends.push_back(why); }
  base::Bytes identity() const override { return name; }

  const std::string name;
  std::vector<im::Availability> seen;
  std::vector<uint64_t> versions;
  std::vector<im::WatchEnd> ends;
};

struct Stage final : im::PresentityHost {
  Stage() { begin(); }

  const im::PresentityOptions& presentity_options() const override { return options; }
  void show(im::User&, const im::Stanza& presence, engine::Turn&) override {
    std::string line;
    im::write(presence, {}, {}, line);
    shown.push_back(line);
  }

  void usage_changed(im::User&) override { ++usage_changes; }

  void begin() {
    presentity.reset();
    presentity = std::make_unique<im::Presentity>(*this, user);
  }
  engine::Turn turn() { return {now, wall, 0, out, *wheel, journal, random}; }
  void pass(int64_t milliseconds) {
    while (milliseconds > 0) {
      const int64_t step = std::min<int64_t>(milliseconds, 100);
      milliseconds -= step;
      now = now + base::Duration::milliseconds(step);
      wall.us += step * 1000;
      wheel->advance(now);
      engine::Turn its = turn();
      while (engine::Timer* timer = wheel->pop_due()) timer->fire(its);
    }
  }
  im::Published publish(const im::Report& report, int64_t seconds = 3600,
                        im::PublicationTag tag = {}) {
    engine::Turn its = turn();
    return presentity->publish({tag, &report, base::Duration::seconds(seconds)}, its);
  }
  im::Published refresh(im::PublicationTag tag, int64_t seconds = 3600) {
    engine::Turn its = turn();
    return presentity->publish({tag, nullptr, base::Duration::seconds(seconds)}, its);
  }
  im::Published put(const im::Report& report, int64_t seconds = 3600) {
    engine::Turn its = turn();
    return presentity->put(report, base::Duration::seconds(seconds), its);
  }
  void tell_of_clients() {
    engine::Turn its = turn();
    presentity->resources_changed(its);
  }
  const im::Composed& composed() const { return presentity->composed(); }

  base::Instant now{1'000'000'000};
  base::WallTime wall{1'700'000'000'000'000};
  engine::Outbox out;
  std::optional<engine::Wheel> wheel{now};
  tests::MemoryLog journal;
  base::Prng random{7};
  im::PresentityOptions options;
  im::User user{"alice@here", 1};
  int usage_changes = 0;
  std::vector<std::string> shown;
  std::unique_ptr<im::Presentity> presentity;
};

inline im::Report line(im::LineState state, base::Bytes name = "SEP1") {
  im::Report report;
  report.kind = im::SourceKind::line;
  report.name = name;
  report.line = state;
  return report;
}

inline im::Report published(im::Basic basic, std::vector<im::Activity> activities = {},
                            base::Bytes note = {}) {
  im::Report report;
  report.kind = im::SourceKind::publication;
  report.note = note;
  for (const im::Activity activity : activities) report.activities.add(activity);
  report.tuples.emplace_back();
  report.tuples.back().id = "t1";
  report.tuples.back().basic = basic;
  return report;
}

}  // namespace im_test
