#include "engine/journal/recovery/collector.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/base/check.h"

namespace journal {

size_t Collector::KeyHash::operator()(engine::JournalKey key) const {
  return static_cast<size_t>((key.id ^ (uint64_t{key.kind} << 56)) * 0x9e3779b97f4a7c15u >> 7);
}

void Collector::on_record(const Record& record) {
  const engine::JournalKey key{record.kind, record.id};
  switch (record.type) {
    case RecordType::put:
      live_[key] = {std::string(record.bytes), "", record.position};
      return;
    case RecordType::carry: {
      // The entry as it was, somewhere else: its note stays, wherever that was written.
      Live& live = live_[key];
      std::memcpy(&live.order, record.bytes.data(), sizeof live.order);
      live.bytes = record.bytes.substr(sizeof live.order);
      return;
    }
    case RecordType::note:
      live_[key].note = record.bytes;
      return;
    case RecordType::erase: {
      const auto live = live_.find(key);
      if (live == live_.end()) return;
      if (record.position < ended_from_) {
        live_.erase(live);
      } else {
        live->second.ended = true;
      }
      return;
    }
    case RecordType::feed:
      return;
    case RecordType::group:
      break;
  }
  CHECK(false);
}

uint64_t Collector::take(engine::ShardId shard, std::vector<RecoveredEntry>& out) {
  return take_those(false, shard, out);
}

void Collector::take_ended(engine::ShardId shard, std::vector<RecoveredEntry>& out) {
  take_those(true, shard, out);
}

uint64_t Collector::take_those(bool ended, engine::ShardId shard,
                               std::vector<RecoveredEntry>& out) {
  uint64_t orphans = 0;
  std::vector<std::pair<uint64_t, engine::JournalEntry>> ordered;
  ordered.reserve(live_.size());
  for (auto& [key, live] : live_) {
    if (live.ended != ended) continue;
    if (live.order == 0) {
      ++orphans;
      continue;
    }
    ordered.emplace_back(live.order,
                         engine::JournalEntry{key, std::move(live.bytes), std::move(live.note)});
  }
  std::sort(ordered.begin(), ordered.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& [order, entry] : ordered) out.push_back({shard, std::move(entry)});
  return orphans;
}

}  // namespace journal
