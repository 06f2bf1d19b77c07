#include "engine/journal/recovery/recover.h"

#include <algorithm>
#include <map>
#include <utility>

#include "engine/journal/recovery/collector.h"
#include "engine/journal/recovery/marks.h"

namespace journal {

namespace {

using SegmentLists = std::map<uint32_t, std::vector<uint64_t>>;  // by shard, sorted

// What lies in the folder, by name alone.
struct Inventory {
  uint64_t complete = 0;  // the newest with a mark
  uint64_t highest = 0;
  bool accepted = false;  // damage in the newest
  std::map<uint64_t, SegmentLists> segments;
};

base::Result<Inventory> take_inventory(Files& files) {
  const auto names = files.list();
  if (!names) return names.error();
  Inventory found;
  for (const std::string& name : *names) {
    if (const auto epoch = parse_complete_mark_name(name)) {
      found.complete = std::max(found.complete, *epoch);
      found.highest = std::max(found.highest, *epoch);
    } else if (const auto segment = parse_segment_name(name)) {
      found.segments[segment->epoch][segment->shard].push_back(segment->segment);
      found.highest = std::max(found.highest, segment->epoch);
    }
  }
  for (auto& [epoch, shards] : found.segments) {
    for (auto& [shard, list] : shards) std::sort(list.begin(), list.end());
  }
  const std::string accepted = accepted_name(found.complete);
  found.accepted = std::find(names->begin(), names->end(), accepted) != names->end();
  return found;
}

class Nothing final : public RecordSink {
 public:
  void on_record(const Record&) override {}
};

// Files newer than every complete epoch are from a start that did not come to its end, unless the
// node has worked with them: then their mark is lost.
base::Status check_incomplete(Files& files, const Inventory& found) {
  for (const auto& [epoch, shards] : found.segments) {
    if (epoch <= found.complete) continue;
    for (const auto& [shard, list] : shards) {
      Nothing sink;
      const auto log = read_log(files, {.epoch = epoch, .shard = shard}, list, sink);
      if (log && !log->only_initial) {
        return base::Error{complete_mark_name(epoch) + " is missing; the epoch was in use"};
      }
    }
  }
  return base::Status::ok();
}

base::Status read_shard(Files& files, const CompleteMark& mark, uint32_t shard,
                        const std::vector<uint64_t>& segments, Recovered& out) {
  if (segments.empty()) {
    return base::Error{"all files of shard " + std::to_string(shard) + " in epoch " +
                       std::to_string(mark.epoch) + " are missing"};
  }
  Collector collector;
  auto log = read_log(files, {.epoch = mark.epoch, .shard = shard}, segments, collector);
  if (!log) return log.error();
  const uint64_t orphans = collector.take(static_cast<engine::ShardId>(shard), out.entries);
  if (orphans > 0) {
    out.warnings.push_back("shard " + std::to_string(shard) + ": " + std::to_string(orphans) +
                           " notes without their entries were dropped");
  }
  if (log->torn) {
    out.warnings.push_back("shard " + std::to_string(shard) +
                           ": the last commit was not finished and is dropped; nobody was told "
                           "that it was done");
  }
  out.logs.push_back(std::move(*log));
  return base::Status::ok();
}

void sort_damages(Recovered& found, const std::vector<AcceptedDamage>& accepted) {
  for (const LogSummary& log : found.logs) {
    for (const Damage& damage : log.damages) {
      const AcceptedDamage key{damage.shard, damage.from, damage.to};
      const bool known = std::find(accepted.begin(), accepted.end(), key) != accepted.end();
      (known ? found.accepted : found.damages).push_back(damage);
    }
  }
  for (const Damage& damage : found.accepted) {
    found.warnings.push_back("accepted damage: " + describe(damage));
  }
}

}  // namespace

base::Result<Recovered> examine(Files& files) {
  auto found = take_inventory(files);
  if (!found) return found.error();
  if (auto checked = check_incomplete(files, *found); !checked) return checked.error();
  Recovered result;
  result.epoch = found->complete;
  result.highest_epoch = found->highest;
  if (found->complete == 0) {
    const bool first = found->highest <= 1;
    if (first) return result;
    return base::Error{"epoch " + std::to_string(found->highest) +
                       " is not complete and no earlier one is there"};
  }
  const auto mark = read_complete_mark(files, found->complete);
  if (!mark) return mark.error();
  std::vector<AcceptedDamage> accepted;
  if (found->accepted) {
    auto list = read_accepted(files, mark->epoch);
    if (!list) return list.error();
    accepted = std::move(*list);
  }
  SegmentLists& segments = found->segments[mark->epoch];
  for (uint32_t shard = 0; shard < mark->shards; ++shard) {
    auto read = read_shard(files, *mark, shard, segments[shard], result);
    if (!read) return read.error();
  }
  sort_damages(result, accepted);
  return result;
}

base::Result<Recovered> recover(Files& files) {
  auto found = examine(files);
  if (!found || found->damages.empty()) return found;
  const size_t more = found->damages.size() - 1;
  return base::Error{describe(found->damages.front()) +
                     (more > 0 ? ", and " + std::to_string(more) + " more places" : "")};
}

base::Result<Recovered> repair(Files& files) {
  auto found = examine(files);
  if (!found || found->damages.empty()) return found;
  std::vector<AcceptedDamage> accepted;
  for (const auto* list : {&found->accepted, &found->damages}) {
    for (const Damage& damage : *list) accepted.push_back({damage.shard, damage.from, damage.to});
  }
  if (auto written = write_accepted(files, found->epoch, accepted); !written) {
    return written.error();
  }
  return found;
}

}  // namespace journal
