// What sources say: kept, refreshed, forgotten. Every change of what is kept goes to the journal.
#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "protocols/im/presentity/presentity.h"
#include "protocols/im/user.h"

namespace im {
namespace {

constexpr base::Duration kNone{};
constexpr int64_t kLifetimeMaxUs = int64_t{7} * 24 * 3600 * 1'000'000;  // nobody is granted more

void count_refusal(PublishResult result) {
  switch (result) {
    case PublishResult::accepted:
      return;
    case PublishResult::stale:
      return trace::count(trace::Counter::im_presentity_stale);
    case PublishResult::too_many_sources:
      return trace::count(trace::Counter::im_presentity_sources_full);
    case PublishResult::too_large:
      return trace::count(trace::Counter::im_presentity_too_large);
    case PublishResult::journal_full:
      return trace::count(trace::Counter::im_presentity_journal_full);
  }
  CHECK(false);
}

Published refused(PublishResult why) {
  CHECK(why != PublishResult::accepted);
  count_refusal(why);
  return {why, {}};
}

// Unguessable: a tag is all that a publisher shows who wants to change what is published.
uint64_t new_id(engine::Turn& turn) {
  for (;;) {
    const uint64_t id = turn.random.next();
    if (id != 0 && !turn.journal.holds(publication_key(id))) return id;
  }
}

}  // namespace

Publication* Presentity::find(uint64_t id) {
  const auto place = std::find_if(publications_.begin(), publications_.end(),
                                  [id](const Publication& one) { return one.id == id; });
  return place == publications_.end() ? nullptr : &*place;
}

Publication* Presentity::find(SourceKind kind, base::Bytes name) {
  Report report;
  for (Publication& one : publications_) {
    if (one.kind != kind) continue;
    CHECK(unpack(one.report.view(), report) && report.kind == kind);
    if (report.name == name) return &one;
  }
  return nullptr;
}

Published Presentity::publish(const Publish& wish, engine::Turn& turn) {
  CHECK(wish.lifetime >= kNone);
  if (wish.tag.id == 0) {
    CHECK(wish.report != nullptr);  // RFC 3903 §4.1: the wire has refused it
    return add(*wish.report, wish.lifetime, turn);
  }
  Publication* there = find(wish.tag.id);
  if (there == nullptr || there->version != wish.tag.version || there->expires <= turn.now) {
    return refused(PublishResult::stale);
  }
  if (wish.lifetime == kNone) {
    const PublicationTag last{there->id, there->version + 1};
    remove(*there, turn);
    changed(turn);
    return {PublishResult::accepted, last};
  }
  if (wish.report == nullptr) return refresh(*there, wish.lifetime, turn);
  return replace(*there, *wish.report, wish.lifetime, turn);
}

Published Presentity::put(const Report& report, base::Duration lifetime, engine::Turn& turn) {
  CHECK(lifetime > kNone);
  if (Publication* there = find(report.kind, report.name)) {
    return replace(*there, report, lifetime, turn);
  }
  return add(report, lifetime, turn);
}

bool Presentity::withdraw(SourceKind kind, base::Bytes name, engine::Turn& turn) {
  Publication* there = find(kind, name);
  if (there == nullptr) return false;
  remove(*there, turn);
  changed(turn);
  return true;
}

void Presentity::withdraw_all(engine::Turn& turn) {
  if (publications_.empty()) return;
  while (!publications_.empty()) remove(publications_.back(), turn);
  changed(turn);
}

// `freed`: the bytes of what it replaces.
PublishResult Presentity::check(const Report& report, base::Bytes packed, size_t freed) const {
  CHECK(report.kind != SourceKind::resource && freed <= bytes_);
  const PresentityOptions& limits = options();
  if (packed.size() > limits.source_bytes_max || report.tuples.size() > limits.tuples_max ||
      bytes_ - freed + packed.size() > limits.bytes_max) {
    return PublishResult::too_large;
  }
  return PublishResult::accepted;
}

Published Presentity::add(const Report& report, base::Duration lifetime, engine::Turn& turn) {
  // It would be there for no time at all; it gets a tag, as every answer has one.
  if (lifetime == kNone) return {PublishResult::accepted, {new_id(turn), 1}};
  if (publications_.size() >= options().sources_max) {
    return refused(PublishResult::too_many_sources);
  }
  std::string packed;
  pack(report, packed);
  const PublishResult result = check(report, packed, 0);
  if (result != PublishResult::accepted) return refused(result);
  if (!turn.journal.accepting()) return refused(PublishResult::journal_full);
  const bool was_unused = unused();
  Publication& made = publications_.emplace_back();
  made.id = new_id(turn);
  made.version = 1;
  made.kind = report.kind;
  made.expires = turn.now + lifetime;
  made.report = base::PackedString(packed);
  bytes_ += static_cast<uint32_t>(packed.size());
  trace::gauge_add(trace::Gauge::im_presentity_sources, 1);
  enter(made, turn);
  const PublicationTag tag = made.tag();
  count_use(was_unused);
  changed(turn);
  return {PublishResult::accepted, tag};
}

Published Presentity::replace(Publication& there, const Report& report, base::Duration lifetime,
                              engine::Turn& turn) {
  std::string packed;
  pack(report, packed);
  const size_t before = there.report.view().size();
  if (report.kind == there.kind && packed == there.report.view()) {
    return refresh(there, lifetime, turn);  // nobody need be told
  }
  const PublishResult result = check(report, packed, before);
  if (result != PublishResult::accepted) return refused(result);
  if (!turn.journal.accepting()) return refused(PublishResult::journal_full);
  ++there.version;
  there.kind = report.kind;
  there.expires = turn.now + lifetime;
  there.report = base::PackedString(packed);
  bytes_ += static_cast<uint32_t>(packed.size());
  bytes_ -= static_cast<uint32_t>(before);
  enter(there, turn);
  const PublicationTag tag = there.tag();
  changed(turn);
  return {PublishResult::accepted, tag};
}

Published Presentity::refresh(Publication& there, base::Duration lifetime, engine::Turn& turn) {
  CHECK(lifetime > kNone);
  ++there.version;
  there.expires = turn.now + lifetime;
  note(there, turn);
  arm(turn);
  return {PublishResult::accepted, there.tag()};
}

void Presentity::enter(const Publication& publication, engine::Turn& turn) {
  std::string entry;
  pack_entry(user_.bare_jid.view(), publication.report.view(), entry);
  turn.journal.put(publication_key(publication.id), entry);
  note(publication, turn);
}

void Presentity::note(const Publication& publication, engine::Turn& turn) {
  std::string note;
  const int64_t left_us = (publication.expires - turn.now).ns / 1000;
  pack(PublicationNote{{turn.wall.us + left_us}, publication.version}, note);
  turn.journal.note(publication_key(publication.id), note);
}

void Presentity::remove(Publication& there, engine::Turn& turn) {
  const auto size = static_cast<uint32_t>(there.report.view().size());
  CHECK(bytes_ >= size);
  bytes_ -= size;
  turn.journal.erase(publication_key(there.id));
  publications_.erase(publications_.begin() + (&there - publications_.data()));
  trace::gauge_add(trace::Gauge::im_presentity_sources, -1);
  count_use(false);
}

bool Presentity::restore(const engine::JournalEntry& entry, base::Bytes packed,
                         engine::Turn& turn) {
  Report report;
  PublicationNote when;
  const bool readable = unpack(packed, report) && unpack(entry.note, when);
  if (!readable || report.kind == SourceKind::resource || find(entry.key.id) != nullptr) {
    trace::count(trace::Counter::im_presentity_unreadable);
    turn.journal.erase(entry.key);
    return false;
  }
  const bool was_unused = unused();
  Publication& made = publications_.emplace_back();
  made.id = entry.key.id;
  made.version = when.version;
  made.kind = report.kind;
  // The clock may have been set meanwhile, or the node have stood still for long.
  const int64_t left_us = std::clamp<int64_t>(when.expires.us - turn.wall.us, 0, kLifetimeMaxUs);
  made.expires = turn.now + base::Duration::microseconds(left_us);
  made.report = base::PackedString(packed);
  bytes_ += static_cast<uint32_t>(packed.size());
  trace::gauge_add(trace::Gauge::im_presentity_sources, 1);
  count_use(was_unused);
  compose();
  shown_ = base::PackedString(wish_.view());
  arm(turn);
  return true;
}

}  // namespace im
