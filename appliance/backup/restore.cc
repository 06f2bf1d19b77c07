#include "appliance/backup/restore.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "appliance/backup/layout.h"
#include "appliance/backup/workplace.h"
#include "appliance/store/snapshot.h"
#include "engine/base/datetime.h"
#include "engine/journal/recovery/recover.h"

namespace backup {

namespace {

namespace fs = std::filesystem;

constexpr const char* kFromBackup = "from-backup";  // in the data directory

// Writes the entries of a verified backup below a directory, and verifies them once more: the file
// may have changed since.
class Unpacker final : public EntrySink {
 public:
  Unpacker(const std::string& folder, const Manifest& manifest)
      : folder_(folder), manifest_(manifest) {}
  ~Unpacker() override {
    if (fd_ >= 0) close(fd_);
  }
  Unpacker(const Unpacker&) = delete;
  Unpacker& operator=(const Unpacker&) = delete;

  base::Status begin(const std::string& name, uint64_t bytes) override;
  base::Status piece(base::Bytes bytes) override;
  base::Status end(const Entry& entry) override;
  // Names of directories, on disk.
  base::Status finish();

 private:
  std::string place_of(const std::string& name) const;
  base::Error failed() const { return {path_ + " cannot be written: " + std::strerror(errno)}; }

  const std::string& folder_;
  const Manifest& manifest_;
  size_t next_ = 0;   // in the manifest
  std::string path_;  // "": the entry is not kept
  int fd_ = -1;
};

std::string Unpacker::place_of(const std::string& name) const {
  if (name.starts_with(kData)) return folder_ + "/" + name.substr(kData.size());
  if (name.starts_with(kConfiguration)) {
    return folder_ + "/" + kFromBackup + "/" + name.substr(kConfiguration.size());
  }
  return "";
}

base::Status Unpacker::begin(const std::string& name, uint64_t) {
  path_ = place_of(name);
  if (path_.empty()) return base::Status::ok();
  for (size_t slash = path_.find('/', folder_.size() + 1); slash != std::string::npos;
       slash = path_.find('/', slash + 1)) {
    if (mkdir(path_.substr(0, slash).c_str(), 0700) != 0 && errno != EEXIST) return failed();
  }
  fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd_ < 0) return failed();
  return base::Status::ok();
}

base::Status Unpacker::piece(base::Bytes bytes) {
  if (fd_ >= 0 && !write_all(fd_, bytes)) return failed();
  return base::Status::ok();
}

base::Status Unpacker::end(const Entry& entry) {
  if (fd_ >= 0) {
    const bool synced = fsync(fd_) == 0;
    const base::Error error = failed();
    close(std::exchange(fd_, -1));
    if (!synced) return error;
  }
  if (entry.name == kManifestEntry) return base::Status::ok();
  if (next_ < manifest_.entries.size() && entry == manifest_.entries[next_]) {
    ++next_;
    return base::Status::ok();
  }
  return base::Error{"the file was changed while it was read: " + entry.name};
}

base::Status Unpacker::finish() {
  if (next_ != manifest_.entries.size()) return base::Error{"the file was changed meanwhile"};
  std::error_code error;
  for (const auto& item : fs::recursive_directory_iterator(folder_, error)) {
    if (!item.is_directory(error)) continue;
    if (auto synced = sync_folder(item.path().string()); !synced) return synced;
  }
  return sync_folder(folder_);
}

// As a node would find it when it starts.
base::Status read_as_a_node(const std::string& folder, const Manifest& manifest) {
  for (const store::DatabaseKind kind : store::kDatabaseKinds) {
    const auto expected = manifest.schemas.find(store::file_name(kind));
    if (expected == manifest.schemas.end()) continue;
    const auto schema = store::check_copy(folder + "/" + store::file_name(kind), kind);
    if (!schema) return schema.error();
    if (*schema != expected->second) {
      return base::Error{std::string(store::file_name(kind)) + " has another schema (" +
                         std::to_string(*schema) + ") than the manifest says"};
    }
  }
  const std::string journal = folder + "/" + kJournal;
  if (manifest.journal_epoch == 0) return base::Status::ok();
  auto files = journal::PosixFiles::open_folder(journal, false);
  if (!files) return files.error();
  const auto found = journal::recover(**files);
  if (!found) return base::Error{"its journal is damaged: " + found.error().what};
  return base::Status::ok();
}

// A restore by root must not take the files away from the node's own user.
base::Status give_to_owner_of(const std::string& old, const std::string& folder) {
  struct stat facts {};
  if (geteuid() != 0 || stat(old.c_str(), &facts) != 0) return base::Status::ok();
  std::error_code error;
  std::vector<std::string> all{folder};
  for (const auto& item : fs::recursive_directory_iterator(folder, error)) {
    all.push_back(item.path().string());
  }
  for (const std::string& path : all) {
    if (lchown(path.c_str(), facts.st_uid, facts.st_gid) == 0) continue;
    return base::Error{path + " cannot be given to its owner: " + std::strerror(errno)};
  }
  return base::Status::ok();
}

// 20261122T204500Z
std::string for_a_name(base::WallTime now) {
  std::string text;
  base::format_datetime(now, base::Fraction::none, text);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

// A file system is mounted there: it can be filled, but not replaced.
bool is_mount_point(const std::string& path) {
  struct statx facts {};
  struct statx above {};
  if (statx(AT_FDCWD, path.c_str(), 0, STATX_BASIC_STATS, &facts) != 0) return false;
  if ((facts.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0) {
    return (facts.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
  }
  return statx(AT_FDCWD, (path + "/..").c_str(), 0, STATX_BASIC_STATS, &above) == 0 &&
         (facts.stx_dev_major != above.stx_dev_major || facts.stx_dev_minor != above.stx_dev_minor);
}

// The directory that is to be replaced. It is there, and locked, from the beginning on, so that no
// node begins one meanwhile.
class Target {
 public:
  static base::Result<std::unique_ptr<Target>> open(const std::string& named);
  ~Target() {
    if (made_) rmdir(path_.c_str());  // still empty
  }
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;

  const std::string& path() const { return path_; }
  // `fresh` takes its place; what was there is then called `kept`, where it was there before.
  base::Status replace(const std::string& fresh, const std::string& kept);
  bool was_there() const { return !made_; }

 private:
  explicit Target(std::string path) : path_(std::move(path)) {}
  base::Status swap(const std::string& fresh, const std::string& kept);
  base::Error failed() const { return {path_ + " cannot be replaced: " + std::strerror(errno)}; }

  const std::string path_;
  std::unique_ptr<DataLock> lock_;
  bool made_ = false;
};

base::Result<std::unique_ptr<Target>> Target::open(const std::string& named) {
  std::error_code error;
  // What a symbolic link stands for is replaced, not the link.
  const fs::path whole = fs::weakly_canonical(fs::absolute(named, error), error);
  if (error) return base::Error{named + ": " + error.message()};
  // "directory/" is "directory".
  std::unique_ptr<Target> made(
      new Target((whole.has_filename() ? whole : whole.parent_path()).string()));
  const std::string& path = made->path_;
  if (is_mount_point(path)) {
    return base::Error{path +
                       " is a mount point, which cannot be replaced: restore to a new "
                       "directory in it (--data " +
                       path +
                       "/rollcall) and set `data` in the "
                       "configuration to that, or restore to another file system and mount that"};
  }
  made->made_ = mkdir(path.c_str(), 0700) == 0;
  if (!made->made_ && errno != EEXIST) {
    return base::Error{path + " cannot be made: " + std::strerror(errno)};
  }
  auto lock = DataLock::take(path);
  if (!lock) return base::Error{lock.error().what + ": stop it first"};
  made->lock_ = std::move(*lock);
  return made;
}

base::Status Target::swap(const std::string& fresh, const std::string& kept) {
  // At once where the file system can: a node never finds no directory, and makes an empty one.
  if (renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, path_.c_str(), RENAME_EXCHANGE) == 0) {
    if (rename(fresh.c_str(), kept.c_str()) == 0) return base::Status::ok();
    const base::Error error = failed();
    renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, path_.c_str(), RENAME_EXCHANGE);
    return error;
  }
  if (errno != EINVAL || rename(path_.c_str(), kept.c_str()) != 0) return failed();
  auto moved = move_without_replacing(fresh, path_);
  if (moved || move_without_replacing(kept, path_)) return moved;
  return base::Error{moved.error().what + "; the old data is in " + kept};
}

base::Status Target::replace(const std::string& fresh, const std::string& kept) {
  if (!made_) {
    if (auto swapped = swap(fresh, kept); !swapped) return swapped;
  } else if (rename(fresh.c_str(), path_.c_str()) != 0) {
    return failed();
  }
  made_ = false;
  return sync_folder(parent_of(path_));
}

base::Status check_room(const std::string& folder, const Manifest& manifest) {
  const auto free = free_bytes(folder);
  if (!free) return free.error();
  if (*free >= manifest.bytes()) return base::Status::ok();
  return base::Error{"no room: the data takes " + in_mebibytes(manifest.bytes()) + ", " +
                     in_mebibytes(*free) + " are free"};
}

}  // namespace

base::Result<RestoreReport> restore_backup(const RestoreOptions& options) {
  auto target = Target::open(options.data);
  if (!target) return target.error();
  const std::string& data = (*target)->path();
  auto manifest = check_backup(options.file, options.go_on);
  if (!manifest) return manifest.error();
  auto place = Workplace::open(data + ".restoring");
  if (!place) return place.error();
  const std::string& fresh = (*place)->path();
  if (auto room = check_room(fresh, *manifest); !room) return room.error();
  Unpacker unpacker(fresh, *manifest);
  base::Status done = read_container(options.file, unpacker, options.go_on);
  if (done) done = read_as_a_node(fresh, *manifest);
  if (!done) return done.error();
  if (!options.go_on()) return kInterrupted;
  RestoreReport report;
  report.data = data;
  if ((*target)->was_there()) report.kept = data + ".before-restore-" + for_a_name(options.now);
  // From here on it is no longer ours to remove, should this be cut short.
  done = (*place)->unmark();
  if (done) done = unpacker.finish();
  if (done) done = give_to_owner_of(data, fresh);
  if (done) done = (*target)->replace(fresh, report.kept);
  if (!done) return done.error();
  (*place)->keep();
  if (!manifest->config_file.empty()) {
    report.configuration = data + "/" + kFromBackup + "/" + kConfigurationFile;
  }
  report.manifest = std::move(*manifest);
  return report;
}

}  // namespace backup
