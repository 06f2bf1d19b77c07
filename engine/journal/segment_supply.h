// What a shard's journal asks of others because it blocks: files for the next segments, and old
// ones read back. Answered in order, between two turns: whoever answers wakes the shard's reactor.
// The real one has a thread (disk/maintenance.h); the simulation answers when its disk is done.
// A supply belongs to one shard's journal; all calls on that shard.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace journal {

struct SupplyAnswer {
  enum class Kind : uint8_t { prepared, read_back };
  Kind kind = Kind::prepared;
  uint64_t segment = 0;
  int file = -1;
  std::string error;  // not empty: it failed, in words
  std::string bytes;  // read_back: the whole segment
};

class SegmentSupply {
 public:
  virtual ~SegmentSupply() = default;
  virtual void prepare(uint64_t segment) = 0;              // answered
  virtual void read_back(uint64_t segment, int file) = 0;  // answered
  virtual void release(uint64_t segment, int file) = 0;    // not answered; the file is used again
  virtual std::optional<SupplyAnswer> answer() = 0;        // the next one, if there is one
};

}  // namespace journal
