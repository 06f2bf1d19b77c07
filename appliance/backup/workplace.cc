#include "appliance/backup/workplace.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace backup {

namespace {

namespace fs = std::filesystem;

// Without it, what is there is not ours to remove.
constexpr const char* kMarker = ".rollcall-workplace";
constexpr base::Bytes kMarkerText =
    "Of rollcall backup or restore; when neither runs, this directory may be removed.\n";

base::Error failed(const std::string& what) { return {what + ": " + std::strerror(errno)}; }

bool is_marked(int folder) {
  struct stat facts {};
  return fstatat(folder, kMarker, &facts, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(facts.st_mode) &&
         facts.st_uid == geteuid();
}

base::Status mark(int folder, const std::string& path) {
  const int file =
      openat(folder, kMarker, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  const bool marked = file >= 0 && write_all(file, kMarkerText);
  const base::Error error = failed(path + " cannot be written to");
  if (file >= 0) close(file);
  if (!marked) return error;
  return base::Status::ok();
}

// What a killed run left behind is taken over; nobody else's is, whatever its name.
base::Status check_ours(int folder, const std::string& path) {
  struct stat facts {};
  if (fstat(folder, &facts) != 0) return failed(path + " cannot be looked at");
  std::error_code error;
  const char* why = nullptr;
  if (facts.st_uid != geteuid()) {
    why = "belongs to another user";
  } else if ((facts.st_mode & 077) != 0) {
    why = "is open to others";
  } else if (!is_marked(folder) && !fs::is_empty(path, error)) {
    why = "was not made by a backup or a restore";
  }
  if (why == nullptr) return base::Status::ok();
  return base::Error{path + " is in the way and " + why +
                     ": nothing in it was touched; see what it is, and move or remove it"};
}

// Not so when something else has been put in its place.
bool is_at(int folder, const std::string& path) {
  struct stat ours {};
  struct stat named {};
  return fstat(folder, &ours) == 0 && lstat(path.c_str(), &named) == 0 &&
         ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

// The marker stays: whenever this is cut short, what is left is still ours.
std::error_code empty(const std::string& path) {
  std::error_code error;
  for (fs::directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
    if (at->path().filename() != kMarker) fs::remove_all(at->path(), error);
    if (error) break;
  }
  return error;
}

}  // namespace

base::Result<std::unique_ptr<Workplace>> Workplace::open(const std::string& path) {
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return failed(path + " cannot be made");
  const int folder = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (folder < 0) return failed(path + " is in the way, and nothing in it was touched");
  base::Status ready = base::Status::ok();
  if (flock(folder, LOCK_EX | LOCK_NB) != 0) {
    ready = base::Error{path + " is in use: another backup or restore is under way"};
  }
  if (ready) ready = check_ours(folder, path);
  if (ready && !is_marked(folder)) ready = mark(folder, path);
  if (!ready) {
    close(folder);
    return ready.error();
  }
  std::unique_ptr<Workplace> made(new Workplace(path, folder));
  if (const auto error = empty(path)) {
    return base::Error{path + " cannot be emptied: " + error.message()};
  }
  return made;
}

base::Status Workplace::unmark() {
  if (unlinkat(folder_, kMarker, 0) == 0) return base::Status::ok();
  return failed(path_ + "/" + kMarker + " cannot be removed");
}

Workplace::~Workplace() {
  if (!kept_ && is_at(folder_, path_)) {
    empty(path_);
    unlinkat(folder_, kMarker, 0);
    rmdir(path_.c_str());
  }
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
  const std::string parent = fs::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

base::Status move_without_replacing(const std::string& from, const std::string& to) {
  int moved = renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE);
  // Not every file system knows that flag.
  if (moved != 0 && errno == EINVAL) moved = rename(from.c_str(), to.c_str());
  if (moved != 0) return failed(to + " cannot be put in place");
  return base::Status::ok();
}

base::Status sync_folder(const std::string& path) {
  const int folder = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool done = folder >= 0 && fsync(folder) == 0;
  const base::Error error = failed(path + " cannot be synced");
  if (folder >= 0) close(folder);
  if (!done) return error;
  return base::Status::ok();
}

bool write_all(int file, base::Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

base::Result<std::unique_ptr<DataLock>> DataLock::take(const std::string& data) {
  std::unique_ptr<DataLock> lock(new DataLock);
  auto folder = store::FolderLock::take(data);
  if (!folder) return folder.error();
  lock->folder_ = std::move(*folder);
  const std::string journal = data + "/journal";
  if (access(journal.c_str(), F_OK) != 0) return lock;
  auto files = journal::PosixFiles::open_folder(journal, false);
  if (!files) return files.error();
  lock->journal_ = std::move(*files);
  return lock;
}

}  // namespace backup
