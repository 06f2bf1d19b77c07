// Mail between shards (and, through a gateway, nodes): one contiguous block, written once by the
// sender, read once by the receiver, then freed. The engine routes it by `to` and knows nothing
// of what is inside; `kind` and the payload's layout belong to the protocol that wrote it.
// Owned by whoever holds the EnvelopePtr; crosses threads only through a mailbox.
#pragma once

#include <cstdint>
#include <memory>

#include "engine/base/bytes.h"
#include "engine/seam/ids.h"

namespace engine {

// What happens when the mailbox to that shard is full (DESIGN 3).
enum class OverflowPolicy : uint8_t {
  hold,      // messages: kept in order by the sender's shard, whose sockets stop reading
  coalesce,  // presence: a newer envelope with the same `key` replaces the waiting one
  refuse,    // IQs: handed back to Service::on_refused, which answers resource-constraint
};

struct Envelope {
  ShardId from = 0;
  ShardId to = 0;
  uint8_t kind = 0;
  OverflowPolicy overflow = OverflowPolicy::hold;
  uint32_t size = 0;   // bytes of payload
  uint64_t key = 0;    // coalescing key; 0 is never coalesced

  char* data() { return reinterpret_cast<char*>(this + 1); }
  base::Bytes payload() const { return {reinterpret_cast<const char*>(this + 1), size}; }
};

struct EnvelopeDelete {
  void operator()(Envelope* envelope) const;
};
using EnvelopePtr = std::unique_ptr<Envelope, EnvelopeDelete>;

EnvelopePtr make_envelope(uint32_t payload_size);

}  // namespace engine
