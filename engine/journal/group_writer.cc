#include "engine/journal/group_writer.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/plant.h"

namespace journal {

namespace {

constexpr size_t kSpareBuffers = 2;

size_t whole_blocks(size_t bytes) { return (bytes + kBlock - 1) / kBlock * kBlock; }

}  // namespace

GroupWriter::GroupWriter(const LogIdentity& log, uint64_t segment) : log_(log) {
  CHECK(segment > 0 && log.segment_bytes >= 4 * kBlock);
  appended_ = log.first_group(segment);
  move_to(log.first_group(segment));
}

size_t GroupWriter::record_bytes_max(const LogIdentity& log) {
  return log.segment_bytes - kBlock - kGroupHeader - kRecordHeader;
}

void GroupWriter::move_to(uint64_t position) {
  open_ = {};
  open_.position = position;
  open_.bytes = kGroupHeader;
  CHECK(position % kBlock == 0 && log_.offset_of(position) >= kBlock);
}

bool GroupWriter::fits(size_t bytes) const {
  if (empty()) return true;  // it may still begin elsewhere
  const uint64_t grown = open_.bytes + kRecordHeader + bytes;
  return grown <= capacity_ && log_.offset_of(open_.position) + grown <= log_.segment_bytes;
}

// Where the open group lies is decided by its first record: it may not fit the segment.
void GroupWriter::begin(size_t record_bytes) {
  const uint64_t needed = kGroupHeader + record_bytes;
  if (log_.offset_of(open_.position) + needed > log_.segment_bytes) {
    move_to(log_.first_group(segment() + 1));
  }
  CHECK(log_.offset_of(open_.position) + needed <= log_.segment_bytes);
  give_buffer(needed);
}

void GroupWriter::give_buffer(size_t bytes) {
  const size_t capacity = std::max(kGroupBytes, whole_blocks(bytes));
  if (buffer_ != nullptr && capacity_ >= capacity) return;
  if (capacity == kGroupBytes && !spare_.empty()) {
    buffer_ = std::move(spare_.back());
    spare_.pop_back();
  } else {
    buffer_.reset(new char[capacity]);
  }
  capacity_ = capacity;
}

uint64_t GroupWriter::append(RecordType type, uint8_t kind, uint64_t id, base::Bytes first,
                             base::Bytes second, size_t reserve) {
  const size_t length = first.size() + second.size();
  if (empty()) begin(kRecordHeader + length + reserve);
  CHECK(fits(length + reserve) && type != RecordType::group);
  const bool reused = base::plant == base::Plant::buffer_reused && !closed_.empty();
  char* at = (reused ? closed_.front().buffer.get() : buffer_.get()) + open_.bytes;
  char* bytes = at + kRecordHeader;
  if (!first.empty()) std::memcpy(bytes, first.data(), first.size());
  if (!second.empty()) std::memcpy(bytes + first.size(), second.data(), second.size());
  const uint64_t position = open_.position + open_.bytes;
  seal_record(at, log_, {type, kind, id, position, {bytes, length}});
  open_.bytes += kRecordHeader + length;
  ++open_.records;
  appended_ = open_.position + open_.bytes;
  return position;
}

void GroupWriter::close(uint64_t oldest, uint32_t flags, bool empty_too) {
  if (empty()) {
    if (!empty_too) return;
    begin(0);
  }
  CHECK(oldest <= segment());
  open_.previous = previous_;
  open_.oldest = oldest;
  open_.covers = appended_;
  open_.flags = flags;
  seal_group(buffer_.get(), log_, open_);
  const size_t padded = open_.end() - open_.position;
  CHECK(padded <= capacity_);
  std::memset(buffer_.get() + open_.bytes, 0, padded - open_.bytes);
  previous_ = open_.position;
  closed_bytes_ += open_.bytes;
  const uint64_t end = open_.end();
  closed_.push_back({open_, std::move(buffer_), capacity_});
  capacity_ = 0;
  const bool full = log_.segment_of(end) != segment();
  move_to(full ? log_.first_group(log_.segment_of(end)) : end);
}

void GroupWriter::pop_closed() {
  CHECK(!closed_.empty());
  Closed& first = closed_.front();
  closed_bytes_ -= first.group.bytes;
  if (first.capacity == kGroupBytes && spare_.size() < kSpareBuffers) {
    spare_.push_back(std::move(first.buffer));
  }
  closed_.pop_front();
}

}  // namespace journal
