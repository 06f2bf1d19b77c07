// Partition of a single node: the keyed hash of the bare JID (engine/base/hash.h) chooses the
// shard. The key is drawn at start, so nobody outside can choose names that all fall on one core.
// Immutable; any thread.
#pragma once

#include "engine/base/check.h"
#include "engine/base/hash.h"
#include "engine/seam/partition.h"

namespace engine {

class HashPartition final : public Partition {
 public:
  explicit HashPartition(ShardId shards) : shards_(shards) { CHECK(shards > 0); }

  Owner owner(base::Bytes bare_jid) const override {
    return {here(), static_cast<ShardId>(base::keyed_hash(bare_jid) % shards_)};
  }
  ShardId shards() const override { return shards_; }
  NodeId here() const override { return 0; }

 private:
  const ShardId shards_;
};

}  // namespace engine
