// A node's data directory is one process's: that of the node, or of a command that must have it to
// itself (backup of a stopped node, restore). The directory itself is locked, so that it can be
// before anything is in it.
// One thread; blocking.
#pragma once

#include <memory>
#include <string>

#include "engine/base/result.h"

namespace store {

class FolderLock {
 public:
  // An Error if somebody else has it. The lock is on what `path` names when this returns, though
  // that was put there meanwhile.
  static base::Result<std::unique_ptr<FolderLock>> take(const std::string& path);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  explicit FolderLock(int folder) : folder_(folder) {}
  const int folder_;
};

}  // namespace store
