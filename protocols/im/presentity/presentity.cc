// What changes, and who is told.
#include "protocols/im/presentity/presentity.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "protocols/im/presentity/shown.h"
#include "protocols/im/presentity/sources.h"

namespace im {
namespace {

// Both compositions in one visit: of all sources, and of the XMPP clients alone.
struct Gatherer final : SourceVisitor {
  explicit Gatherer(const CompositionRules& rules) : all(rules), clients(rules) {}
  void source(const Report& report) override {
    all.add(report);
    if (report.kind == SourceKind::resource) clients.add(report);
  }

  Composer all;
  Composer clients;
};

}  // namespace

Watcher::~Watcher() { CHECK(presentity == nullptr); }  // the wire has forgotten to end it

Presentity::Presentity(PresentityHost& host, User& user) : host_(host), user_(user) {
  CHECK(options().rules.complete());
  composed_.version = 0;
  compose();
}

Presentity::~Presentity() {
  CHECK(watcher_count_ == 0 && watchers_.empty());
  trace::gauge_add(trace::Gauge::im_presentity_sources,
                   -static_cast<int64_t>(publications_.size()));
}

void Presentity::compose() {
  Gatherer gatherer(options().rules);
  visit_sources(user_, publications_, gatherer);
  const Composer& all = gatherer.all;
  ++composed_.version;
  composed_.availability = all.availability();
  composed_.decisive = all.decisive();
  composed_.claim = all.claim();
  composed_.activities = all.activities();
  composed_.note = base::PackedString(all.note());
  composed_.lang = base::PackedString(all.lang());
  std::string packed;
  im::show(user_.bare_jid.view(), all, gatherer.clients, options().shown, packed);
  wish_ = base::PackedString(packed);
  bodies_.clear();
}

void Presentity::changed(engine::Turn& turn) {
  compose();
  if (turn.now >= next_telling_) {
    tell(turn);
  } else {
    if (dirty_) trace::count(trace::Counter::im_presentity_coalesced);
    dirty_ = true;
  }
  arm(turn);
}

void Presentity::tell(engine::Turn& turn) {
  dirty_ = false;
  next_telling_ = turn.now + base::Duration::milliseconds(options().interval_ms);
  trace::count(trace::Counter::im_presentity_changes);
  if (wish_.view() != shown_.view()) {
    const base::PackedString before = std::exchange(shown_, base::PackedString(wish_.view()));
    Stanza presence;
    CHECK(unpack(shown_.empty() ? before.view() : shown_.view(), presence));
    if (shown_.empty()) {
      presence.type = StanzaType::unavailable;
      presence.payload = presence.status = presence.lang = {};
      presence.priority = 0;
    }
    host_.show(user_, presence, turn);
  }
  watchers_.for_each([this, &turn](Watcher& watcher) {
    CHECK(watcher.presentity == this);
    if (watcher.watch_state == WatchState::active) watcher.changed(*this, turn);
  });
}

void Presentity::arm(engine::Turn& turn) {
  base::Instant next = dirty_ ? next_telling_ : base::Instant::never();
  for (const Publication& one : publications_) next = std::min(next, one.expires);
  if (next == base::Instant::never()) {
    due_.disarm();
  } else {
    turn.timers.arm(due_, next);
  }
}

void Presentity::on_due(engine::Turn& turn) {
  const size_t before = publications_.size();
  for (size_t i = publications_.size(); i-- > 0;) {
    if (publications_[i].expires > turn.now) continue;
    trace::count(trace::Counter::im_presentity_expired);
    remove(publications_[i], turn);
  }
  if (publications_.size() != before) return changed(turn);
  if (dirty_ && turn.now >= next_telling_) tell(turn);
  arm(turn);
}

void Presentity::resources_changed(engine::Turn& turn) { changed(turn); }

void Presentity::count_use(bool was_unused) {
  if (unused() != was_unused) host_.usage_changed(user_);
}

bool Presentity::watch(Watcher& watcher) {
  CHECK(watcher.presentity == nullptr && !watcher.identity().empty());
  if (watcher_count_ >= options().watchers_max) {
    trace::count(trace::Counter::im_presentity_watchers_full);
    return false;
  }
  const bool was_unused = unused();
  watcher.presentity = this;
  watchers_.push_back(watcher);
  ++watcher_count_;
  count_use(was_unused);
  trace::gauge_add(trace::Gauge::im_presentity_watchers, 1);
  return true;
}

void Presentity::unwatch(Watcher& watcher) {
  CHECK(watcher.presentity == this && watcher.linked() && watcher_count_ > 0);
  watcher.unlink();
  watcher.presentity = nullptr;
  --watcher_count_;
  count_use(false);
  trace::gauge_add(trace::Gauge::im_presentity_watchers, -1);
}

void Presentity::decide(base::Bytes identity, WatchState state, engine::Turn& turn) {
  CHECK(!identity.empty());
  watchers_.for_each([&](Watcher& watcher) {
    if (watcher.watch_state == state || watcher.identity() != identity) return;
    watcher.watch_state = state;
    watcher.changed(*this, turn);
  });
}

void Presentity::end_watchers(WatchEnd why, engine::Turn& turn) {
  while (Watcher* watcher = watchers_.front()) {
    unwatch(*watcher);
    watcher->ended(why, turn);
  }
  CHECK(watcher_count_ == 0);
}

const Composed& Presentity::seen_by(const Watcher& watcher) const {
  static const Composed kNobody;
  CHECK(watcher.presentity == this);
  return watcher.watch_state == WatchState::active ? composed_ : kNobody;
}

bool Presentity::shown(Stanza& out) const {
  if (shown_.empty()) return false;
  CHECK(unpack(shown_.view(), out));
  return true;
}

std::shared_ptr<const std::string> Presentity::body(uint8_t form) const {
  for (const SharedBody& one : bodies_) {
    if (one.form == form) return one.bytes;
  }
  return nullptr;
}

void Presentity::keep_body(uint8_t form, std::shared_ptr<const std::string> bytes) {
  CHECK(bytes != nullptr && body(form) == nullptr && bodies_.size() < kBodyForms);
  bodies_.push_back({form, std::move(bytes)});
}

}  // namespace im
