// Two small files beside the segments: that an epoch is complete, and which damage an operator has
// accepted. Written whole or not at all; text that ends with its own checksum.
// At start, and offline; blocking.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/journal/files.h"
#include "engine/journal/recovery/log_reader.h"

namespace journal {

// From when on this epoch's log is the one that counts, and the older ones are not.
struct CompleteMark {
  uint64_t epoch = 0;
  uint32_t shards = 0;
};
base::Status write_complete_mark(Files& files, const CompleteMark& mark);
base::Result<CompleteMark> read_complete_mark(Files& files, uint64_t epoch);
std::string complete_mark_name(uint64_t epoch);
// The epoch whose mark this is the name of.
std::optional<uint64_t> parse_complete_mark_name(base::Bytes name);

struct AcceptedDamage {
  uint32_t shard = 0;
  uint64_t from = 0;
  uint64_t to = 0;
  friend bool operator==(const AcceptedDamage&, const AcceptedDamage&) = default;
};
base::Status write_accepted(Files& files, uint64_t epoch, const std::vector<AcceptedDamage>& list);
base::Result<std::vector<AcceptedDamage>> read_accepted(Files& files, uint64_t epoch);
std::string accepted_name(uint64_t epoch);

}  // namespace journal
