// How a client of one of our own users is reached, who subscribes by digest: by the flow that it
// has asked from, which it has proved to be its own, and by no other, as RFC 5626 has it. What the
// journal keeps of that is the source of datagrams; a connection does not outlive the node, so the
// subscription waits for the client's next SUBSCRIBE.
// Plain values and pure functions; any shard.
#pragma once

#include "engine/base/bytes.h"
#include "engine/seam/ids.h"
#include "protocols/sip/options.h"
#include "protocols/sip/transport/flow.h"

namespace sip {

struct ClientWay {
  Flow flow;
  engine::ShardId shard = 0;  // the flow's

  bool lost() const { return !flow.reliable() && !flow.remote; }
};

// Never empty.
void pack(const ClientWay& way, base::Sink& out);
// … after a restart. False: no such text. `way` is lost() where it was a connection, or where
// nothing listens for datagrams any more.
[[nodiscard]] bool unpack(base::Bytes in, const Options& options, engine::ShardId shard,
                          ClientWay& way);

// "<sip:…>": where it sends requests in a dialog with us.
void append_contact(const ClientWay& way, const Options& options, base::Sink& out);

}  // namespace sip
