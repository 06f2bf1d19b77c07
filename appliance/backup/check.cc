// Reading a backup without believing it.
#include <algorithm>

#include "appliance/backup/layout.h"
#include "appliance/backup/restore.h"

namespace backup {

namespace {

constexpr size_t kManifestBytesMax = size_t{64} << 20;

// Keeps the small entries that say what the others are.
class Checker final : public EntrySink {
 public:
  base::Status begin(const std::string& name, uint64_t bytes) override {
    const bool first = entries_.empty();
    if (unknown_.empty() && !is_known_entry(name)) unknown_ = name;
    if (first != (name == kFormatEntry)) return base::Error{"it is no backup of Rollcall"};
    if (done_) return base::Error{"there is more behind the manifest"};
    keep_ = name == kManifestEntry;
    if (keep_ && bytes > kManifestBytesMax) return base::Error{"its manifest is too long"};
    return base::Status::ok();
  }
  base::Status piece(base::Bytes bytes) override {
    if (keep_) manifest_ += bytes;
    return base::Status::ok();
  }
  base::Status end(const Entry& entry) override {
    done_ = keep_;
    if (!keep_) entries_.push_back(entry);
    return base::Status::ok();
  }
  // Compares; what has been read is what the manifest says.
  base::Result<Manifest> finish() const {
    if (!done_) return base::Error{"its end is missing"};
    auto manifest = parse_manifest(manifest_);
    if (!manifest) return manifest;
    const size_t both = std::min(entries_.size(), manifest->entries.size());
    for (size_t i = 0; i < both; ++i) {
      if (entries_[i] == manifest->entries[i]) continue;
      return base::Error{entries_[i].name + " is not as it was written"};
    }
    if (entries_.size() != manifest->entries.size()) {
      return base::Error{"it does not have the entries that its manifest names"};
    }
    // Now, because a newer format says so first.
    if (!unknown_.empty()) return base::Error{unknown_ + " does not belong into a backup"};
    return manifest;
  }

 private:
  std::vector<Entry> entries_;
  std::string manifest_;
  std::string unknown_;  // the first entry of which a backup knows nothing
  bool keep_ = false;
  bool done_ = false;
};

}  // namespace

base::Result<Manifest> check_backup(const std::string& file, const GoOn& go_on) {
  const auto seal = check_seal(file, go_on);
  if (!seal) return seal.error();
  // Read even where the seal is wrong: so it can be said what is damaged.
  Checker checker;
  const auto read = read_container(file, checker, go_on);
  if (!go_on()) return kInterrupted;
  const auto manifest = read ? checker.finish() : base::Result<Manifest>(read.error());
  if (!seal->whole) {
    return base::Error{file + " is cut off, or no backup of Rollcall: its seal is missing" +
                       (manifest ? "" : "; " + manifest.error().what)};
  }
  if (!seal->right) {
    return base::Error{file + " is damaged: its checksum is wrong; " +
                       (manifest ? "the entries can be read" : manifest.error().what)};
  }
  if (!manifest) return base::Error{file + ": " + manifest.error().what};
  return manifest;
}

}  // namespace backup
