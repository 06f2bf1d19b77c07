#include "engine/journal/recovery/log_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/base/check.h"

namespace journal {

std::string describe(const Damage& damage) {
  return damage.file + " at offset " + std::to_string(damage.offset) + ": " + damage.what + " (" +
         std::to_string(damage.to - damage.from) + " bytes of shard " +
         std::to_string(damage.shard) + "'s log, " + std::to_string(damage.records_saved) +
         " records in them are readable)";
}

std::optional<Group> read_whole_group(base::Bytes segment, const LogIdentity& log,
                                      uint64_t position) {
  const uint64_t offset = log.offset_of(position);
  if (offset + kGroupHeader > segment.size()) return std::nullopt;
  const auto group = read_group(segment.substr(offset), log, position);
  if (!group || offset + (group->end() - position) > segment.size()) return std::nullopt;
  const base::Bytes bytes = segment.substr(offset, group->bytes);
  uint64_t at = kGroupHeader;
  uint32_t records = 0;
  while (at < bytes.size()) {
    const auto record = read_record(bytes.substr(at), log, position + at);
    if (!record || record->type == RecordType::group) return std::nullopt;
    at += record->size();
    ++records;
  }
  if (records != group->records) return std::nullopt;
  const base::Bytes rest = segment.substr(offset + at, group->end() - position - at);
  if (rest.find_first_not_of('\0') != base::Bytes::npos) return std::nullopt;
  return group;
}

uint64_t hand_over(base::Bytes segment, const LogIdentity& log, const Group& group,
                   RecordSink& sink) {
  const base::Bytes bytes = segment.substr(log.offset_of(group.position), group.bytes);
  for (uint64_t at = kGroupHeader; at < bytes.size();) {
    const auto record = read_record(bytes.substr(at), log, group.position + at);
    CHECK(record.has_value());  // the group was found whole
    sink.on_record(*record);
    at += record->size();
  }
  return group.records;
}

namespace {

class LogReader {
 public:
  LogReader(Files& files, const LogIdentity& log, RecordSink& sink)
      : files_(files), sink_(sink), log_(log) {}

  base::Result<LogSummary> run(const std::vector<uint64_t>& segments);

 private:
  base::Status load(uint64_t segment);
  base::Status find_identity(const std::vector<uint64_t>& segments);
  base::Status find_last_proof(const std::vector<uint64_t>& segments);
  void look_for_proof(uint64_t segment);
  uint64_t first_needed(const std::vector<uint64_t>& segments) const;
  void missing(uint64_t from, uint64_t to);
  void check_file(uint64_t segment);
  void read_groups(uint64_t segment);
  base::Status end_segment(uint64_t segment, bool last);
  void take_group(const Group& group);
  void damaged(uint64_t from, uint64_t to, const std::string& what);
  uint64_t salvage(uint64_t from, uint64_t to);
  bool looks_begun() const;

  Files& files_;
  RecordSink& sink_;
  LogIdentity log_;
  LogSummary summary_;
  std::string bytes_;           // the segment that is being read
  std::string trouble_;         // what is wrong with its first block; "": nothing
  std::optional<Group> proof_;  // everything before it was confirmed
  std::optional<Group> last_;   // the last one anywhere
  uint64_t expected_ = 0;       // where the next group begins, unless in the next segment
  uint64_t previous_ = 0;       // position of the last group read; 0: not known
  bool cut_ = false;
};

base::Status LogReader::load(uint64_t segment) {
  const std::string name = segment_name(log_, segment);
  const auto file = files_.open(name);
  if (!file) return file.error();
  const auto size = files_.size(*file);
  constexpr uint64_t kLargest = uint64_t{1} << 30;
  base::Status read = size ? base::Status::ok() : base::Status(size.error());
  if (read) read = files_.read(*file, 0, std::min(*size, kLargest), bytes_);
  files_.close(*file);
  if (!read) return base::Error{name + ": " + read.error().what};
  LogIdentity found = log_;
  trouble_ = read_segment_header(bytes_, found, segment).value_or("");
  if (!trouble_.empty()) return base::Status::ok();
  if (log_.segment_bytes == 0) {
    log_ = found;
  } else if (found.salt != log_.salt || found.segment_bytes != log_.segment_bytes) {
    trouble_ = "it does not belong to its neighbours";
  }
  return base::Status::ok();
}

// Salt and size, from the first segment whose first block can be trusted.
base::Status LogReader::find_identity(const std::vector<uint64_t>& segments) {
  for (const uint64_t segment : segments) {
    if (auto loaded = load(segment); !loaded) return loaded;
    if (trouble_.empty()) return base::Status::ok();
  }
  return base::Error{segment_name(log_, segments.front()) + ": " + trouble_};
}

void LogReader::look_for_proof(uint64_t segment) {
  const uint64_t start = log_.start_of(segment);
  std::optional<Group> last;
  for (uint64_t at = kBlock; at < bytes_.size();) {
    const auto group = read_whole_group(bytes_, log_, start + at);
    at = group ? group->end() - start : at + kBlock;
    if (!group) continue;
    last = group;
    if ((group->flags & Group::kAfterSync) != 0) proof_ = group;
  }
  if (!last_) last_ = last;
}

base::Status LogReader::find_last_proof(const std::vector<uint64_t>& segments) {
  for (auto segment = segments.rbegin(); segment != segments.rend() && !proof_; ++segment) {
    if (auto loaded = load(*segment); !loaded) return loaded;
    look_for_proof(*segment);
  }
  return base::Status::ok();
}

// Lower ones may be left from before, or be gone.
uint64_t LogReader::first_needed(const std::vector<uint64_t>& segments) const {
  if (proof_) return proof_->oldest;
  if (!last_) return segments.front();
  return std::max(last_->oldest, segments.front());
}

void LogReader::missing(uint64_t from, uint64_t to) {
  bytes_.clear();
  damaged(log_.start_of(from), log_.start_of(to), "the file is missing");
  previous_ = 0;
}

void LogReader::damaged(uint64_t from, uint64_t to, const std::string& what) {
  CHECK(from < to);
  Damage damage;
  damage.shard = log_.shard;
  damage.from = from;
  damage.to = to;
  damage.records_saved = salvage(from, to);
  damage.file = segment_name(log_, log_.segment_of(from));
  damage.offset = log_.offset_of(from);
  damage.what = what;
  summary_.damages.push_back(std::move(damage));
}

// What of a damaged stretch of this segment are whole records, wherever they begin.
uint64_t LogReader::salvage(uint64_t from, uint64_t to) {
  uint64_t saved = 0;
  const uint64_t start = log_.start_of(log_.segment_of(from));
  const uint64_t end = std::min<uint64_t>(to - start, bytes_.size());
  uint64_t at = from - start;
  while (at + kRecordHeader <= end) {
    const auto record = read_record(base::Bytes(bytes_).substr(at), log_, start + at);
    const bool group = record && record->type == RecordType::group;
    if (record && !group) {
      sink_.on_record(*record);
      ++saved;
    }
    at += record ? record->size() : 1;
  }
  summary_.records += saved;
  return saved;
}

// The first block and the size; groups are looked for whatever these say.
void LogReader::check_file(uint64_t segment) {
  const uint64_t start = log_.start_of(segment);
  if (!trouble_.empty()) damaged(start, start + kBlock, trouble_);
  const uint64_t size = bytes_.size();
  bytes_.resize(log_.segment_bytes);
  if (size < log_.segment_bytes) {
    damaged(start + size, start + log_.segment_bytes, "the file is cut off");
  }
}

void LogReader::take_group(const Group& group) {
  summary_.records += hand_over(bytes_, log_, group, sink_);
  if (summary_.first == 0) summary_.first = group.position;
  if ((group.flags & Group::kInitial) == 0) summary_.only_initial = false;
  summary_.end = expected_ = group.end();
  summary_.covers = group.covers;
  previous_ = group.position;
}

void LogReader::read_groups(uint64_t segment) {
  const uint64_t start = log_.start_of(segment);
  expected_ = start + kBlock;
  for (uint64_t at = kBlock; at < bytes_.size();) {
    const uint64_t position = start + at;
    const auto group = read_whole_group(bytes_, log_, position);
    if (!group) {
      at += kBlock;
      continue;
    }
    // Unproven, it must follow on what was read before.
    const bool proven = proof_ && position <= proof_->position;
    const bool follows = position == expected_ && (previous_ == 0 || group->previous == previous_);
    if (!proven && !follows) {
      cut_ = summary_.torn = true;
      return;
    }
    if (position != expected_) damaged(expected_, position, "what was written cannot be read");
    take_group(*group);
    at = group->end() - start;
  }
}

// Behind the last group of a segment lies what an earlier life left there, or damage.
base::Status LogReader::end_segment(uint64_t segment, bool last) {
  const uint64_t end = log_.start_of(segment) + log_.segment_bytes;
  if (!proof_ || proof_->position < end || expected_ == end) {
    if (last || !looks_begun()) return base::Status::ok();
    cut_ = summary_.torn = true;
    return base::Status::ok();
  }
  // The next segment's first group knows whom it follows.
  const std::string name = segment_name(log_, segment + 1);
  if (const auto file = files_.open(name)) {
    std::string head;
    const auto read = files_.read(*file, 0, kBlock + kGroupHeader, head);
    files_.close(*file);
    if (!read) return base::Error{name + ": " + read.error().what};
    const uint64_t first = log_.first_group(segment + 1);
    const auto group = head.size() == kBlock + kGroupHeader
                           ? read_group(base::Bytes(head).substr(kBlock), log_, first)
                           : std::nullopt;
    if (group && previous_ != 0 && group->previous == previous_) return base::Status::ok();
  }
  damaged(expected_, end, "what was written cannot be read");
  previous_ = 0;
  return base::Status::ok();
}

// A group was being written at the end when the node stopped.
bool LogReader::looks_begun() const {
  const uint64_t at = log_.offset_of(expected_);
  uint64_t position = 0;
  if (at + kRecordHeader > bytes_.size()) return false;
  std::memcpy(&position, bytes_.data() + at + sizeof position, sizeof position);
  return position == expected_;
}

base::Result<LogSummary> LogReader::run(const std::vector<uint64_t>& segments) {
  CHECK(!segments.empty());
  if (auto found = find_identity(segments); !found) return found.error();
  if (auto found = find_last_proof(segments); !found) return found.error();
  uint64_t next = first_needed(segments);
  for (const uint64_t segment : segments) {
    if (segment < next) continue;
    // They are named in their order, so a gap is never an accident of ours.
    if (segment > next) missing(next, segment);
    if (auto loaded = load(segment); !loaded) return loaded.error();
    check_file(segment);
    next = segment + 1;
    if (cut_) continue;
    read_groups(segment);
    const bool last = segment == segments.back();
    if (auto ended = end_segment(segment, last); !ended) return ended.error();
    if (last && !cut_) summary_.torn = looks_begun();
  }
  if (next <= first_needed(segments)) missing(next, next + 1);
  summary_.log = log_;
  return summary_;
}

}  // namespace

base::Result<LogSummary> read_log(Files& files, const LogIdentity& log,
                                  const std::vector<uint64_t>& segments, RecordSink& sink) {
  return LogReader(files, log, sink).run(segments);
}

}  // namespace journal
