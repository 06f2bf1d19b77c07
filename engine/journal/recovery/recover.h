// What a journal holds when the node starts: the newest complete epoch's logs, read whole. Damage
// is an error that says where; nothing is skipped unless an operator has accepted it (repair()).
// At start, and offline; blocking. Memory: all entries that live.
#pragma once

#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/journal/files.h"
#include "engine/journal/recovery/log_reader.h"
#include "engine/seam/ids.h"
#include "engine/seam/journal.h"

namespace journal {

struct RecoveredEntry {
  engine::ShardId shard = 0;  // in whose log it was
  engine::JournalEntry entry;
};

struct Recovered {
  uint64_t epoch = 0;                   // 0: there was none
  uint64_t highest_epoch = 0;           // whose files were seen, complete or not
  std::vector<LogSummary> logs;         // one a shard
  std::vector<RecoveredEntry> entries;  // shard by shard, each in the order they were put
  std::vector<Damage> damages;          // that nobody has accepted
  std::vector<Damage> accepted;
  std::vector<std::string> warnings;
};

// Reads everything and judges nothing: damages are in the result.
base::Result<Recovered> examine(Files& files);
// For the node's start: damage is an error.
base::Result<Recovered> recover(Files& files);
// Accepts all damage there is: the next start leaves out what cannot be read, and only that. The
// result is as examine() would tell before.
base::Result<Recovered> repair(Files& files);

}  // namespace journal
