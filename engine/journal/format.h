// How the journal lies on disk. A shard's log is a row of segments of equal size, numbered from 1;
// a position is a number of bytes in that row and is never used twice within an epoch.
//
//   segment = header block, groups            group = group record, records, zeros up to a block
//   record  = checksum, length, position, id, type, kind, bytes
//
// A group is what one commit writes. It begins on a block of its own, so that no later write
// touches a block that was confirmed, and a group can be looked for block by block. Every checksum
// starts from a random number of the epoch and the shard: what a segment held in an earlier life,
// perhaps as another shard's, or what a peer has put into a message, is never taken for a record.
// Numbers are little-endian. Values; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/base/bytes.h"

namespace journal {

inline constexpr uint64_t kBlock = 4096;
inline constexpr size_t kRecordHeader = 32;
inline constexpr size_t kGroupHeader = kRecordHeader + 40;

// What tells one log from every other.
struct LogIdentity {
  uint64_t epoch = 0;
  uint32_t shard = 0;
  uint32_t salt = 0;           // where checksums start
  uint64_t segment_bytes = 0;  // a power of two

  uint64_t segment_of(uint64_t position) const {
    return position >> __builtin_ctzll(segment_bytes);
  }
  uint64_t start_of(uint64_t segment) const { return segment * segment_bytes; }
  uint64_t first_group(uint64_t segment) const { return start_of(segment) + kBlock; }
  uint64_t offset_of(uint64_t position) const { return position & (segment_bytes - 1); }
};

enum class RecordType : uint8_t {
  group = 1,  // starts a group; id: the position of the group before, 0 for the first
  put,
  note,
  erase,
  feed,
  carry,  // a put that was moved here; its bytes start with the position it had first (8 bytes)
};

struct Record {
  RecordType type = RecordType::put;
  uint8_t kind = 0;
  uint64_t id = 0;
  uint64_t position = 0;
  base::Bytes bytes;
  size_t size() const { return kRecordHeader + bytes.size(); }
};

// Writes the header before bytes that stand already at to + kRecordHeader.
void seal_record(char* to, const LogIdentity& log, const Record& record);
// The record that starts `from`, if it is one and whole.
std::optional<Record> read_record(base::Bytes from, const LogIdentity& log, uint64_t position);

struct Group {
  // Written when all before it had been synced: proof that what is missing there is damage.
  static constexpr uint32_t kAfterSync = 1;
  // Written at start, before the epoch was complete.
  static constexpr uint32_t kInitial = 2;

  uint64_t position = 0;
  uint64_t previous = 0;  // position of the group before
  uint64_t oldest = 0;    // segments before this one are no longer needed
  uint64_t covers = 0;    // end of the last record ever appended up to here
  uint64_t bytes = 0;     // with the group record, without the zeros
  uint32_t records = 0;   // without the group record
  uint32_t flags = 0;
  uint64_t end() const { return position + (bytes + kBlock - 1) / kBlock * kBlock; }
};

void seal_group(char* to, const LogIdentity& log, const Group& group);
// Only the group record; its records are another matter.
std::optional<Group> read_group(base::Bytes from, const LogIdentity& log, uint64_t position);

// The block a segment begins with.
std::string segment_header(const LogIdentity& log, uint64_t segment);
// Compares with what is expected; the salt comes from the block. An explanation if it is not that.
std::optional<std::string> read_segment_header(base::Bytes block, LogIdentity& log,
                                               uint64_t segment);

// Names of files.
struct SegmentName {
  uint64_t epoch = 0;
  uint32_t shard = 0;
  uint64_t segment = 0;
};
std::string segment_name(const LogIdentity& log, uint64_t segment);
std::optional<SegmentName> parse_segment_name(base::Bytes name);

}  // namespace journal
