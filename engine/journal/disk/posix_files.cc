#include "engine/journal/disk/posix_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "engine/base/check.h"

namespace journal {

namespace {

constexpr size_t kZerosAtOnce = 1 << 20;

}  // namespace

base::Result<std::unique_ptr<PosixFiles>> PosixFiles::open_folder(const std::string& path,
                                                                  bool make) {
  if (make && ::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return base::Error{"cannot make " + path + ": " + strerror(errno)};
  }
  const int folder = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return base::Error{"cannot open " + path + ": " + strerror(errno)};
  if (::flock(folder, LOCK_EX | LOCK_NB) != 0) {
    const int reason = errno;
    ::close(folder);
    if (reason == EWOULDBLOCK) return base::Error{path + " is in use by a node: stop it first"};
    return base::Error{"cannot lock " + path + ": " + strerror(reason)};
  }
  return std::unique_ptr<PosixFiles>(new PosixFiles(path, folder, true));
}

base::Result<std::unique_ptr<PosixFiles>> PosixFiles::open_to_read(const std::string& path) {
  const int folder = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return base::Error{"cannot open " + path + ": " + strerror(errno)};
  return std::unique_ptr<PosixFiles>(new PosixFiles(path, folder, false));
}

PosixFiles::~PosixFiles() {
  for (const int file : open_) ::close(file);
  ::close(folder_);
}

int PosixFiles::opened(int file) {
  const std::lock_guard lock(mutex_);
  CHECK(open_.insert(file).second);
  return file;
}

base::Error PosixFiles::failed(const char* what, const std::string& name) const {
  return {std::string("cannot ") + what + " " + path_ + "/" + name + ": " + strerror(errno)};
}

base::Result<std::vector<std::string>> PosixFiles::list() {
  DIR* stream = ::opendir(path_.c_str());
  if (stream == nullptr) return failed("list", "");
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(stream)) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
    errno = 0;
  }
  const int reason = errno;
  ::closedir(stream);
  errno = reason;
  if (reason != 0) return failed("list", "");
  return names;
}

base::Result<int> PosixFiles::create(const std::string& name, uint64_t bytes) {
  CHECK(name.find('/') == std::string::npos);
  const int file = ::openat(folder_, name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return failed("make", name);
  opened(file);
  // Written, not only allocated: the first write to allocated space changes the file system's
  // records, and every commit would wait for those too.
  const std::string zeros(std::min<uint64_t>(bytes, kZerosAtOnce), '\0');
  for (uint64_t at = 0; at < bytes; at += zeros.size()) {
    const size_t some = std::min<uint64_t>(zeros.size(), bytes - at);
    if (const auto written = write(file, at, {zeros.data(), some}); !written) {
      const base::Error why{path_ + "/" + name + ": " + written.error().what};
      close(file);
      ::unlinkat(folder_, name.c_str(), 0);
      return why;
    }
  }
  return file;
}

base::Result<int> PosixFiles::open(const std::string& name) {
  CHECK(name.find('/') == std::string::npos);
  const int mode = writes_ ? O_RDWR : O_RDONLY;
  const int file = ::openat(folder_, name.c_str(), mode | O_CLOEXEC);
  if (file < 0) return failed("open", name);
  return opened(file);
}

base::Result<uint64_t> PosixFiles::size(int file) {
  struct stat facts {};
  if (::fstat(file, &facts) != 0) return base::Error{strerror(errno)};
  return static_cast<uint64_t>(facts.st_size);
}

base::Status PosixFiles::read(int file, uint64_t offset, size_t bytes, std::string& out) {
  CHECK(file >= 0);
  out.resize(bytes);
  size_t done = 0;
  while (done < bytes) {
    const ssize_t count =
        ::pread(file, out.data() + done, bytes - done, static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return base::Error{std::string("cannot read: ") + strerror(errno)};
    if (count == 0) break;
    done += static_cast<size_t>(count);
  }
  out.resize(done);
  return base::Status::ok();
}

base::Status PosixFiles::write(int file, uint64_t offset, base::Bytes bytes) {
  CHECK(file >= 0);
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count =
        ::pwrite(file, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return base::Error{std::string("cannot write: ") + strerror(errno)};
    done += static_cast<size_t>(count);
  }
  return base::Status::ok();
}

base::Status PosixFiles::sync(int file) {
  CHECK(file >= 0);
  if (::fsync(file) == 0) return base::Status::ok();
  return base::Error{std::string("cannot sync: ") + strerror(errno)};
}

void PosixFiles::close(int file) {
  {
    const std::lock_guard lock(mutex_);
    CHECK(open_.erase(file) == 1);
  }
  ::close(file);
}

base::Status PosixFiles::rename(const std::string& from, const std::string& to) {
  CHECK(from.find('/') == std::string::npos && to.find('/') == std::string::npos);
  if (::renameat(folder_, from.c_str(), folder_, to.c_str()) == 0) return base::Status::ok();
  return failed("rename", from);
}

base::Status PosixFiles::remove(const std::string& name) {
  CHECK(name.find('/') == std::string::npos);
  if (::unlinkat(folder_, name.c_str(), 0) == 0) return base::Status::ok();
  return failed("remove", name);
}

base::Status PosixFiles::sync_folder() {
  if (::fsync(folder_) == 0) return base::Status::ok();
  return failed("sync", "");
}

}  // namespace journal
