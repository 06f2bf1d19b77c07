#include "appliance/store/archive/write_behind.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>

#include "engine/base/check.h"

namespace store {
namespace {

constexpr size_t kPieceBytes = 512 << 10;

thread_local WriteBehind* active = nullptr;

ssize_t write_and_tell(int file, const void* data, size_t bytes, off64_t offset) {
  const ssize_t written = ::pwrite64(file, data, bytes, offset);
  if (written > 0 && active != nullptr) active->wrote(file, offset, static_cast<size_t>(written));
  return written;
}

}  // namespace

void WriteBehind::install() {
  sqlite3_vfs* const vfs = sqlite3_vfs_find(nullptr);
  CHECK(vfs != nullptr && vfs->iVersion >= 3);
  const auto call = reinterpret_cast<sqlite3_syscall_ptr>(&write_and_tell);
  // Which of the two it uses was decided when it was compiled; on 64 bits they are the same.
  static_assert(sizeof(off_t) == sizeof(off64_t));
  for (const char* name : {"pwrite", "pwrite64"}) {
    if (vfs->xGetSystemCall(vfs, name) != nullptr) vfs->xSetSystemCall(vfs, name, call);
  }
}

WriteBehind::WriteBehind() {
  CHECK(active == nullptr);
  active = this;
}

WriteBehind::~WriteBehind() { active = nullptr; }

void WriteBehind::wrote(int file, int64_t offset, size_t bytes) {
  const int64_t end = offset + static_cast<int64_t>(bytes);
  if (file != current_.file) {
    start();
    current_ = {file, offset, end, 0};
  }
  current_.begin = std::min(current_.begin, offset);
  current_.end = std::max(current_.end, end);
  current_.bytes += bytes;
  if (current_.bytes >= kPieceBytes) start();
}

// Errors are not looked at: the sync that follows tells them, to whom they concern. A file that has
// been closed since is an error, or another file, to which this does no harm.
void WriteBehind::start() {
  if (current_.bytes == 0) return;
  if (started_.bytes > 0) {
    (void)::sync_file_range(
        started_.file, started_.begin, started_.end - started_.begin,
        SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
  }
  (void)::sync_file_range(current_.file, current_.begin, current_.end - current_.begin,
                          SYNC_FILE_RANGE_WRITE);
  started_ = current_;
  current_ = {};
  ++pieces_;
}

}  // namespace store
