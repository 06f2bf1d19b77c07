// What must outlive a crash of the node, as a protocol sees it (DESIGN 5): a log of obligations. An
// entry lives from put() to erase(); after a crash every entry that was committed and not erased is
// handed to Service::on_recovered(). One a shard; within a turn, on that shard.
//
// Nothing waits for the disk here. What was appended is durable once committed() has reached the
// appended() read after it; Service::on_committed() tells of every step. An acknowledgement leaves
// only then.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "engine/base/bytes.h"

namespace engine {

struct JournalKey {
  uint8_t kind = 0;  // the protocol's, 1..63
  uint64_t id = 0;
  friend constexpr auto operator<=>(JournalKey, JournalKey) = default;
};

// An entry that was live when the node stopped.
struct JournalEntry {
  JournalKey key;
  std::string bytes;
  std::string note;  // "" if there was none
};

class Journal {
 public:
  using Position = uint64_t;  // grows with every append
  static constexpr size_t kNoteBytesMax = 64;

  virtual ~Journal() = default;

  // Replaces the entry of the same key, and its note. Refuse what would need it while !accepting().
  virtual void put(JournalKey key, base::Bytes bytes) = 0;
  // A few bytes about a live entry; replaces the note before. One that follows its put() directly
  // is committed with it.
  virtual void note(JournalKey key, base::Bytes bytes) = 0;
  virtual void erase(JournalKey key) = 0;  // of a live entry
  virtual bool holds(JournalKey key) const = 0;

  // For a consumer outside the shards (the archive), who reads the log in order: kept until it has
  // been consumed. Never recovered through on_recovered().
  virtual void feed(uint8_t kind, base::Bytes bytes) = 0;
  // How far the consumer has to have come to know all that was fed. Not to be compared with the
  // positions below.
  virtual Position fed_to() = 0;

  virtual Position appended() const = 0;
  virtual Position committed() const = 0;
  // Of this life of the node: grows by one with every start.
  virtual uint64_t epoch() const = 0;
  // False: the disk is full, or the limit on the journal's size is reached. Notes and erasures
  // still find room; new obligations must be refused with "try again later".
  virtual bool accepting() const = 0;
};

}  // namespace engine
