#include "engine/journal/format.h"

#include <bit>
#include <cstdio>
#include <cstring>

#include "engine/base/check.h"
#include "engine/base/crc32c.h"

namespace journal {

namespace {

static_assert(std::endian::native == std::endian::little, "structures are written as they lie");

struct RecordHeader {
  uint32_t checksum;  // of all that follows, the record's bytes included
  uint32_t length;    // of the bytes after this header
  uint64_t position;
  uint64_t id;
  uint8_t type;
  uint8_t kind;
  uint8_t zeros[6];
};
static_assert(sizeof(RecordHeader) == kRecordHeader);

struct GroupBody {
  uint64_t oldest;
  uint64_t covers;
  uint64_t bytes;
  uint32_t records;
  uint32_t flags;
  uint64_t zeros;
};
static_assert(kRecordHeader + sizeof(GroupBody) == kGroupHeader);

struct SegmentHeader {
  char magic[8];
  uint32_t checksum;  // of the whole block, this field taken as zero
  uint32_t version;
  uint64_t epoch;
  uint64_t segment;
  uint64_t segment_bytes;
  uint32_t shard;
  uint32_t salt;
};

constexpr char kMagic[8] = {'R', 'C', 'J', 'R', 'N', 'L', '\r', '\n'};
constexpr uint32_t kVersion = 1;

uint32_t checksum_of_block(std::string block) {
  std::memset(block.data() + offsetof(SegmentHeader, checksum), 0, sizeof(uint32_t));
  return base::crc32c(0, block);
}

}  // namespace

void seal_record(char* to, const LogIdentity& log, const Record& record) {
  CHECK(record.position > 0 && record.bytes.size() < log.segment_bytes);
  RecordHeader header{};
  header.length = static_cast<uint32_t>(record.bytes.size());
  header.position = record.position;
  header.id = record.id;
  header.type = static_cast<uint8_t>(record.type);
  header.kind = record.kind;
  std::memcpy(to, &header, sizeof header);
  constexpr size_t kSkip = sizeof header.checksum;
  header.checksum = base::crc32c(log.salt, {to + kSkip, record.size() - kSkip});
  std::memcpy(to, &header.checksum, sizeof header.checksum);
}

std::optional<Record> read_record(base::Bytes from, const LogIdentity& log, uint64_t position) {
  RecordHeader header{};
  if (from.size() < sizeof header) return std::nullopt;
  std::memcpy(&header, from.data(), sizeof header);
  if (header.position != position || header.length > from.size() - sizeof header) {
    return std::nullopt;
  }
  constexpr size_t kSkip = sizeof header.checksum;
  const base::Bytes covered = from.substr(kSkip, sizeof header - kSkip + header.length);
  if (base::crc32c(log.salt, covered) != header.checksum) return std::nullopt;
  const auto type = static_cast<RecordType>(header.type);
  if (type < RecordType::group || type > RecordType::carry) return std::nullopt;
  if (type == RecordType::carry && header.length < sizeof(uint64_t)) return std::nullopt;
  return Record{type, header.kind, header.id, position, from.substr(sizeof header, header.length)};
}

void seal_group(char* to, const LogIdentity& log, const Group& group) {
  CHECK(group.bytes >= kGroupHeader && group.position % kBlock == 0);
  GroupBody body{};
  body.oldest = group.oldest;
  body.covers = group.covers;
  body.bytes = group.bytes;
  body.records = group.records;
  body.flags = group.flags;
  std::memcpy(to + kRecordHeader, &body, sizeof body);
  seal_record(
      to, log,
      {RecordType::group, 0, group.previous, group.position, {to + kRecordHeader, sizeof body}});
}

std::optional<Group> read_group(base::Bytes from, const LogIdentity& log, uint64_t position) {
  const auto record = read_record(from.substr(0, kGroupHeader), log, position);
  if (!record || record->type != RecordType::group) return std::nullopt;
  GroupBody body{};
  if (record->bytes.size() != sizeof body) return std::nullopt;
  std::memcpy(&body, record->bytes.data(), sizeof body);
  Group group{position, record->id, body.oldest, body.covers, body.bytes, body.records, body.flags};
  const bool fits = log.offset_of(position) + body.bytes <= log.segment_bytes;
  if (body.bytes < kGroupHeader || !fits || group.previous >= position) return std::nullopt;
  return group;
}

std::string segment_header(const LogIdentity& log, uint64_t segment) {
  CHECK(segment > 0 && std::has_single_bit(log.segment_bytes));
  SegmentHeader header{};
  std::memcpy(header.magic, kMagic, sizeof kMagic);
  header.version = kVersion;
  header.epoch = log.epoch;
  header.segment = segment;
  header.segment_bytes = log.segment_bytes;
  header.shard = log.shard;
  header.salt = log.salt;
  std::string block(kBlock, '\0');
  std::memcpy(block.data(), &header, sizeof header);
  header.checksum = checksum_of_block(block);
  std::memcpy(block.data(), &header, sizeof header);
  return block;
}

std::optional<std::string> read_segment_header(base::Bytes block, LogIdentity& log,
                                               uint64_t segment) {
  SegmentHeader header{};
  if (block.size() < kBlock) return "the file is too short";
  std::memcpy(&header, block.data(), sizeof header);
  if (std::memcmp(header.magic, kMagic, sizeof kMagic) != 0) return "this is no segment";
  if (checksum_of_block(std::string(block.substr(0, kBlock))) != header.checksum) {
    return "its first block is damaged";
  }
  if (header.version != kVersion) return "it was written by another version of the program";
  if (header.epoch != log.epoch || header.shard != log.shard || header.segment != segment) {
    return "it belongs to another place";
  }
  if (!std::has_single_bit(header.segment_bytes) || header.segment_bytes < 2 * kBlock) {
    return "its size makes no sense";
  }
  log.salt = header.salt;
  log.segment_bytes = header.segment_bytes;
  return std::nullopt;
}

std::string segment_name(const LogIdentity& log, uint64_t segment) {
  char name[64];
  const int length = std::snprintf(name, sizeof name, "epoch-%08llu.shard-%03u.%010llu",
                                   static_cast<unsigned long long>(log.epoch), log.shard,
                                   static_cast<unsigned long long>(segment));
  CHECK(length > 0 && static_cast<size_t>(length) < sizeof name);
  return {name, static_cast<size_t>(length)};
}

std::optional<SegmentName> parse_segment_name(base::Bytes name) {
  unsigned long long epoch = 0;
  unsigned shard = 0;
  unsigned long long segment = 0;
  const std::string text(name);
  if (std::sscanf(text.c_str(), "epoch-%8llu.shard-%3u.%10llu", &epoch, &shard, &segment) != 3) {
    return std::nullopt;
  }
  const SegmentName parsed{epoch, shard, segment};
  // Only what we would write ourselves.
  LogIdentity log;
  log.epoch = epoch;
  log.shard = shard;
  if (segment_name(log, segment) != name) return std::nullopt;
  return parsed;
}

}  // namespace journal
