#include "appliance/store/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace store {

static constexpr int kTries = 10;  // while the directory is replaced by another

static bool is_at(int folder, const std::string& path) {
  struct stat locked {};
  struct stat named {};
  return ::fstat(folder, &locked) == 0 && ::stat(path.c_str(), &named) == 0 &&
         locked.st_dev == named.st_dev && locked.st_ino == named.st_ino;
}

base::Result<std::unique_ptr<FolderLock>> FolderLock::take(const std::string& path) {
  for (int tries = 0; tries < kTries; ++tries) {
    const int folder = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return base::Error{path + " cannot be opened: " + std::strerror(errno)};
    std::unique_ptr<FolderLock> lock(new FolderLock(folder));
    if (::flock(folder, LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) {
        return base::Error{path + " cannot be locked: " + std::strerror(errno)};
      }
      return base::Error{path + " is in use by a node, a backup or a restore"};
    }
    // A restore may have put another in its place since it was opened.
    if (is_at(folder, path)) return lock;
  }
  return base::Error{path + " is replaced again and again"};
}

FolderLock::~FolderLock() { ::close(folder_); }

}  // namespace store
