#include "engine/journal/recovery/copy.h"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "engine/base/check.h"
#include "engine/journal/recovery/collector.h"
#include "engine/journal/recovery/epoch.h"
#include "engine/journal/recovery/marks.h"

namespace journal {

namespace {

struct NoWrites final : DiskFailure {
  void journal_failed(const std::string&) override { CHECK(false); }  // nothing is committed
};

class Copier {
 public:
  Copier(Files& from, Files& to, uint64_t epoch, const std::vector<LogCut>& cuts)
      : from_(from), to_(to), epoch_(epoch), cuts_(cuts) {}
  base::Result<CopiedLogs> run();

 private:
  base::Status copy_log(uint32_t shard, const std::vector<std::string>& names);
  base::Status copy_segment(const std::string& name, uint64_t segment, LogIdentity& log);
  base::Status copy_marks(const std::vector<std::string>& names);
  base::Status keep_ended(const Recovered& found);

  Files& from_;
  Files& to_;
  const uint64_t epoch_;
  const std::vector<LogCut>& cuts_;
  std::vector<std::vector<uint64_t>> segments_;  // of each shard, sorted
  std::vector<LogIdentity> logs_;
  CopiedLogs result_;
};

// Up to the cut of its shard; what comes behind becomes zeros.
base::Status Copier::copy_segment(const std::string& name, uint64_t segment, LogIdentity& log) {
  const auto file = from_.open(name);
  if (!file) return file.error();
  const auto size = from_.size(*file);
  std::string bytes;
  base::Status read = size ? from_.read(*file, 0, *size, bytes) : base::Status(size.error());
  from_.close(*file);
  if (!read) return base::Error{name + ": " + read.error().what};
  const auto trouble = read_segment_header(bytes, log, segment);
  if (trouble && log.segment_bytes == 0) return base::Error{name + ": " + *trouble};
  const uint64_t end = cuts_[log.shard].to;
  const uint64_t start = log.start_of(segment);
  if (end <= start + kBlock) return base::Status::ok();
  if (end - start < bytes.size()) {
    std::fill(bytes.begin() + static_cast<ptrdiff_t>(end - start), bytes.end(), '\0');
  }
  const auto copy = to_.create(name, bytes.size());
  if (!copy) return copy.error();
  const auto written = to_.write(*copy, 0, bytes);
  to_.close(*copy);
  if (!written) return base::Error{name + ": " + written.error().what};
  segments_[log.shard].push_back(segment);
  return base::Status::ok();
}

base::Status Copier::copy_log(uint32_t shard, const std::vector<std::string>& names) {
  LogIdentity log{.epoch = epoch_, .shard = shard};
  for (const std::string& name : names) {  // sorted
    const auto segment = parse_segment_name(name);
    if (!segment || segment->epoch != epoch_ || segment->shard != shard) continue;
    if (auto copied = copy_segment(name, segment->segment, log); !copied) return copied;
  }
  if (segments_[shard].empty()) {
    return base::Error{"the log of shard " + std::to_string(shard) + " is not there"};
  }
  logs_.push_back(log);
  return base::Status::ok();
}

base::Status Copier::copy_marks(const std::vector<std::string>& names) {
  const auto mark = read_complete_mark(from_, epoch_);
  if (!mark) return mark.error();
  if (mark->shards != cuts_.size())
    return base::Error{complete_mark_name(epoch_) + " is another's"};
  if (std::find(names.begin(), names.end(), accepted_name(epoch_)) != names.end()) {
    const auto accepted = read_accepted(from_, epoch_);
    if (!accepted) return accepted.error();
    if (auto written = write_accepted(to_, epoch_, *accepted); !written) return written;
  }
  return write_complete_mark(to_, *mark);
}

base::Status Copier::keep_ended(const Recovered& found) {
  std::set<engine::JournalKey> living;
  for (const RecoveredEntry& entry : found.entries) living.insert(entry.entry.key);
  std::vector<engine::JournalEntry> ended;
  for (uint32_t shard = 0; shard < cuts_.size(); ++shard) {
    Collector collector(cuts_[shard].from);
    const auto log = read_log(to_, {.epoch = epoch_, .shard = shard}, segments_[shard], collector);
    if (!log) return log.error();
    std::vector<RecoveredEntry> all;
    collector.take_ended(static_cast<engine::ShardId>(shard), all);
    for (RecoveredEntry& one : all) {
      if (living.insert(one.entry.key).second) ended.push_back(std::move(one.entry));
    }
  }
  result_.kept_ended = ended.size();
  if (ended.empty()) return base::Status::ok();
  LogIdentity log = logs_.front();
  log.shard = static_cast<uint32_t>(cuts_.size());
  auto keeper = SegmentKeeper::open(to_, log.segment_bytes);
  if (!keeper) return keeper.error();
  JournalOptions options;
  options.segment_bytes = log.segment_bytes;
  NoWrites failure;
  const auto written = write_log(to_, *keeper, log, options, failure, ended);
  if (!written) return written.error();
  return write_complete_mark(to_, {epoch_, log.shard + 1});
}

base::Result<CopiedLogs> Copier::run() {
  auto names = from_.list();
  if (!names) return names.error();
  std::sort(names->begin(), names->end());
  segments_.resize(cuts_.size());
  for (uint32_t shard = 0; shard < cuts_.size(); ++shard) {
    if (auto copied = copy_log(shard, *names); !copied) return copied.error();
  }
  if (auto copied = copy_marks(*names); !copied) return copied.error();
  const auto copy = recover(to_);
  if (!copy) return copy.error();
  if (auto kept = keep_ended(*copy); !kept) return kept.error();
  // Read as a node would that starts from it.
  const auto whole = recover(to_);
  if (!whole) return whole.error();
  result_.epoch = epoch_;
  result_.entries = whole->entries.size();
  return result_;
}

}  // namespace

base::Result<CopiedLogs> copy_logs(Files& from, Files& to, uint64_t epoch,
                                   const std::vector<LogCut>& cuts) {
  CHECK(epoch > 0 && !cuts.empty());
  return Copier(from, to, epoch, cuts).run();
}

base::Result<CopiedLogs> copy_stopped_logs(Files& from, Files& to) {
  const auto found = recover(from);
  if (!found) return found.error();
  if (found->epoch == 0) return CopiedLogs{};
  std::vector<LogCut> cuts;
  for (const LogSummary& log : found->logs) {
    const bool plain = log.end > 0 && !log.torn && log.damages.empty();
    cuts.push_back({UINT64_MAX, plain ? log.end : UINT64_MAX});
  }
  return copy_logs(from, to, found->epoch, cuts);
}

}  // namespace journal
