// A shard's journal: what outlives a crash of the node (DESIGN 5), see engine/seam/journal.h for
// what it promises. What is said goes into memory (the nursery); at the end of a turn what has
// gathered is written and synced in one commit, one at a time. Entries that have ended by then are
// left out. A failed write or sync ends the node: what the disk holds then is unknown, and trying
// again would only hide it.
//
// Segments are freed in their order, when no entry lives in them any more, that is on record, and
// the consumer has read their feed records. When the log grows long, the oldest segment's living
// entries are appended again (carried).
// Owned by one shard. Makes no system calls and has no threads: Reactor::commit and the
// SegmentSupply do that, so it runs in the simulation as it is.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/journal/feed_progress.h"
#include "engine/journal/format.h"
#include "engine/journal/group_writer.h"
#include "engine/journal/live_table.h"
#include "engine/journal/nursery.h"
#include "engine/journal/segment_supply.h"
#include "engine/memory/budget.h"
#include "engine/shard/log.h"

namespace journal {

enum class Durability : uint8_t {
  full,     // a commit is written and synced
  relaxed,  // only written: a power cut may lose the last moments
};

struct JournalOptions {
  uint64_t segment_bytes = 8 << 20;  // a power of two; twice the longest record at least
  uint64_t bytes_max = 256 << 20;    // of segments, a shard; eight of them at least
  // Beyond it sockets are not read.
  uint64_t bytes_uncommitted_max = memory::Budget::kJournalWaitingBytes;
  Durability durability = Durability::full;
};

// Told when the disk fails us. The process ends in there, but for tests and the simulation: the
// journal commits nothing more after it.
class DiskFailure {
 public:
  virtual ~DiskFailure() = default;
  virtual void journal_failed(const std::string& what) = 0;
};

class ShardJournal final : public engine::Log {
 public:
  static constexpr uint64_t kSpares = 3;  // segments made ready in advance
  static constexpr uint64_t kSegmentsMin = 8;
  static constexpr size_t kCarryBytesPerTurn = 256 << 10;

  // An empty log that starts with segment `first`. At start, before attach(), it is filled and
  // written by disk/epoch.h.
  ShardJournal(const LogIdentity& log, const JournalOptions& options, DiskFailure& failure,
               uint64_t first = 1);
  ~ShardJournal() override;

  // On the shard, before its first turn. Both outlive the journal.
  void attach(engine::Reactor& reactor, SegmentSupply& supply);

  // engine::Journal
  void put(engine::JournalKey key, base::Bytes bytes) override;
  void note(engine::JournalKey key, base::Bytes bytes) override;
  void erase(engine::JournalKey key) override;
  bool holds(engine::JournalKey key) const override { return table_.find(key) != nullptr; }
  void feed(uint8_t kind, base::Bytes bytes) override;
  Position fed_to() override;
  Position appended() const override { return nursery_.end(); }
  Position committed() const override { return committed_; }
  uint64_t epoch() const override { return log().epoch; }
  bool accepting() const override { return accepting_; }

  // engine::Log
  void flush(base::Instant now) override;
  void on_completion(const engine::Completion& completion) override;
  base::Instant deadline() const override;
  bool behind() const override {
    return feed_lags_ || bytes_waiting() > options_.bytes_uncommitted_max;
  }
  bool finish() override;

  // Before attach(): what is to be written by other means, and with which files.
  GroupWriter& writer() { return writer_; }
  void close_initial(bool synced);  // closes the open group
  void adopt(uint64_t segment, int file);
  void written(Group group);         // it is on disk, synced if that is wanted

  const LogIdentity& log() const { return writer_.log(); }
  std::shared_ptr<FeedProgress> progress() const { return progress_; }

  struct Figures {
    size_t entries = 0;
    uint64_t live_bytes = 0;
    uint64_t segments = 0;  // in use and ready
    uint64_t first_segment = 0;
    size_t table_bytes = 0;
  };
  Figures figures() const;

 private:
  struct Segment {
    int file = -1;          // -1: not there yet
    uint64_t live = 0;      // entries and notes in it
    uint64_t feed_end = 0;  // of its last feed record; 0: none
  };
  struct Carry {
    uint64_t segment = 0;
    std::string bytes;
    uint64_t at = 0;         // offset of the next record
    uint64_t group_end = 0;  // and of the end of its group
  };

  // What a slot names while the record has no position: its reference in the nursery.
  static constexpr uint64_t kYoung = uint64_t{1} << 63;
  static bool is_young(uint64_t position) { return (position & kYoung) != 0; }
  Nursery::Young& young(uint64_t position);

  uint64_t say(RecordType type, engine::JournalKey key, base::Bytes bytes);
  void settle_until(Nursery::Reference end);
  void settle(Nursery::Reference reference);
  void drop(const LiveTable::Slot& slot);
  uint64_t append(RecordType type, uint8_t kind, uint64_t id, base::Bytes first,
                  base::Bytes second = {}, size_t reserve = 0);
  Segment& segment(uint64_t index);
  void said(uint64_t bytes);  // others than carrying have said so much
  void leave(uint64_t position);  // what stood there lives no longer
  void enter(uint64_t position) { ++segment(log().segment_of(position)).live; }
  uint64_t oldest_needed() const;
  uint64_t current() const { return writer_.segment(); }
  void close_group(bool empty_too = false);
  void commit_first();
  void release_before(uint64_t segment);
  void take_answers(base::Instant now);
  void take_segment(const SupplyAnswer& answer, base::Instant now);
  void start_carrying(SupplyAnswer answer);
  void ask_for_segment(base::Instant now);
  void ask_to_carry();
  bool may_go_round();
  void carry_some();
  bool carry_next(Carry& carry);
  void carry_record(const Record& record);
  void seal_when_idle(base::Instant now);
  void watch_feed(base::Instant now);
  uint64_t spares() const { return ready_end_ > current() ? ready_end_ - current() - 1 : 0; }
  bool at_bound() const { return ready_end_ - first_ >= segments_max_; }
  bool stalled() const;
  bool idle() const {
    return !in_flight_ && nursery_.empty() && writer_.empty() && writer_.closed().empty();
  }
  uint64_t bytes_waiting() const { return nursery_.living_bytes() + writer_.bytes_waiting(); }
  void nothing_to_commit();
  void update_accepting();
  void update_gauges();
  void fail(const std::string& what);

  const JournalOptions options_;
  const uint64_t segments_max_;
  DiskFailure& failure_;
  Nursery nursery_;
  GroupWriter writer_;
  LiveTable table_;
  engine::Reactor* reactor_ = nullptr;
  SegmentSupply* supply_ = nullptr;
  std::shared_ptr<FeedProgress> progress_ = std::make_shared<FeedProgress>();

  std::vector<Segment> segments_;  // few: first_, first_ + 1 …
  uint64_t first_ = 0;
  uint64_t ready_end_ = 0;     // segments before it have their files
  uint64_t last_written_ = 0;  // the segment of the last group on disk
  uint64_t live_bytes_ = 0;
  // Positions as promises count them, which is in what was said, whether it was written or not.
  Position settled_ = 0;           // all before it have left the nursery
  std::deque<Position> promised_;  // what each closed group keeps when it is on disk
  Position committed_ = 0;
  bool tells_ = false;  // committed_ has moved without a commit
  bool in_flight_ = false;
  bool failed_ = false;
  bool accepting_ = true;
  bool unsealed_ = false;  // the last group's having been synced is not on record
  bool finishing_ = false;
  bool stall_counted_ = false;
  base::Instant seal_at_ = base::Instant::never();

  uint64_t feed_seen_ = 0;         // how far the feed's consumer had come
  base::Instant feed_moved_at_{};  // when that last changed
  bool feed_lags_ = false;         // the log is long because of it, and it is at work
  base::Instant feed_look_at_{};   // then: again

  bool preparing_ = false;       // the supply was asked for a segment
  bool prepare_failed_ = false;  // the last time
  base::Instant retry_at_{};
  base::Instant look_again_ = base::Instant::never();  // while not accepting
  bool reading_back_ = false;
  std::optional<Carry> carry_;
  uint64_t round_end_ = 0;      // carrying has been through once when this is the oldest segment
  uint64_t said_ = 0;           // bytes others than carrying have taken of the log, about
  uint64_t said_at_round_ = 0;  // … when this round began

  struct Shown {  // our part of the gauges
    int64_t entries = 0;
    int64_t live_bytes = 0;
    int64_t segments = 0;
    int64_t waiting = 0;
  } shown_;
};

}  // namespace journal
