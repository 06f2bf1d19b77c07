// Gathers records into groups. One group is open at a time; a closed one waits to be written, in
// order. Buffers are reused, so that appending allocates nothing in the long run.
// Owned by one shard's journal.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/journal/format.h"

namespace journal {

class GroupWriter {
 public:
  static constexpr size_t kGroupBytes = 1 << 20;  // a longer record has a group of its own

  // A closed group, ready for the disk: its bytes with the zeros.
  struct Closed {
    Group group;
    std::unique_ptr<char[]> buffer;
    size_t capacity = 0;
    base::Bytes bytes() const { return {buffer.get(), group.end() - group.position}; }
  };

  // Starts with the first group of `segment`.
  GroupWriter(const LogIdentity& log, uint64_t segment);

  // Whether a record with so many bytes fits into the open group. If not: close() first.
  bool fits(size_t bytes) const;
  // The position of the new record, whose bytes are `first` and `second` together. After it, there
  // is room for `reserve` more in the same group: fits(all of it) has been asked before.
  uint64_t append(RecordType type, uint8_t kind, uint64_t id, base::Bytes first,
                  base::Bytes second = {}, size_t reserve = 0);

  // The open group gets its header and joins the closed ones. Closing an empty one makes a group
  // without records, if `empty_too`.
  void close(uint64_t oldest, uint32_t flags, bool empty_too = false);
  const std::deque<Closed>& closed() const { return closed_; }
  void pop_closed();  // the first one has been written

  const LogIdentity& log() const { return log_; }
  bool empty() const { return open_.records == 0; }  // the open one
  uint64_t appended() const { return appended_; }    // where the last record ends
  uint64_t segment() const { return log_.segment_of(open_.position); }  // of the open group
  // Of records and headers that have not been popped.
  uint64_t bytes_waiting() const { return closed_bytes_ + (empty() ? 0 : open_.bytes); }
  static size_t record_bytes_max(const LogIdentity& log);

 private:
  void begin(size_t record_bytes);
  void move_to(uint64_t position);
  void give_buffer(size_t bytes);

  const LogIdentity log_;
  Group open_;  // bytes: written so far
  std::unique_ptr<char[]> buffer_;
  size_t capacity_ = 0;
  std::deque<Closed> closed_;
  uint64_t closed_bytes_ = 0;
  uint64_t previous_ = 0;
  uint64_t appended_ = 0;
  std::vector<std::unique_ptr<char[]>> spare_;  // of kGroupBytes each
};

}  // namespace journal
