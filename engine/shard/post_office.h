// A shard's outgoing mail: into the mailbox of the shard it is for, and what happens when that is
// full. Each policy of OverflowPolicy, and its limit, lives here:
//   hold      waits here, in order; while anything held waits, the shard's sockets are not read
//   coalesce  waits here too, but a newer envelope with the same key takes the older one's place
//   refuse    goes back to the caller at once
// At most `waiting` envelopes wait per target. Beyond that hold is treated as refuse and coalesce
// is dropped (presence is soft state). Every case has a counter.
// Owned by one shard.
#pragma once

#include <cstdint>
#include <deque>
#include <unordered_map>
#include <vector>

#include "engine/seam/envelope.h"
#include "engine/shard/mesh.h"

namespace engine {

class PostOffice {
 public:
  PostOffice(ShardId here, Mesh& mesh, uint32_t waiting);

  // Null, or the envelope when it was refused.
  [[nodiscard]] EnvelopePtr post(EnvelopePtr envelope);
  // Once a turn: moves waiting mail into mailboxes with room, publishes, wakes who got something.
  void publish();
  void publish_to(ShardId to);  // the same for one target
  // Envelopes with OverflowPolicy::hold are waiting: stop reading from sockets.
  bool holding() const { return held_ > 0; }
  bool waiting() const { return waiting_ > 0; }

 private:
  struct Target {
    Mailbox* mailbox = nullptr;
    std::deque<EnvelopePtr> waiting;
    uint64_t first = 0;                             // sequence number of waiting.front()
    std::unordered_map<uint64_t, uint64_t> by_key;  // coalescing key -> sequence number
  };

  EnvelopePtr overflow(Target& target, EnvelopePtr envelope);
  void retry(Target& target);

  const ShardId here_;
  Mesh& mesh_;
  const uint32_t limit_;
  std::vector<Target> targets_;
  size_t held_ = 0;
  size_t waiting_ = 0;
};

}  // namespace engine
