// Reads one shard's log from its files, in order, and tells a torn end from damage. A group that
// was written when the ones before it had been synced proves that those were whole: what is
// missing before the last such group is damage. What is missing after it was never confirmed to
// anybody: the log is cut there.
// At start, and offline; blocking.
#pragma once

#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/journal/files.h"
#include "engine/journal/format.h"

namespace journal {

// Where the log has been confirmed and cannot be read. What of its records could still be made out
// has been handed to the sink all the same.
struct Damage {
  uint32_t shard = 0;
  uint64_t from = 0;  // positions
  uint64_t to = 0;
  uint64_t records_saved = 0;
  std::string file;  // where it begins
  uint64_t offset = 0;
  std::string what;
};
std::string describe(const Damage& damage);

class RecordSink {
 public:
  virtual ~RecordSink() = default;
  virtual void on_record(const Record& record) = 0;  // not groups; bytes valid during the call
};

struct LogSummary {
  LogIdentity log;
  uint64_t first = 0;   // position of the first group
  uint64_t end = 0;     // behind the last group; 0: there was none
  uint64_t covers = 0;  // behind the last record
  uint64_t records = 0;
  bool torn = false;         // something unconfirmed was behind the end, and is dropped
  bool only_initial = true;  // nothing but what a start writes
  std::vector<Damage> damages;
};

// `log`: epoch and shard; the rest is found in the files. `segments`: those that are there, sorted.
// An Error if a file cannot be read at all.
base::Result<LogSummary> read_log(Files& files, const LogIdentity& log,
                                  const std::vector<uint64_t>& segments, RecordSink& sink);

// The groups of one segment in memory, for all that read logs.
// A whole group at `position`, its records checked too.
std::optional<Group> read_whole_group(base::Bytes segment, const LogIdentity& log,
                                      uint64_t position);
// Hands over the records of a group that was found whole; returns their number.
uint64_t hand_over(base::Bytes segment, const LogIdentity& log, const Group& group,
                   RecordSink& sink);

}  // namespace journal
