#include "engine/journal/recovery/feed_reader.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"

namespace journal {

FeedReader::FeedReader(Files& files, const LogIdentity& log, std::shared_ptr<FeedProgress> progress,
                       uint64_t position)
    : files_(files),
      log_(log),
      progress_(std::move(progress)),
      position_(std::max(position, log.first_group(1))) {
  CHECK(progress_ != nullptr && position_ % kBlock == 0);
  progress_->consumed.store(position_, std::memory_order_release);
}

FeedReader::~FeedReader() {
  if (file_ >= 0) files_.close(file_);
}

void FeedReader::consumed(uint64_t position) {
  CHECK(position <= position_);
  progress_->consumed.store(position, std::memory_order_release);
}

void FeedReader::rewind() { position_ = progress_->consumed.load(std::memory_order_acquire); }

void FeedReader::abandon() {
  progress_->consumed.store(FeedProgress::kNoConsumer, std::memory_order_release);
}

base::Status FeedReader::open_segment(uint64_t segment) {
  if (file_ >= 0 && segment_ == segment) return base::Status::ok();
  if (file_ >= 0) files_.close(file_);
  file_ = -1;
  const auto file = files_.open(segment_name(log_, segment));
  if (!file) return file.error();
  file_ = *file;
  segment_ = segment;
  return base::Status::ok();
}

// No group here. All before `committed` was written well, so the log goes on in the next segment,
// unless this one is damaged.
void FeedReader::skip() {
  const uint64_t segment = log_.segment_of(position_);
  position_ += kBlock;
  if (!leave_out_damage_ || log_.segment_of(position_) != segment) {
    position_ = log_.first_group(segment + 1);
  }
}

base::Status FeedReader::read_group_here(std::string& buffer, std::vector<FeedRecord>& out) {
  const uint64_t segment = log_.segment_of(position_);
  if (auto opened = open_segment(segment); !opened) {
    if (!leave_out_damage_) return opened;
    position_ = log_.first_group(segment + 1);
    return base::Status::ok();
  }
  const uint64_t offset = log_.offset_of(position_);
  if (auto read = files_.read(file_, offset, kGroupHeader, buffer); !read) return read;
  const auto group = read_group(buffer, log_, position_);
  if (!group) {
    skip();
    return base::Status::ok();
  }
  if (auto read = files_.read(file_, offset, group->bytes, buffer); !read) return read;
  for (uint64_t at = kGroupHeader; at < group->bytes;) {
    const auto record = read_record(base::Bytes(buffer).substr(at), log_, position_ + at);
    if (!record) {
      out.clear();
      if (leave_out_damage_) {
        skip();
        return base::Status::ok();
      }
      return base::Error{segment_name(log_, segment) + " at offset " + std::to_string(offset + at) +
                         ": what was written cannot be read"};
    }
    at += record->size();
    if (record->type != RecordType::feed) continue;
    out.push_back({record->kind, record->position, record->bytes});
  }
  position_ = group->end();
  if (log_.offset_of(position_) == 0) position_ += kBlock;  // the segment was full
  return base::Status::ok();
}

base::Status FeedReader::read(std::string& buffer, std::vector<FeedRecord>& out) {
  out.clear();
  const uint64_t committed = progress_->committed.load(std::memory_order_acquire);
  while (out.empty() && position_ < committed) {
    if (auto read = read_group_here(buffer, out); !read) return read;
  }
  return base::Status::ok();
}

}  // namespace journal
