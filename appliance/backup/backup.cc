#include "appliance/backup/backup.h"

#include <stdio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "appliance/backup/layout.h"
#include "appliance/backup/restore.h"
#include "appliance/backup/workplace.h"
#include "appliance/config/config.h"
#include "appliance/store/snapshot.h"
#include "engine/base/datetime.h"
#include "engine/journal/recovery/copy.h"
#include "engine/journal/recovery/recover.h"

namespace backup {

namespace {

constexpr int kTries = 3;  // while the journal moves on under the copy

class Taking {
 public:
  explicit Taking(const BackupOptions& options) : options_(options) {}
  base::Result<BackupReport> run();

 private:
  base::Status read_configuration();
  base::Status freeze();
  base::Status freeze_running();
  base::Status try_to_freeze(bool& moved_on);
  base::Status freeze_stopped();
  base::Status note_copied(const base::Result<journal::CopiedLogs>& copied);
  base::Status open_snapshots();
  base::Status check_room();
  base::Status pack();
  base::Status pack_small_files();
  base::Status pack_configuration();
  base::Status pack_folder(const std::string& folder, const std::string& name);
  base::Status pack_databases();
  base::Status read_back();
  base::Status move_into_place();
  std::string in_data(const std::string& name) const { return options_.data + "/" + name; }

  const BackupOptions& options_;
  std::unique_ptr<Workplace> place_;
  std::unique_ptr<DataLock> lock_;
  struct Frozen {
    store::DatabaseKind kind;
    std::unique_ptr<store::Snapshot> snapshot;
  };
  std::vector<Frozen> databases_;
  std::vector<appliance::CertificateConfig> certificates_;
  std::unique_ptr<ContainerWriter> out_;
  BackupReport report_;
};

std::string as_data(const std::string& name) { return std::string(kData) + name; }

base::Status Taking::open_snapshots() {
  databases_.clear();
  for (const store::DatabaseKind kind : store::kDatabaseKinds) {
    const std::string path = in_data(store::file_name(kind));
    const bool there = std::filesystem::exists(path);
    if (!there && kind == store::DatabaseKind::accounts) {
      return base::Error{path + " is not there: is " + options_.data + " the data directory?"};
    }
    if (!there) continue;
    auto snapshot = store::Snapshot::open(path, kind);
    if (!snapshot) return snapshot.error();
    report_.manifest.schemas[store::file_name(kind)] = (*snapshot)->schema();
    databases_.push_back({kind, std::move(*snapshot)});
  }
  return base::Status::ok();
}

// `moved_on`: the journal was not held, and what is copied is not whole.
base::Status Taking::try_to_freeze(bool& moved_on) {
  const std::string folder = place_->of(kJournal);
  std::error_code error;
  std::filesystem::remove_all(folder, error);
  const auto before = options_.node->hold();
  if (!before) return before.error();
  if (auto opened = open_snapshots(); !opened) return opened;
  const auto after = options_.node->hold();
  if (!after) return after.error();
  if (after->epoch != before->epoch || after->committed.size() != before->committed.size()) {
    return base::Error{"the node was started anew meanwhile; try again"};
  }
  std::vector<journal::LogCut> cuts;
  for (size_t i = 0; i < before->committed.size(); ++i) {
    cuts.push_back({before->committed[i], after->committed[i]});
  }
  auto from = journal::PosixFiles::open_to_read(in_data(kJournal));
  if (!from) return from.error();
  auto to = journal::PosixFiles::open_folder(folder);
  if (!to) return to.error();
  const auto copied = note_copied(journal::copy_logs(**from, **to, before->epoch, cuts));
  const auto in_the_end = options_.node->hold();
  if (!in_the_end) return in_the_end.error();
  // A segment can be released and be gone before anything is lost that is counted.
  moved_on = !copied || in_the_end->lost != before->lost;
  return copied;
}

base::Status Taking::note_copied(const base::Result<journal::CopiedLogs>& copied) {
  if (!copied) return base::Error{"the journal cannot be copied: " + copied.error().what};
  report_.manifest.journal_epoch = static_cast<int64_t>(copied->epoch);
  report_.manifest.journal_entries = static_cast<int64_t>(copied->entries);
  return base::Status::ok();
}

base::Status Taking::freeze_running() {
  for (int tries = 1;; ++tries) {
    bool moved_on = false;
    auto frozen = try_to_freeze(moved_on);
    options_.node->let_go();
    if (!moved_on) return frozen;
    if (tries == kTries) {
      if (!frozen) return frozen;
      return base::Error{
          "the node has too much to do: its journal moves on faster than it can "
          "be copied; try again when it is quieter"};
    }
    if (!options_.go_on()) return kInterrupted;
  }
}

base::Status Taking::freeze_stopped() {
  auto lock = DataLock::take(options_.data);
  if (!lock) {
    return base::Error{lock.error().what +
                       ", which does not answer: name its admin socket with --socket, or stop it"};
  }
  lock_ = std::move(*lock);
  if (auto opened = open_snapshots(); !opened) return opened;
  if (lock_->journal() == nullptr) return base::Status::ok();
  if (const auto found = journal::recover(*lock_->journal()); !found) {
    return base::Error{"the journal is damaged: " + found.error().what +
                       ". `rollcall journal check " + in_data(kJournal) + "` tells all"};
  }
  auto to = journal::PosixFiles::open_folder(place_->of(kJournal));
  if (!to) return to.error();
  return note_copied(journal::copy_stopped_logs(*lock_->journal(), **to));
}

// The largest database is copied before it is packed; packed, all becomes a quarter or less.
base::Status Taking::check_room() {
  uint64_t all = 0;
  uint64_t largest = 0;
  for (const Frozen& database : databases_) {
    all += database.snapshot->bytes();
    largest = std::max(largest, database.snapshot->bytes());
  }
  const uint64_t needed = largest + all / 4;
  const auto free = free_bytes(place_->path());
  if (!free) return free.error();
  if (*free >= needed) return base::Status::ok();
  return base::Error{"no room for " + options_.file + ": it takes about " + in_mebibytes(needed) +
                     " while it is made, " + in_mebibytes(*free) + " are free"};
}

base::Status Taking::pack_folder(const std::string& folder, const std::string& name) {
  std::error_code error;
  std::vector<std::filesystem::path> files;
  for (const auto& file : std::filesystem::directory_iterator(folder, error)) {
    if (file.is_regular_file(error)) files.push_back(file.path());
  }
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    const std::string entry = name + "/" + file.filename().string();
    if (auto added = out_->add_file(entry, file.string()); !added) return added;
  }
  return base::Status::ok();
}

base::Status Taking::pack_small_files() {
  for (const char* name : kSmallFiles) {
    if (!std::filesystem::exists(in_data(name))) continue;
    if (auto added = out_->add_file(as_data(name), in_data(name)); !added) return added;
  }
  auto packed = pack_folder(in_data(kCertificates), as_data(kCertificates));
  if (packed) packed = pack_folder(place_->of(kJournal), as_data(kJournal));
  return packed;
}

base::Status Taking::read_configuration() {
  if (options_.config_file.empty()) return base::Status::ok();
  appliance::LoadedConfig loaded = appliance::load_config_file(options_.config_file);
  if (!loaded.problems.empty()) {
    return base::Error{"the configuration has mistakes:\n" +
                       describe(loaded.problems, options_.config_file)};
  }
  certificates_ = std::move(loaded.config.certificates);
  return base::Status::ok();
}

// The configuration, and the certificates it names: those lie where the operator has put them.
base::Status Taking::pack_configuration() {
  if (options_.config_file.empty()) return base::Status::ok();
  const std::string folder(kConfiguration);
  auto added = out_->add_file(folder + kConfigurationFile, options_.config_file);
  if (!added) return added;
  for (const appliance::CertificateConfig& certificate : certificates_) {
    const std::string name = folder + kCertificates + "/" + certificate.domain;
    if (added = out_->add_file(name + ".crt", certificate.chain); !added) return added;
    if (added = out_->add_file(name + ".key", certificate.key); !added) return added;
  }
  return base::Status::ok();
}

base::Status Taking::pack_databases() {
  for (Frozen& database : databases_) {
    const std::string name = store::file_name(database.kind);
    const std::string copy = place_->of(name);
    if (auto copied = database.snapshot->copy_to(copy, options_.go_on); !copied) {
      return options_.go_on() ? copied : base::Status(kInterrupted);
    }
    database.snapshot.reset();  // the node's write-ahead log need not grow any longer
    // What could not be restored is found out now, not then.
    if (const auto checked = store::check_copy(copy, database.kind); !checked) {
      return checked.error();
    }
    if (auto added = out_->add_file(as_data(name), copy); !added) return added;
    unlink(copy.c_str());
  }
  return base::Status::ok();
}

base::Status Taking::pack() {
  auto out = ContainerWriter::create(place_->of("file"), options_.go_on);
  if (!out) return out.error();
  out_ = std::move(*out);
  Manifest& manifest = report_.manifest;
  base::Status done = out_->add(kFormatEntry, "format " + std::to_string(kFormat) + "\n");
  if (done) done = pack_configuration();
  if (done) done = pack_small_files();
  if (done) done = pack_databases();
  if (!done) return done;
  manifest.product = ROLLCALL_VERSION;
  manifest.data = options_.data;
  manifest.config_file = options_.config_file;
  manifest.running = options_.node != nullptr;
  manifest.entries = out_->entries();
  if (done = out_->add(kManifestEntry, to_json(manifest)); !done) return done;
  const auto size = out_->finish();
  if (!size) return size.error();
  report_.bytes = *size;
  return base::Status::ok();
}

// Now, not when it is needed; and before it takes the place of one that can be read.
base::Status Taking::read_back() {
  const auto read = check_backup(place_->of("file"), options_.go_on);
  if (!read) return read.error();
  if (read->entries == report_.manifest.entries) return base::Status::ok();
  return base::Error{options_.file + " does not read as it was written"};
}

base::Status Taking::move_into_place() {
  const std::string from = place_->of("file");
  if (!options_.force) {
    // What was there at the beginning has been refused.
    if (auto moved = move_without_replacing(from, options_.file); !moved) return moved;
  } else if (rename(from.c_str(), options_.file.c_str()) != 0) {
    return base::Error{options_.file + " cannot be replaced: " + std::strerror(errno)};
  }
  return sync_folder(parent_of(options_.file));
}

base::Status Taking::freeze() {
  return options_.node != nullptr ? freeze_running() : freeze_stopped();
}

base::Result<BackupReport> Taking::run() {
  std::error_code error;
  if (!options_.force && std::filesystem::exists(options_.file, error)) {
    return base::Error{options_.file + " is there already; --force replaces it"};
  }
  auto place = Workplace::open(options_.file + ".partial");
  if (!place) return place.error();
  place_ = std::move(*place);
  base::format_datetime(options_.now, base::Fraction::none, report_.manifest.created);
  using Step = base::Status (Taking::*)();
  constexpr Step kSteps[] = {&Taking::read_configuration, &Taking::freeze,
                             &Taking::check_room,         &Taking::pack,
                             &Taking::read_back,          &Taking::move_into_place};
  for (const Step step : kSteps) {
    if (!options_.go_on()) return kInterrupted;
    if (auto done = (this->*step)(); !done) return done.error();
  }
  return std::move(report_);
}

}  // namespace

base::Result<BackupReport> take_backup(const BackupOptions& options) {
  return Taking(options).run();
}

}  // namespace backup
