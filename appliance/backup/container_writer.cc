#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "appliance/backup/container.h"
#include "appliance/backup/seal.h"
#include "appliance/backup/workplace.h"
#include "engine/base/check.h"
#include "engine/base/hexadecimal.h"

namespace backup {

const base::Error kInterrupted{"interrupted; nothing was changed"};

// Hashes what it writes. Errors are kept in words: libarchive only passes on that there was one.
struct ContainerWriter::Output {
  Output(std::string path, int file) : name(std::move(path)), fd(file) {}
  ~Output() { close(fd); }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  bool put(base::Bytes piece) {
    if (over) return false;
    hash.add(piece);
    size += piece.size();
    return write_all(fd, piece) || fail("cannot be written");
  }
  bool fail(const char* what) {
    error = name + " " + what + ": " + std::strerror(errno);
    return false;
  }

  const std::string name;
  const int fd;
  base::RunningHash hash;
  uint64_t size = 0;
  bool over = false;
  std::string error;
};

ContainerWriter::ContainerWriter(GoOn go_on) : go_on_(std::move(go_on)) {}

ContainerWriter::~ContainerWriter() {
  if (archive_ == nullptr) return;
  // It ends what was begun, and lets go of everything only when it may try; nothing is written.
  output_->over = true;
  archive_write_free(archive_);
}

base::Error ContainerWriter::failed() const {
  if (!output_->error.empty()) return {output_->error};
  const char* why = archive_error_string(archive_);
  return {output_->name + " cannot be written: " + (why == nullptr ? "no reason given" : why)};
}

base::Result<std::unique_ptr<ContainerWriter>> ContainerWriter::create(const std::string& path,
                                                                       GoOn go_on) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return base::Error{path + " cannot be made: " + std::strerror(errno)};
  std::unique_ptr<ContainerWriter> made(new ContainerWriter(std::move(go_on)));
  made->output_ = std::make_unique<Output>(path, fd);
  archive* const out = made->archive_ = archive_write_new();
  CHECK(out != nullptr);
  const auto write = [](archive*, void* output, const void* bytes, size_t size) -> la_ssize_t {
    const base::Bytes piece(static_cast<const char*>(bytes), size);
    return static_cast<Output*>(output)->put(piece) ? static_cast<la_ssize_t>(size) : -1;
  };
  if (archive_write_add_filter_zstd(out) != ARCHIVE_OK ||
      archive_write_set_format_pax_restricted(out) != ARCHIVE_OK ||
      archive_write_set_bytes_in_last_block(out, 1) != ARCHIVE_OK ||
      archive_write_open(out, made->output_.get(), nullptr, write, nullptr) != ARCHIVE_OK) {
    return made->failed();
  }
  return made;
}

base::Status ContainerWriter::begin_entry(const std::string& name, uint64_t bytes,
                                          int64_t modified) {
  archive_entry* const entry = archive_entry_new();
  archive_entry_set_pathname(entry, name.c_str());
  archive_entry_set_size(entry, static_cast<la_int64_t>(bytes));
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_entry_set_perm(entry, 0600);
  archive_entry_set_mtime(entry, modified, 0);
  const int code = archive_write_header(archive_, entry);
  archive_entry_free(entry);
  // Warned is of a name that this locale ("C") has no letters for: it is written as octets then,
  // and marked so. All is read back in the end.
  if (code != ARCHIVE_OK && code != ARCHIVE_WARN) return failed();
  return base::Status::ok();
}

base::Status ContainerWriter::write(base::Bytes piece) {
  while (!piece.empty()) {
    const la_ssize_t written = archive_write_data(archive_, piece.data(), piece.size());
    if (written <= 0) return failed();
    piece.remove_prefix(static_cast<size_t>(written));
  }
  return base::Status::ok();
}

base::Status ContainerWriter::add(const std::string& name, base::Bytes content) {
  if (auto begun = begin_entry(name, content.size(), 0); !begun) return begun;
  if (auto written = write(content); !written) return written;
  entries_.push_back({name, content.size(),
                      base::hexadecimal(base::hash(base::HashKind::sha256, content).view())});
  return base::Status::ok();
}

base::Status ContainerWriter::add_file(const std::string& name, const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat facts {};
  if (fd < 0 || fstat(fd, &facts) != 0) {
    const base::Error error{path + " cannot be read: " + std::strerror(errno)};
    if (fd >= 0) close(fd);
    return error;
  }
  const auto size = static_cast<uint64_t>(facts.st_size);
  base::Status done = begin_entry(name, size, facts.st_mtime);
  base::RunningHash hash;
  std::string buffer(size_t{256} << 10, '\0');
  for (uint64_t left = size; done && left > 0;) {
    const ssize_t got = ::read(fd, buffer.data(), std::min<uint64_t>(left, buffer.size()));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      done =
          base::Error{path + (got == 0 ? " became shorter while it was read"
                                       : std::string(" cannot be read: ") + std::strerror(errno))};
      break;
    }
    const base::Bytes piece(buffer.data(), static_cast<size_t>(got));
    hash.add(piece);
    done = go_on_() ? write(piece) : base::Status(kInterrupted);
    left -= piece.size();
  }
  close(fd);
  if (done) entries_.push_back({name, size, base::hexadecimal(hash.finish().view())});
  return done;
}

base::Result<uint64_t> ContainerWriter::finish() {
  if (archive_write_close(archive_) != ARCHIVE_OK) return failed();
  const std::string seal = make_seal(output_->hash.finish());
  if (!output_->put(seal)) return failed();
  if (fsync(output_->fd) != 0) {
    output_->fail("cannot be synced");
    return failed();
  }
  // Whoever reads it back shall read the disk.
  posix_fadvise(output_->fd, 0, 0, POSIX_FADV_DONTNEED);
  return output_->size;
}

}  // namespace backup
