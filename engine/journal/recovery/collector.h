// From the records of a log to the entries that live at its end.
// At start, and offline; blocking. Memory: all entries that live.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/journal/recovery/log_reader.h"
#include "engine/journal/recovery/recover.h"

namespace journal {

class Collector final : public RecordSink {
 public:
  // What is erased at `ended_from` or behind it is remembered, too.
  explicit Collector(uint64_t ended_from = UINT64_MAX) : ended_from_(ended_from) {}

  void on_record(const Record& record) override;
  // In the order they were put first; notes whose entry is not there are counted and left out.
  uint64_t take(engine::ShardId shard, std::vector<RecoveredEntry>& out);
  // Those that were erased behind `ended_from`, as they were; after take().
  void take_ended(engine::ShardId shard, std::vector<RecoveredEntry>& out);

 private:
  struct Live {
    std::string bytes;
    std::string note;
    uint64_t order = 0;  // 0: only the note was seen
    bool ended = false;
  };
  struct KeyHash {
    size_t operator()(engine::JournalKey key) const;
  };
  uint64_t take_those(bool ended, engine::ShardId shard, std::vector<RecoveredEntry>& out);

  const uint64_t ended_from_;
  std::unordered_map<engine::JournalKey, Live, KeyHash> live_;
};

}  // namespace journal
