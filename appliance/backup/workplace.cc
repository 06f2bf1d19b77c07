#include "appliance/backup/workplace.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "appliance/store/snapshot.h"

namespace backup {

namespace {

base::Error failed(const std::string& what) { return {what + ": " + std::strerror(errno)}; }

}  // namespace

base::Result<std::unique_ptr<Workplace>> Workplace::open(const std::string& path) {
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return failed(path + " cannot be made");
  const int folder = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (folder < 0) return failed(path + " is in the way");
  if (flock(folder, LOCK_EX | LOCK_NB) != 0) {
    close(folder);
    return base::Error{path + " is in use: another backup or restore is under way"};
  }
  std::unique_ptr<Workplace> made(new Workplace(path, folder));
  std::error_code error;
  for (const auto& left : std::filesystem::directory_iterator(path, error)) {
    std::filesystem::remove_all(left.path(), error);
  }
  if (error) return base::Error{path + " cannot be emptied: " + error.message()};
  return made;
}

Workplace::~Workplace() {
  std::error_code error;
  if (!kept_) std::filesystem::remove_all(path_, error);
  close(folder_);
}

base::Result<uint64_t> free_bytes(const std::string& folder) {
  struct statvfs facts {};
  if (statvfs(folder.c_str(), &facts) != 0) return failed(folder + " cannot be looked at");
  return uint64_t{facts.f_bavail} * facts.f_frsize;
}

std::string in_mebibytes(uint64_t bytes) {
  return std::to_string((bytes + (1 << 20) - 1) >> 20) + " MiB";
}

std::string parent_of(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

base::Status sync_folder(const std::string& path) {
  const int folder = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool done = folder >= 0 && fsync(folder) == 0;
  const base::Error error = failed(path + " cannot be synced");
  if (folder >= 0) close(folder);
  if (!done) return error;
  return base::Status::ok();
}

base::Result<std::unique_ptr<DataLock>> DataLock::take(const std::string& data) {
  std::unique_ptr<DataLock> lock(new DataLock);
  for (const store::DatabaseKind kind : store::kDatabaseKinds) {
    const auto locked = store::lock_database(data + "/" + store::file_name(kind));
    if (!locked) return locked.error();
    if (*locked >= 0) lock->locks_.push_back(*locked);
  }
  const std::string journal = data + "/journal";
  if (access(journal.c_str(), F_OK) != 0) return lock;
  auto files = journal::PosixFiles::open_folder(journal, false);
  if (!files) return files.error();
  lock->journal_ = std::move(*files);
  return lock;
}

DataLock::~DataLock() {
  for (const int fd : locks_) close(fd);
}

}  // namespace backup
