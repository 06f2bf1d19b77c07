// The segments of a ShardJournal: asking for the next ones, and carrying living entries out of the
// oldest one when the log grows long.
#include <cstring>
#include <utility>

#include "engine/base/check.h"
#include "engine/journal/shard_journal.h"
#include "engine/trace/counters.h"
#include "engine/trace/trace.h"

namespace journal {

namespace {

constexpr base::Duration kRetry = base::Duration::seconds(1);
// Looked through in one turn, living or not.
constexpr uint64_t kLookedAtPerTurn = 1 << 20;
// Beyond the limit when nothing else could free a segment.
constexpr uint64_t kEmergency = 2;

}  // namespace

void ShardJournal::take_answers(base::Instant now) {
  while (auto answer = supply_->answer()) {
    if (answer->kind == SupplyAnswer::Kind::prepared) {
      take_segment(*answer, now);
    } else {
      start_carrying(std::move(*answer));
    }
  }
}

void ShardJournal::take_segment(const SupplyAnswer& answer, base::Instant now) {
  CHECK(preparing_ && answer.segment == ready_end_);
  preparing_ = false;
  const bool failed = !answer.error.empty();
  if (failed) {
    trace::count(trace::Counter::journal_prepare_failures);
    if (!prepare_failed_) {
      TRACE(journal, error, "no new segment", {"shard", log().shard}, {"why", answer.error});
    }
    retry_at_ = now + kRetry;
  } else {
    adopt(answer.segment, answer.file);
  }
  prepare_failed_ = failed;
}

void ShardJournal::ask_for_segment(base::Instant now) {
  CHECK(supply_ != nullptr);
  if (preparing_ || ready_end_ > current() + kSpares) return;
  if (prepare_failed_ && now < retry_at_) return;
  // Old segments are let go by new groups, so for those there has to be room.
  const uint64_t most = segments_max_ + (stalled() ? kEmergency : 0);
  if (ready_end_ - first_ >= most) return;
  preparing_ = true;
  supply_->prepare(ready_end_);
}

void ShardJournal::ask_to_carry() {
  if (reading_back_ || carry_.has_value() || first_ >= last_written_) return;
  const uint64_t used = current() - first_ + 1;
  if (used < segments_max_ * 3 / 4 && !(prepare_failed_ && spares() < 2)) return;
  // Only where there is something to be gained, or it would go round for ever.
  if (live_bytes_ + 2 * options_.segment_bytes > used * options_.segment_bytes) return;
  const Segment& oldest = segments_.front();
  const uint64_t consumed = progress_->consumed.load(std::memory_order_acquire);
  const bool fed = oldest.feed_end <= consumed && (consumed == FeedProgress::kNoConsumer ||
                                                   log().segment_of(consumed) > first_);
  if (oldest.live == 0 || !fed) return;  // the next group lets it go, or nothing can
  if (!may_go_round()) return;
  CHECK(oldest.file >= 0);
  reading_back_ = true;
  supply_->read_back(first_, oldest.file);
}

// What lives may not pack better than it does: a segment's end stays empty when the next record is
// longer. So when all of it has been carried once, it is carried again only after others have
// written a segment full, which then may have died.
bool ShardJournal::may_go_round() {
  if (first_ < round_end_) return true;
  if (round_end_ > 0 && said_ - said_at_round_ < options_.segment_bytes) return false;
  round_end_ = current() + 1;
  said_at_round_ = said_;
  return true;
}

void ShardJournal::start_carrying(SupplyAnswer answer) {
  CHECK(reading_back_ && !carry_.has_value());
  reading_back_ = false;
  if (answer.segment != first_) return;  // all of it has died meanwhile
  if (!answer.error.empty() || answer.bytes.size() != options_.segment_bytes) {
    fail(segment_name(log(), answer.segment) + " cannot be read back: " + answer.error);
    return;
  }
  carry_ = Carry{answer.segment, std::move(answer.bytes), kBlock, kBlock};
}

void ShardJournal::carry_some() {
  if (!carry_.has_value()) return;
  const uint64_t start = carry_->at;
  const uint64_t waiting = writer_.bytes_waiting();
  while (!failed_ && carry_next(*carry_)) {
    if (carry_->at - start >= kLookedAtPerTurn ||
        writer_.bytes_waiting() - waiting >= kCarryBytesPerTurn) {
      return;
    }
  }
  if (failed_) return;
  if (first_ == carry_->segment && segments_.front().live > 0) {
    fail(segment_name(log(), carry_->segment) + " was damaged after it had been written");
    return;
  }
  trace::count(trace::Counter::journal_segments_carried);
  carry_.reset();
}

// False: the segment is through.
bool ShardJournal::carry_next(Carry& carry) {
  // Which segment it is must not be asked of the log: it may have been let go.
  const base::Bytes all = carry.bytes;
  if (first_ != carry.segment) return false;
  const uint64_t position = log().start_of(carry.segment) + carry.at;
  if (carry.at == carry.group_end) {
    if (carry.at + kGroupHeader > all.size()) return false;
    const auto group = read_group(all.substr(carry.at), log(), position);
    if (!group) return false;  // the rest was not used
    carry.group_end = log().offset_of(position) + group->bytes;
    carry.at += kGroupHeader;
  } else {
    const auto record = read_record(all.substr(carry.at), log(), position);
    if (!record) return false;
    carry.at += record->size();
    carry_record(*record);
  }
  if (carry.at == carry.group_end) {
    carry.at = (carry.at + kBlock - 1) / kBlock * kBlock;
    carry.group_end = carry.at;
  }
  return true;
}

void ShardJournal::carry_record(const Record& record) {
  const engine::JournalKey key{record.kind, record.id};
  LiveTable::Slot* slot = record.kind == 0 ? nullptr : table_.find(key);
  if (slot == nullptr) return;
  if (record.type == RecordType::note && slot->note == record.position) {
    slot->note = append(RecordType::note, key.kind, key.id, record.bytes);
    leave(record.position);
    enter(slot->note);
    trace::count(trace::Counter::journal_entries_carried);
    return;
  }
  if (slot->position != record.position) return;
  char order[sizeof record.position];  // where it stood first, which is its place among others
  base::Bytes bytes = record.bytes;
  if (record.type == RecordType::carry) {
    std::memcpy(order, bytes.data(), sizeof order);
    bytes.remove_prefix(sizeof order);
  } else {
    std::memcpy(order, &record.position, sizeof order);
  }
  CHECK(bytes.size() == slot->length);
  const uint64_t moved = append(RecordType::carry, key.kind, key.id, {order, sizeof order}, bytes);
  leave(slot->position);
  slot->position = moved;
  enter(moved);
  trace::count(trace::Counter::journal_entries_carried);
}

}  // namespace journal
