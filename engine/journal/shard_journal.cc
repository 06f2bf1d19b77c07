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
      writer_(log, first),
      first_(first),
      ready_end_(first),
      committed_(writer_.appended()) {
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

void ShardJournal::enter(uint64_t position, uint64_t bytes) {
  ++segment(log().segment_of(position)).live;
  live_bytes_ += bytes;
}

void ShardJournal::leave(uint64_t position, uint64_t bytes) {
  Segment& from = segment(log().segment_of(position));
  CHECK(from.live > 0 && live_bytes_ >= bytes);
  --from.live;
  live_bytes_ -= bytes;
}

// A commit takes a block at least, whatever is in it.
void ShardJournal::said(uint64_t bytes) {
  said_ += kRecordHeader + bytes + (writer_.empty() ? kBlock : 0);
}

// In all of these the new record is appended before the old one is let go: a group that is closed
// on the way must not say that the old one is no longer needed.
void ShardJournal::put(engine::JournalKey key, base::Bytes bytes) {
  CHECK(key.kind >= 1 && key.kind <= 63);
  said(bytes.size());
  // A note may belong to it. What fills a segment alone has none at once.
  const size_t room = GroupWriter::record_bytes_max(log()) - bytes.size();
  const size_t reserve = std::min<size_t>(room, kNoteBytes);
  const uint64_t position = append(RecordType::put, key.kind, key.id, bytes, {}, reserve);
  LiveTable::Slot& slot = table_.insert(key);
  if (slot.position != 0) leave(slot.position, entry_bytes(slot.length));
  if (slot.note != 0) leave(slot.note, kNoteBytes);
  slot.position = position;
  slot.note = 0;
  slot.length = static_cast<uint32_t>(bytes.size());
  enter(position, entry_bytes(bytes.size()));
}

void ShardJournal::note(engine::JournalKey key, base::Bytes bytes) {
  said(bytes.size());
  append_note(key, bytes);
}

void ShardJournal::append_note(engine::JournalKey key, base::Bytes bytes) {
  CHECK(bytes.size() <= kNoteBytesMax);
  LiveTable::Slot* slot = table_.find(key);
  CHECK(slot != nullptr);
  const uint64_t position = append(RecordType::note, key.kind, key.id, bytes);
  if (slot->note != 0) leave(slot->note, kNoteBytes);
  slot->note = position;
  enter(position, kNoteBytes);
}

void ShardJournal::erase(engine::JournalKey key) {
  const LiveTable::Slot* slot = table_.find(key);
  CHECK(slot != nullptr);
  said(0);
  append(RecordType::erase, key.kind, key.id, {});
  leave(slot->position, entry_bytes(slot->length));
  if (slot->note != 0) leave(slot->note, kNoteBytes);
  table_.erase(key);
}

void ShardJournal::feed(uint8_t kind, base::Bytes bytes) {
  said(bytes.size());
  append(RecordType::feed, kind, 0, bytes);
  segment(current()).feed_end = appended();
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
  writer_.close(oldest_needed(), full ? Group::kAfterSync : 0, empty_too);
}

void ShardJournal::close_initial(bool synced) {
  CHECK(reactor_ == nullptr);
  writer_.close(first_, Group::kInitial | (synced ? Group::kAfterSync : 0), synced);
}

void ShardJournal::adopt(uint64_t index, int file) {
  CHECK(index == ready_end_ && file >= 0);
  segment(index).file = file;
  ++ready_end_;
}

void ShardJournal::flush(base::Instant now) {
  CHECK(reactor_ != nullptr);
  if (failed_) return;
  take_answers(now);
  carry_some();
  if (!in_flight_) {
    if (writer_.closed().empty()) close_group();
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
  CHECK(group.covers >= committed_ && group.covers <= appended());
  committed_ = group.covers;
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
  show(trace::Gauge::journal_bytes_waiting, shown_.waiting, writer_.bytes_waiting());
}

ShardJournal::Figures ShardJournal::figures() const {
  return {table_.size(), live_bytes_, ready_end_ - first_, first_, table_.bytes()};
}

}  // namespace journal
