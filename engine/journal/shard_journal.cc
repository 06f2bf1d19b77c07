#include "engine/journal/shard_journal.h"

#include <string.h>

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "engine/trace/trace.h"

namespace journal {

namespace {

constexpr base::Duration kRetry = base::Duration::seconds(1);
constexpr base::Duration kSealAfter = base::Duration::seconds(1);
constexpr base::Duration kFeedPatience = base::Duration::seconds(2);
constexpr base::Duration kFeedLook = base::Duration::milliseconds(5);

// What an entry and a note take in the log, for the limit; a carried entry is 8 bytes longer.
uint64_t entry_bytes(uint64_t length) { return kRecordHeader + sizeof(uint64_t) + length; }
constexpr uint64_t kNoteBytes = kRecordHeader + engine::Journal::kNoteBytesMax;

}  // namespace

ShardJournal::ShardJournal(const LogIdentity& log, const JournalOptions& options,
                           DiskFailure& failure, uint64_t first)
    : options_(options),
      segments_max_(std::max(kSegmentsMin, options.bytes_max / options.segment_bytes)),
      failure_(failure),
      nursery_(log.first_group(first)),
      writer_(log, first),
      first_(first),
      ready_end_(first),
      settled_(nursery_.end()),
      committed_(settled_) {
  CHECK(log.segment_bytes == options.segment_bytes && first > 0);
}

ShardJournal::~ShardJournal() {
  table_ = {};
  live_bytes_ = 0;
  trace::gauge_add(trace::Gauge::journal_entries, -shown_.entries);
  trace::gauge_add(trace::Gauge::journal_live_bytes, -shown_.live_bytes);
  trace::gauge_add(trace::Gauge::journal_segments, -shown_.segments);
  trace::gauge_add(trace::Gauge::journal_bytes_waiting, -shown_.waiting);
}

void ShardJournal::attach(engine::Reactor& reactor, SegmentSupply& supply) {
  CHECK(reactor_ == nullptr && idle());
  reactor_ = &reactor;
  supply_ = &supply;
}

// ---- appending

uint64_t ShardJournal::append(RecordType type, uint8_t kind, uint64_t id, base::Bytes first,
                              base::Bytes second, size_t reserve) {
  const size_t length = first.size() + second.size();
  CHECK(length + reserve <= GroupWriter::record_bytes_max(log()));
  if (!writer_.fits(length + reserve)) close_group();
  return writer_.append(type, kind, id, first, second, reserve);
}

ShardJournal::Segment& ShardJournal::segment(uint64_t index) {
  CHECK(index >= first_);
  if (index - first_ >= segments_.size()) segments_.resize(index - first_ + 1);
  return segments_[index - first_];
}

void ShardJournal::leave(uint64_t position) {
  Segment& from = segment(log().segment_of(position));
  CHECK(from.live > 0);
  --from.live;
}

// A commit takes a block at least, whatever is in it.
void ShardJournal::said(uint64_t bytes) {
  said_ += kRecordHeader + bytes + (writer_.empty() ? kBlock : 0);
}

Nursery::Young& ShardJournal::young(uint64_t position) {
  CHECK(is_young(position));
  return nursery_.at(position & ~kYoung);
}

// Returns what a slot may name it by.
uint64_t ShardJournal::say(RecordType type, engine::JournalKey key, base::Bytes bytes) {
  said(bytes.size());
  while (!nursery_.fits(bytes.size())) settle_until(nursery_.oldest_quarter());
  return kYoung | nursery_.add(type, key.kind, key.id, bytes);
}

// In all of these an old record is let go when the new one has been appended, no earlier: a group
// that is closed on the way must not say that the old one is no longer needed.
void ShardJournal::put(engine::JournalKey key, base::Bytes bytes) {
  CHECK(key.kind >= 1 && key.kind <= 63);
  const uint64_t said = say(RecordType::put, key, bytes);
  LiveTable::Slot& slot = table_.insert(key);
  Nursery::Young& put = young(said);
  put.born = slot.position == 0;
  if (!put.born) live_bytes_ -= entry_bytes(slot.length);
  if (slot.note != 0) live_bytes_ -= kNoteBytes;
  put.leaves[0] = is_young(slot.position) ? 0 : slot.position;
  put.leaves[1] = is_young(slot.note) ? 0 : slot.note;
  slot.position = said;
  slot.note = 0;
  slot.length = static_cast<uint32_t>(bytes.size());
  live_bytes_ += entry_bytes(bytes.size());
  if (reactor_ == nullptr) settle_until(nursery_.end());
}

void ShardJournal::note(engine::JournalKey key, base::Bytes bytes) {
  CHECK(bytes.size() <= kNoteBytesMax);
  const uint64_t said = say(RecordType::note, key, bytes);
  LiveTable::Slot* slot = table_.find(key);
  CHECK(slot != nullptr);
  Nursery::Young& note = young(said);
  if (slot->note == 0) live_bytes_ += kNoteBytes;
  if (is_young(slot->note)) {
    note.note_before = slot->note & ~kYoung;
  } else {
    note.leaves[0] = slot->note;
  }
  slot->note = said;
  if (reactor_ == nullptr) settle_until(nursery_.end());
}

void ShardJournal::erase(engine::JournalKey key) {
  LiveTable::Slot* slot = table_.find(key);
  CHECK(slot != nullptr);
  live_bytes_ -= entry_bytes(slot->length) + (slot->note != 0 ? kNoteBytes : 0);
  if (is_young(slot->position) && young(slot->position).born) {
    drop(*slot);
  } else {
    Nursery::Young& erase = young(say(RecordType::erase, key, {}));
    // Where they are now: saying it may have settled them.
    erase.leaves[0] = is_young(slot->position) ? 0 : slot->position;
    erase.leaves[1] = is_young(slot->note) ? 0 : slot->note;
  }
  table_.erase(*slot);
  if (reactor_ == nullptr) settle_until(nursery_.end());
}

// Born and ended between two commits: neither is anybody's business.
void ShardJournal::drop(const LiveTable::Slot& slot) {
  trace::count(trace::Counter::journal_entries_spared);
  for (uint64_t note = slot.note; note != 0;) {
    const Nursery::Reference before = young(note).note_before;
    nursery_.drop(note & ~kYoung);
    note = before == 0 ? 0 : kYoung | before;
  }
  nursery_.drop(slot.position & ~kYoung);
}

void ShardJournal::feed(uint8_t kind, base::Bytes bytes) {
  say(RecordType::feed, {kind, 0}, bytes);
  if (reactor_ == nullptr) settle_until(nursery_.end());
}

engine::Journal::Position ShardJournal::fed_to() {
  settle_until(nursery_.end());
  return writer_.appended();
}

// What is in the nursery gets its place in the log, up to there.
void ShardJournal::settle_until(Nursery::Reference end) {
  nursery_.let_go(end, [this](Nursery::Reference reference, Nursery::Reference behind) {
    settle(reference);
    settled_ = behind;
  });
  settled_ = nursery_.begin();
}

void ShardJournal::settle(Nursery::Reference reference) {
  const Nursery::Young& young = nursery_.at(reference);
  const base::Bytes bytes = young.bytes();
  const bool puts = young.type == RecordType::put;
  // A note may belong to it. What fills a segment alone has none at once.
  const size_t room = GroupWriter::record_bytes_max(log()) - bytes.size();
  const size_t reserve = puts ? std::min<size_t>(room, kNoteBytes) : 0;
  const uint64_t position = append(young.type, young.kind, young.id, bytes, {}, reserve);
  if (young.type == RecordType::feed) {
    segment(current()).feed_end = writer_.appended();
  } else if (young.type != RecordType::erase) {
    LiveTable::Slot* slot = table_.find({young.kind, young.id});
    // It may have been replaced since, or be gone.
    if (slot != nullptr && slot->position == (kYoung | reference)) {
      slot->position = position;
      enter(position);
    } else if (slot != nullptr && slot->note == (kYoung | reference)) {
      slot->note = position;
      enter(position);
    }
  }
  for (const uint64_t left : young.leaves) {
    if (left != 0) leave(left);
  }
}

// ---- committing

uint64_t ShardJournal::oldest_needed() const {
  const uint64_t consumed = progress_->consumed.load(std::memory_order_acquire);
  uint64_t index = first_;
  for (const Segment& segment : segments_) {
    if (index == current() || segment.live > 0 || segment.feed_end > consumed) break;
    // The feed's reader goes on from there, and back to there when what it gave was not kept.
    if (consumed != FeedProgress::kNoConsumer && log().segment_of(consumed) == index) break;
    ++index;
  }
  if (index == first_ || progress_->copies.load() == 0) return index;
  if (current() - first_ < segments_max_ / 2) return first_;
  progress_->copies_lost.fetch_add(1);  // delivery goes before a backup
  return index;
}

void ShardJournal::close_group(bool empty_too) {
  if (reactor_ == nullptr) return close_initial(false);
  const bool full = options_.durability == Durability::full;
  const size_t closed = writer_.closed().size();
  writer_.close(oldest_needed(), full ? Group::kAfterSync : 0, empty_too);
  if (writer_.closed().size() > closed) promised_.push_back(settled_);
}

void ShardJournal::close_initial(bool synced) {
  CHECK(reactor_ == nullptr);
  const size_t closed = writer_.closed().size();
  writer_.close(first_, Group::kInitial | (synced ? Group::kAfterSync : 0), synced);
  if (writer_.closed().size() > closed) promised_.push_back(settled_);
}

void ShardJournal::adopt(uint64_t index, int file) {
  CHECK(index == ready_end_ && file >= 0);
  segment(index).file = file;
  ++ready_end_;
}

void ShardJournal::flush(base::Instant now) {
  CHECK(reactor_ != nullptr);
  tells_ = false;
  if (failed_) return;
  take_answers(now);
  if (carry_.has_value() || !in_flight_) settle_until(nursery_.end());
  carry_some();
  if (!in_flight_) {
    if (writer_.closed().empty()) close_group();
    if (idle()) nothing_to_commit();
    if (idle()) seal_when_idle(now);
    if (!writer_.closed().empty()) commit_first();
  }
  ask_for_segment(now);
  ask_to_carry();
  watch_feed(now);
  update_accepting();
  look_again_ = accepting_ ? base::Instant::never() : now + kRetry;
  update_gauges();
}

// All that was said since the last commit has ended already.
void ShardJournal::nothing_to_commit() {
  tells_ = committed_ < appended();
  committed_ = appended();
}

void ShardJournal::seal_when_idle(base::Instant now) {
  // Segments that were consumed since the last group are let go by another one.
  if (oldest_needed() > first_) unsealed_ = true;
  if (!unsealed_ || (options_.durability == Durability::relaxed && !finishing_)) return;
  if (seal_at_ == base::Instant::never()) seal_at_ = now + kSealAfter;
  if (now < seal_at_ && !finishing_) return;
  close_group(true);
  trace::count(trace::Counter::journal_seals);
}

// What comes in faster than the archive takes it has to wait before the log is full: everybody's
// clients are read more slowly, which is better than refusing their messages. One that is not at
// work at all (its disk is full, say) is not waited for.
void ShardJournal::watch_feed(base::Instant now) {
  const uint64_t consumed = progress_->consumed.load(std::memory_order_acquire);
  if (consumed != feed_seen_) feed_moved_at_ = now;
  feed_seen_ = consumed;
  const bool held = consumed != FeedProgress::kNoConsumer && consumed < progress_->committed &&
                    log().segment_of(consumed) <= first_;
  const bool longish = current() - first_ + 1 >= segments_max_ * 3 / 4;
  const bool lags = held && longish && now - feed_moved_at_ < kFeedPatience;
  if (lags && !feed_lags_) trace::count(trace::Counter::journal_feed_lags);
  feed_lags_ = lags;
  feed_look_at_ = now + kFeedLook;
}

bool ShardJournal::stalled() const {
  return !writer_.closed().empty() &&
         log().segment_of(writer_.closed().front().group.position) >= ready_end_;
}

void ShardJournal::commit_first() {
  CHECK(!in_flight_ && !writer_.closed().empty());
  if (stalled()) {
    if (!stall_counted_) trace::count(trace::Counter::journal_stalls);
    stall_counted_ = true;
    return;
  }
  stall_counted_ = false;
  const GroupWriter::Closed& next = writer_.closed().front();
  const uint64_t position = next.group.position;
  const base::Bytes bytes = next.bytes();
  const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
  in_flight_ = true;
  seal_at_ = base::Instant::never();
  const bool sync = options_.durability == Durability::full || finishing_;
  reactor_->commit(segment(log().segment_of(position)).file, {&piece, 1}, log().offset_of(position),
                   sync, log().shard);
  trace::count(trace::Counter::journal_commits);
  trace::count(trace::Counter::journal_records, next.group.records);
  trace::count(trace::Counter::journal_bytes, bytes.size());
}

void ShardJournal::on_completion(const engine::Completion& completion) {
  CHECK(in_flight_ && completion.operation == engine::Operation::commit);
  in_flight_ = false;
  const Group group = writer_.closed().front().group;
  if (completion.result < 0) {
    trace::count(trace::Counter::journal_commit_failures);
    fail(segment_name(log(), log().segment_of(group.position)) +
         " cannot be written: " + strerror(-completion.result));
    return;
  }
  if (failed_) return;
  written(group);
}

void ShardJournal::written(Group group) {
  CHECK(!promised_.empty() && promised_.front() >= committed_ && promised_.front() <= settled_);
  committed_ = promised_.front();
  promised_.pop_front();
  unsealed_ = group.records > 0;
  last_written_ = log().segment_of(group.position);
  progress_->committed.store(group.end(), std::memory_order_release);
  writer_.pop_closed();
  release_before(group.oldest);
}

void ShardJournal::release_before(uint64_t index) {
  CHECK(index <= current());
  while (first_ < index) {
    const Segment& oldest = segments_.front();
    CHECK(oldest.live == 0 && oldest.file >= 0 && supply_ != nullptr);
    supply_->release(first_, oldest.file);
    segments_.erase(segments_.begin());
    ++first_;
    retry_at_ = {};  // there is a file again, whatever the disk says
    trace::count(trace::Counter::journal_segments_released);
  }
}

base::Instant ShardJournal::deadline() const {
  if (failed_ || in_flight_) return base::Instant::never();
  if (tells_) return {};
  if (carry_.has_value() || (finishing_ && !preparing_)) return {};
  base::Instant next = std::min(seal_at_, look_again_);
  if (feed_lags_) next = std::min(next, feed_look_at_);
  if (prepare_failed_ && !preparing_) next = std::min(next, retry_at_);
  return next;
}

bool ShardJournal::finish() {
  finishing_ = true;
  if (failed_ || (idle() && !unsealed_)) return true;
  return stalled() && prepare_failed_;  // nothing was promised of what is lost here
}

void ShardJournal::fail(const std::string& what) {
  CHECK(!what.empty());
  failed_ = true;
  accepting_ = false;
  failure_.journal_failed("journal: " + what);
}

// ---- limits and what is shown of them

void ShardJournal::update_accepting() {
  const bool no_room = spares() < 2 && (prepare_failed_ || at_bound());
  const bool full = live_bytes_ > segments_max_ * options_.segment_bytes / 2;
  const bool accepting = !failed_ && !no_room && !full;
  if (accepting == accepting_) return;
  accepting_ = accepting;
  if (accepting) {
    TRACE(journal, warn, "accepts again", {"shard", log().shard});
    return;
  }
  trace::count(trace::Counter::journal_refusals);
  TRACE(journal, error, "accepts nothing new", {"shard", log().shard},
        {"why", full              ? "too much is undelivered"
                : prepare_failed_ ? "disk full"
                                  : "log full"},
        {"entries", table_.size()}, {"live_bytes", live_bytes_});
}

void ShardJournal::update_gauges() {
  const auto show = [](trace::Gauge gauge, int64_t& shown, uint64_t value) {
    const auto now = static_cast<int64_t>(value);
    if (now == shown) return;
    trace::gauge_add(gauge, now - shown);
    shown = now;
  };
  show(trace::Gauge::journal_entries, shown_.entries, table_.size());
  show(trace::Gauge::journal_live_bytes, shown_.live_bytes, live_bytes_);
  show(trace::Gauge::journal_segments, shown_.segments, ready_end_ - first_);
  show(trace::Gauge::journal_bytes_waiting, shown_.waiting, bytes_waiting());
}

ShardJournal::Figures ShardJournal::figures() const {
  return {table_.size(), live_bytes_, ready_end_ - first_, first_, table_.bytes()};
}

}  // namespace journal
