#include "engine/journal/disk/segment_keeper.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/number.h"

namespace journal {

namespace {

constexpr base::Bytes kFree = "free-";
constexpr base::Bytes kNew = "new-";

bool starts_with(base::Bytes text, base::Bytes start) {
  return text.substr(0, start.size()) == start;
}

}  // namespace

base::Result<SegmentKeeper> SegmentKeeper::open(Files& files, uint64_t segment_bytes) {
  CHECK(segment_bytes >= 4 * kBlock && (segment_bytes & (segment_bytes - 1)) == 0);
  SegmentKeeper keeper(files, segment_bytes);
  auto names = files.list();
  if (!names) return names.error();
  std::sort(names->begin(), names->end());
  for (const std::string& name : *names) {
    if (starts_with(name, kNew)) {
      if (auto removed = files.remove(name); !removed) return removed.error();
    } else if (starts_with(name, kFree)) {
      uint64_t number = 0;
      if (base::parse_u64(base::Bytes(name).substr(kFree.size()), number)) {
        keeper.names_ = std::max(keeper.names_, number);
      }
      if (auto kept = keeper.keep(name); !kept) return kept.error();
    }
  }
  return keeper;
}

std::string SegmentKeeper::new_name(const char* what) { return what + std::to_string(++names_); }

base::Status SegmentKeeper::keep(const std::string& name) {
  auto file = files_->open(name);
  if (!file) return file.error();
  const auto size = files_->size(*file);
  if (size && *size == segment_bytes_) {
    free_.push_back({name, *file});
    return base::Status::ok();
  }
  files_->close(*file);
  return files_->remove(name);
}

base::Result<SegmentKeeper::Free> SegmentKeeper::take() {
  if (!free_.empty()) {
    Free oldest = std::move(free_.front());
    free_.erase(free_.begin());
    return oldest;
  }
  Free made;
  made.name = new_name(kNew.data());
  auto file = files_->create(made.name, segment_bytes_);
  if (!file) return file.error();
  made.file = *file;
  return made;
}

base::Result<int> SegmentKeeper::prepare(const LogIdentity& log, uint64_t segment) {
  CHECK(log.segment_bytes == segment_bytes_);
  auto taken = take();
  if (!taken) return taken.error();
  const std::string name = segment_name(log, segment);
  base::Status done = files_->write(taken->file, 0, segment_header(log, segment));
  if (done) done = files_->sync(taken->file);
  if (done) done = files_->rename(taken->name, name);
  if (done) done = files_->sync_folder();
  if (done) return taken->file;
  // Nobody knows what of it is on disk: it is not used again under this or another name.
  files_->close(taken->file);
  for (const std::string& either : {taken->name, name}) {
    if (files_->remove(either)) break;
  }
  return base::Error{name + ": " + done.error().what};
}

base::Status SegmentKeeper::release(const LogIdentity& log, uint64_t segment, int file) {
  Free free{new_name(kFree.data()), file};
  base::Status done = files_->rename(segment_name(log, segment), free.name);
  // Before its first block is overwritten, its old name must be gone for good.
  if (done) done = files_->sync_folder();
  if (!done) {
    files_->close(file);
    return done;
  }
  free_.push_back(std::move(free));
  return base::Status::ok();
}

base::Status SegmentKeeper::read_back(int file, std::string& out) {
  return files_->read(file, 0, segment_bytes_, out);
}

base::Status SegmentKeeper::reclaim(const std::string& name) {
  const std::string free = new_name(kFree.data());
  if (auto renamed = files_->rename(name, free); !renamed) return renamed;
  if (auto synced = files_->sync_folder(); !synced) return synced;
  return keep(free);
}

}  // namespace journal
