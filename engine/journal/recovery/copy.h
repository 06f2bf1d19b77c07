// A copy of the logs in another folder, from which a node can start, made while a node goes on
// writing them, or while none runs (backup).
//
// The logs of several shards cannot be cut at one moment, and messages move between them: the one
// who has given a message away is cut after that, the one who has got it perhaps before. So each
// log is cut at `to`, and whatever lived in it at `from`, or was put later, and was erased before
// `to` is kept in a log of its own, unless another log has it: as if those erasures had been lost
// in a crash. All `from` have to be read before any `to`. What comes twice by that is told apart as
// after a crash.
// Offline, and in the operator's command beside a node; blocking. Memory: all entries that live.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/base/result.h"
#include "engine/journal/files.h"
#include "engine/journal/recovery/recover.h"

namespace journal {

// Positions as FeedProgress::committed has them.
struct LogCut {
  uint64_t from = 0;
  uint64_t to = 0;
};

struct CopiedLogs {
  uint64_t epoch = 0;       // 0: there was no journal, and there is no copy
  uint64_t entries = 0;     // that live in the copy
  uint64_t kept_ended = 0;  // of them, erased between `from` and `to`
};

// `cuts`: one a shard, of this epoch, whose files are all there (FeedProgress::copies). `to` is an
// empty folder.
base::Result<CopiedLogs> copy_logs(Files& from, Files& to, uint64_t epoch,
                                   const std::vector<LogCut>& cuts);
// All there is; nobody writes.
base::Result<CopiedLogs> copy_stopped_logs(Files& from, Files& to);

}  // namespace journal
