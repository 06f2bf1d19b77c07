// A directory of ours beside what is to be made (FILE.partial, DATA.restoring), where everything
// half-finished is. Gone when this object is; one that a killed run left behind is used again. A
// marker in it says that it is ours. Also the lock that keeps a node from a data directory.
// One thread; blocking.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "appliance/store/folder_lock.h"
#include "engine/base/bytes.h"
#include "engine/base/result.h"
#include "engine/journal/disk/posix_files.h"

namespace backup {

class Workplace {
 public:
  // Mode 0700, locked as a node's data directory is. An Error if another run is at work there, or
  // if there is something by that name which no run has made: then nothing is touched.
  static base::Result<std::unique_ptr<Workplace>> open(const std::string& path);
  ~Workplace();
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;

  const std::string& path() const { return path_; }
  std::string of(const std::string& name) const { return path_ + "/" + name; }
  // Before and after it becomes something else, by a rename.
  base::Status unmark();
  void keep() { kept_ = true; }

 private:
  Workplace(std::string path, int folder) : path_(std::move(path)), folder_(folder) {}
  const std::string path_;
  const int folder_;
  bool kept_ = false;
};

// Bytes that may be written to the file system of this directory.
base::Result<uint64_t> free_bytes(const std::string& folder);
std::string in_mebibytes(uint64_t bytes);
std::string parent_of(const std::string& path);
// A rename, which fails where there is something already.
base::Status move_without_replacing(const std::string& from, const std::string& to);
base::Status sync_folder(const std::string& path);
// False: errno says why.
[[nodiscard]] bool write_all(int file, base::Bytes bytes);

// No node runs on the directory as long as this lives, not even one that is started meanwhile. An
// Error while one does.
class DataLock {
 public:
  static base::Result<std::unique_ptr<DataLock>> take(const std::string& data);
  DataLock(const DataLock&) = delete;
  DataLock& operator=(const DataLock&) = delete;

  journal::PosixFiles* journal() { return journal_.get(); }  // null: there is none

 private:
  DataLock() = default;
  std::unique_ptr<store::FolderLock> folder_;
  std::unique_ptr<journal::PosixFiles> journal_;
};

}  // namespace backup
