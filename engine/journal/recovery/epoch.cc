#include "engine/journal/recovery/epoch.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/plant.h"
#include "engine/journal/recovery/marks.h"

namespace journal {

namespace {

// Everything that was closed goes to disk; groups of an epoch that is not complete need no sync of
// their own.
base::Status write_out(Files& files, SegmentKeeper& keeper, ShardJournal& journal,
                       std::vector<int>& used) {
  const LogIdentity& log = journal.log();
  while (!journal.writer().closed().empty()) {
    const GroupWriter::Closed& next = journal.writer().closed().front();
    const uint64_t segment = log.segment_of(next.group.position);
    while (used.size() < segment) {
      const uint64_t wanted = used.size() + 1;
      const auto file = keeper.prepare(log, wanted);
      if (!file) return file.error();
      journal.adopt(wanted, *file);
      used.push_back(*file);
    }
    auto written = files.write(used.back(), log.offset_of(next.group.position), next.bytes());
    if (!written) return base::Error{segment_name(log, segment) + ": " + written.error().what};
    journal.written(next.group);
  }
  for (const int file : used) {
    if (auto synced = files.sync(file); !synced) return synced;
  }
  return base::Status::ok();
}

base::Status leave_older(Files& files, SegmentKeeper& keeper, uint64_t epoch) {
  const auto names = files.list();
  if (!names) return names.error();
  for (const std::string& name : *names) {
    const auto segment = parse_segment_name(name);
    if (segment && segment->epoch != epoch) {
      if (auto freed = keeper.reclaim(name); !freed) return freed;
    }
    const auto mark = parse_complete_mark_name(name);
    if (mark && *mark != epoch) {
      if (auto removed = files.remove(name); !removed) return removed;
      for (const std::string& other : *names) {
        if (other != accepted_name(*mark)) continue;
        if (auto removed = files.remove(other); !removed) return removed;
      }
    }
  }
  return files.sync_folder();
}

}  // namespace

base::Status free_unused(Files& files, SegmentKeeper& keeper, const std::vector<LogSummary>& logs) {
  auto names = files.list();
  if (!names) return names.error();
  // The highest first, so that no gap is ever seen.
  std::sort(names->rbegin(), names->rend());
  for (const std::string& name : *names) {
    const auto segment = parse_segment_name(name);
    if (!segment) continue;
    for (const LogSummary& log : logs) {
      if (log.log.epoch != segment->epoch || log.log.shard != segment->shard) continue;
      const bool used = log.end == 0 || segment->segment <= log.log.segment_of(log.end);
      if (used || log.torn || !log.damages.empty()) continue;
      if (auto freed = keeper.reclaim(name); !freed) return freed;
    }
  }
  return base::Status::ok();
}

base::Result<std::unique_ptr<ShardJournal>> write_log(
    Files& files, SegmentKeeper& keeper, const LogIdentity& log, const JournalOptions& options,
    DiskFailure& failure, const std::vector<engine::JournalEntry>& entries) {
  auto journal = std::make_unique<ShardJournal>(log, options, failure);
  std::vector<int> used;
  for (const engine::JournalEntry& entry : entries) {
    journal->put(entry.key, entry.bytes);
    if (!entry.note.empty()) journal->note(entry.key, entry.note);
  }
  journal->close_initial(false);
  if (auto written = write_out(files, keeper, *journal, used); !written) return written.error();
  // That all of this is on disk has to be on record as well.
  journal->close_initial(true);
  if (auto written = write_out(files, keeper, *journal, used); !written) return written.error();
  return journal;
}

base::Result<std::vector<std::unique_ptr<ShardJournal>>> begin_epoch(
    Files& files, SegmentKeeper& keeper, const EpochStart& start,
    const std::vector<std::vector<engine::JournalEntry>>& entries) {
  CHECK(start.epoch > 0 && start.failure != nullptr && !entries.empty());
  std::vector<std::unique_ptr<ShardJournal>> journals;
  for (uint32_t shard = 0; shard < entries.size(); ++shard) {
    // A file that one shard has let go may become another's, at the same positions: what is left in
    // it must not look like the new one's.
    const uint32_t salt = start.salt + (base::plant == base::Plant::salt_shared ? 0 : shard);
    const LogIdentity log{start.epoch, shard, salt, start.options.segment_bytes};
    auto filled = write_log(files, keeper, log, start.options, *start.failure, entries[shard]);
    if (!filled) return filled.error();
    journals.push_back(std::move(*filled));
  }
  const auto shards = static_cast<uint32_t>(entries.size());
  if (auto marked = write_complete_mark(files, {start.epoch, shards}); !marked) {
    return marked.error();
  }
  if (auto left = leave_older(files, keeper, start.epoch); !left) return left.error();
  return journals;
}

}  // namespace journal
