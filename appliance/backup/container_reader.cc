#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>

#include "appliance/backup/container.h"
#include "appliance/backup/seal.h"
#include "engine/base/check.h"
#include "engine/base/hexadecimal.h"

namespace backup {

namespace {

constexpr size_t kPiece = size_t{256} << 10;
constexpr size_t kNameMax = 512;
constexpr size_t kPartMax = 255;  // what file systems take
constexpr size_t kEntriesMax = 100'000;

struct File {
  explicit File(const std::string& path) : fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~File() {
    if (fd >= 0) close(fd);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  const int fd;
};

base::Error unreadable(const std::string& path) {
  return {path + " cannot be read: " + std::strerror(errno)};
}

// Nothing that leads out of where it is unpacked.
bool clean(const std::string& name) {
  if (name.empty() || name.size() > kNameMax || name.front() == '/') return false;
  for (size_t from = 0; from <= name.size();) {
    const size_t slash = std::min(name.find('/', from), name.size());
    const std::string part = name.substr(from, slash - from);
    if (part.empty() || part.size() > kPartMax || part == "." || part == "..") return false;
    from = slash + 1;
  }
  return true;
}

class Reader {
 public:
  Reader(const std::string& path, EntrySink& sink, const GoOn& go_on)
      : path_(path), sink_(sink), go_on_(go_on), archive_(archive_read_new()) {
    CHECK(archive_ != nullptr);
  }
  ~Reader() { archive_read_free(archive_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  base::Status run();

 private:
  base::Status take(archive_entry* entry);
  base::Error failed() const {
    const char* why = archive_error_string(archive_);
    return {(last_.empty() ? std::string("at its beginning") : "after " + last_) +
            " it cannot be unpacked: " + (why == nullptr ? "no reason given" : why)};
  }

  const std::string& path_;
  EntrySink& sink_;
  const GoOn& go_on_;
  archive* const archive_;
  std::string last_;  // entry that was read
  std::set<std::string> seen_;
};

base::Status Reader::run() {
  archive_read_support_filter_zstd(archive_);
  archive_read_support_format_tar(archive_);
  if (archive_read_open_filename(archive_, path_.c_str(), kPiece) != ARCHIVE_OK) return failed();
  while (true) {
    archive_entry* entry = nullptr;
    const int code = archive_read_next_header(archive_, &entry);
    if (code == ARCHIVE_EOF) return base::Status::ok();
    // Warned is of a name that the locale has no letters for.
    if (code != ARCHIVE_OK && code != ARCHIVE_WARN) return failed();
    if (auto taken = take(entry); !taken) return taken;
  }
}

base::Status Reader::take(archive_entry* entry) {
  const char* pathname = archive_entry_pathname_utf8(entry);
  if (pathname == nullptr) pathname = archive_entry_pathname(entry);
  const std::string name = pathname == nullptr ? "" : pathname;
  const bool plain = archive_entry_filetype(entry) == AE_IFREG &&
                     archive_entry_hardlink(entry) == nullptr &&
                     archive_entry_size_is_set(entry) != 0;
  if (!plain || !clean(name) || !seen_.insert(name).second || seen_.size() > kEntriesMax) {
    return base::Error{"after " + last_ + " there is an entry that does not belong there"};
  }
  Entry found{name, static_cast<uint64_t>(archive_entry_size(entry)), ""};
  if (auto begun = sink_.begin(name, found.bytes); !begun) return begun;
  std::string buffer(kPiece, '\0');
  base::RunningHash hash;
  uint64_t got = 0;
  while (true) {
    if (!go_on_()) return kInterrupted;
    const la_ssize_t count = archive_read_data(archive_, buffer.data(), buffer.size());
    if (count < 0) return failed();
    if (count == 0) break;
    const base::Bytes piece(buffer.data(), static_cast<size_t>(count));
    hash.add(piece);
    got += piece.size();
    if (auto taken = sink_.piece(piece); !taken) return taken;
  }
  if (got != found.bytes) return base::Error{name + " is cut off"};
  found.sha256 = base::hexadecimal(hash.finish().view());
  last_ = name;
  return sink_.end(found);
}

}  // namespace

base::Result<Seal> check_seal(const std::string& path, const GoOn& go_on) {
  const File file(path);
  struct stat facts {};
  if (file.fd < 0 || fstat(file.fd, &facts) != 0) return unreadable(path);
  if (!S_ISREG(facts.st_mode)) return base::Error{path + " is no file"};
  const auto size = static_cast<uint64_t>(facts.st_size);
  const uint64_t covered = size - std::min<uint64_t>(size, kSealBytes);
  base::RunningHash hash;
  std::string buffer(kPiece, '\0');
  std::string tail;
  for (uint64_t at = 0; at < size;) {
    if (!go_on()) return kInterrupted;
    const ssize_t count = pread(file.fd, buffer.data(), buffer.size(), static_cast<off_t>(at));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return unreadable(path);
    const base::Bytes piece(buffer.data(), static_cast<size_t>(count));
    const uint64_t before = covered - std::min(covered, at);
    hash.add(piece.substr(0, before));
    if (piece.size() > before) tail += piece.substr(before);
    at += piece.size();
  }
  Seal seal;
  seal.whole = size > kSealBytes && tail.substr(0, kSealHead.size()) == kSealHead;
  seal.right = seal.whole && tail == make_seal(hash.finish());
  return seal;
}

base::Status read_container(const std::string& path, EntrySink& sink, const GoOn& go_on) {
  return Reader(path, sink, go_on).run();
}

}  // namespace backup
