// The blocking half of a SegmentSupply: makes segments, keeps those that are free to be used again,
// reads old ones back. One for a folder and all shards' logs in it.
// A file's name and its first block always agree: it gets both under a name that says nothing.
// One thread at a time: main at start, then the maintenance thread (or the simulation).
#pragma once

#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/journal/files.h"
#include "engine/journal/format.h"

namespace journal {

class SegmentKeeper {
 public:
  // `files` outlives it. Free files of that size found in the folder are used again, others and
  // unfinished ones are removed.
  static base::Result<SegmentKeeper> open(Files& files, uint64_t segment_bytes);

  // The file of a new segment, its first block on disk and its name too.
  base::Result<int> prepare(const LogIdentity& log, uint64_t segment);
  base::Status release(const LogIdentity& log, uint64_t segment, int file);
  base::Status read_back(int file, std::string& out);
  // A file of an earlier epoch, by name: kept as a free one if it has the right size.
  base::Status reclaim(const std::string& name);

  size_t free_segments() const { return free_.size(); }

 private:
  struct Free {
    std::string name;
    int file = -1;
  };
  SegmentKeeper(Files& files, uint64_t segment_bytes)
      : files_(&files), segment_bytes_(segment_bytes) {}
  base::Status keep(const std::string& name);
  base::Result<Free> take();
  std::string new_name(const char* what);

  Files* files_;
  uint64_t segment_bytes_;
  uint64_t names_ = 0;
  std::vector<Free> free_;
};

}  // namespace journal
