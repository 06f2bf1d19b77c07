// Reads the feed records of a shard's log, in order, while the shard goes on writing it: only what
// is committed. consumed() lets the journal free what was read.
// Owned by one consumer's thread (the archive); blocking.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/journal/feed_progress.h"
#include "engine/journal/files.h"
#include "engine/journal/format.h"

namespace journal {

struct FeedRecord {
  uint8_t kind = 0;
  uint64_t position = 0;
  base::Bytes bytes;
};

class FeedReader {
 public:
  // From `position`, as position() said once; 0: from the start. Made before the shard's first
  // turn, so that nothing is freed before it is read. For a log that has ended (an earlier epoch's)
  // progress->committed is its end.
  FeedReader(Files& files, const LogIdentity& log, std::shared_ptr<FeedProgress> progress,
             uint64_t position = 0);
  ~FeedReader();
  FeedReader(const FeedReader&) = delete;
  FeedReader& operator=(const FeedReader&) = delete;

  // The records of the next group that has any, in place of what `out` held; none: there is no
  // more. Their bytes are in `buffer`. An Error: the file cannot be read, or holds what was not
  // written there.
  base::Status read(std::string& buffer, std::vector<FeedRecord>& out);
  // For a log whose damage an operator has accepted: read() leaves out groups that are not whole.
  void leave_out_damage() { leave_out_damage_ = true; }
  // Where to go on after what read() has given: to be kept with it, in one transaction.
  uint64_t position() const { return position_; }
  // What comes before is kept elsewhere now.
  void consumed(uint64_t position);
  // read() goes on after what was consumed.
  void rewind();
  // Nobody reads any more; nothing is kept for it.
  void abandon();

 private:
  base::Status open_segment(uint64_t segment);
  base::Status read_group_here(std::string& buffer, std::vector<FeedRecord>& out);
  void skip();

  Files& files_;
  const LogIdentity log_;
  const std::shared_ptr<FeedProgress> progress_;
  bool leave_out_damage_ = false;
  uint64_t position_ = 0;
  uint64_t segment_ = 0;  // whose file is open
  int file_ = -1;
};

}  // namespace journal
