// Who owns whom: a bare JID belongs to one node, and there to one shard. Handed to protocols as an
// argument, never a global. Today one node, so the node's part is `here`; the shard is a keyed
// hash, so nobody outside can choose JIDs that all fall on one core.
// Immutable; read by every shard.
#pragma once

#include <cstdint>

#include "engine/base/bytes.h"
#include "engine/seam/ids.h"

namespace engine {

using NodeId = uint16_t;

struct Owner {
  NodeId node = 0;
  ShardId shard = 0;
};

class Partition {
 public:
  virtual ~Partition() = default;
  virtual Owner owner(base::Bytes bare_jid) const = 0;
  virtual ShardId shards() const = 0;
  virtual NodeId here() const = 0;
};

}  // namespace engine
