// Who gets which of the recovered entries: the number of shards may have changed since they were
// written, and an entry that was on its way from one shard to another may be in the logs of both.
// At start; pure.
#pragma once

#include <vector>

#include "engine/base/check.h"
#include "engine/journal/recovery/recover.h"

namespace journal {

using SharedOut = std::vector<std::vector<engine::JournalEntry>>;  // of each shard

// One entry a key, in the order of the first. The one with a note knows more.
void join_copies(std::vector<engine::JournalEntry>& entries);

// `owner` says of a RecoveredEntry which of the `shards` it belongs to now. Takes the entries.
template <class Owner>
SharedOut share_out(std::vector<RecoveredEntry>& found, engine::ShardId shards,
                    const Owner& owner) {
  SharedOut shared(shards);
  for (RecoveredEntry& one : found) {
    const engine::ShardId shard = owner(one);
    CHECK(shard < shards);
    shared[shard].push_back(std::move(one.entry));
  }
  found.clear();
  for (auto& entries : shared) join_copies(entries);
  return shared;
}

}  // namespace journal
