// Files as the journal needs them, blocking: for start-up, the maintenance thread and the
// operator's offline commands, never for a shard. One folder, without subfolders. The simulation
// has a disk of its own behind this, which loses what was not synced.
// A file is an int, the same one that Reactor::commit() takes.
// The maintenance thread and the feed's consumer use it at the same time, each its own files.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/result.h"

namespace journal {

class Files {
 public:
  virtual ~Files() = default;

  virtual base::Result<std::vector<std::string>> list() = 0;  // names, in any order
  // A new file of so many zeros, really written, not yet synced. Fails if the name is taken; leaves
  // nothing behind when it fails.
  virtual base::Result<int> create(const std::string& name, uint64_t bytes) = 0;
  virtual base::Result<int> open(const std::string& name) = 0;  // to read and write
  virtual base::Result<uint64_t> size(int file) = 0;
  // As many bytes as there are, at most `bytes`; replaces `out`.
  virtual base::Status read(int file, uint64_t offset, size_t bytes, std::string& out) = 0;
  virtual base::Status write(int file, uint64_t offset, base::Bytes bytes) = 0;  // all of it
  virtual base::Status sync(int file) = 0;  // its bytes and size
  virtual void close(int file) = 0;
  virtual base::Status rename(const std::string& from, const std::string& to) = 0;  // replaces
  virtual base::Status remove(const std::string& name) = 0;
  virtual base::Status sync_folder() = 0;  // names
};

}  // namespace journal
