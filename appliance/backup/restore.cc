#include "appliance/backup/restore.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "appliance/backup/workplace.h"
#include "appliance/store/snapshot.h"
#include "engine/base/datetime.h"
#include "engine/journal/recovery/recover.h"

namespace backup {

namespace {

namespace fs = std::filesystem;

constexpr base::Bytes kData = "data/";
constexpr base::Bytes kConfiguration = "configuration/";
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
  while (fd_ >= 0 && !bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed();
    bytes.remove_prefix(static_cast<size_t>(written));
  }
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
  const std::string journal = folder + "/journal";
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

// The new directory takes the place of the old one, which is then called `kept`.
base::Status swap(const std::string& fresh, const std::string& data, const std::string& kept) {
  const auto failed = [&data] {
    return base::Error{data + " cannot be replaced: " + std::strerror(errno) +
                       (errno == EBUSY ? " (a file system is mounted there: restore to another "
                                         "directory of it, and move what is in there)"
                                       : "")};
  };
  if (kept.empty()) {
    if (rename(fresh.c_str(), data.c_str()) != 0) return failed();
    return sync_folder(parent_of(data));
  }
  // Moved aside first, so that a crash in between leaves both, and nothing under a wrong name.
  if (rename(data.c_str(), kept.c_str()) != 0) return failed();
  if (rename(fresh.c_str(), data.c_str()) != 0) {
    base::Error error = failed();
    if (rename(kept.c_str(), data.c_str()) != 0) error.what += "; the old data is in " + kept;
    return error;
  }
  return sync_folder(parent_of(data));
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
  std::error_code error;
  // What a symbolic link stands for is replaced, not the link.
  const std::string data = fs::weakly_canonical(fs::absolute(options.data, error), error).string();
  if (error || data.empty()) return base::Error{options.data + ": " + error.message()};
  const bool there = fs::exists(data, error);
  std::unique_ptr<DataLock> lock;
  if (there) {
    auto taken = DataLock::take(data);
    if (!taken) return base::Error{taken.error().what + ": stop it first"};
    lock = std::move(*taken);
  }
  auto manifest = check_backup(options.file, options.go_on);
  if (!manifest) return manifest.error();
  auto place = Workplace::open(data + ".restoring");
  if (!place) return place.error();
  const std::string& fresh = (*place)->path();
  if (auto room = check_room(fresh, *manifest); !room) return room.error();
  Unpacker unpacker(fresh, *manifest);
  base::Status done = read_container(options.file, unpacker, options.go_on);
  if (done) done = unpacker.finish();
  if (done) done = read_as_a_node(fresh, *manifest);
  if (done) done = give_to_owner_of(data, fresh);
  if (!done) return done.error();
  if (!options.go_on()) return kInterrupted;
  RestoreReport report;
  report.data = data;
  if (there) report.kept = data + ".before-restore-" + for_a_name(options.now);
  if (done = swap(fresh, data, report.kept); !done) return done.error();
  (*place)->keep();
  if (!manifest->config_file.empty()) {
    report.configuration = data + "/" + kFromBackup + "/rollcall.toml";
  }
  report.manifest = std::move(*manifest);
  return report;
}

}  // namespace backup
