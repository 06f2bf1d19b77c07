// Who decides whether a request of somebody who is no trunk peer is let in: Service::set_gate()
// makes a Gate the one. It is asked before there is a transaction, so strangers leave nothing here.
// One a shard; all calls on that shard.
#pragma once

#include "engine/seam/partition.h"
#include "engine/seam/turn.h"
#include "protocols/sip/header/essentials.h"
#include "protocols/sip/header/writer.h"
#include "protocols/sip/message/message.h"
#include "protocols/sip/transport/flow.h"

namespace sip {

// A request that is not known yet, well-formed and of a method that is handled. Views, valid during
// the call; whoever decides later keeps a copy.
struct Claim {
  const Message& message;
  const Essentials& essentials;
  Flow source;
  engine::ShardId shard = 0;  // that heard it
};

struct Verdict {
  uint16_t status = 0;  // 0: let in
  bool stale = false;   // of 401: only the nonce was too old
  base::Bytes account;  // who has sent it, where it is let in; a bare JID
};

class Gate {
 public:
  virtual ~Gate() = default;
  // On the shard that heard it. True: the Gate of `owner` can tell, which may be of another node.
  // False: `verdict` is told here.
  virtual bool screen(const Claim& claim, engine::Owner& owner, Verdict& verdict,
                      engine::Turn& turn) = 0;
  // On the owner's shard: calls Service::decide(), at once or later; or not at all, for what has
  // been let in before and comes again.
  virtual void check(const Claim& claim, engine::Turn& turn) = 0;
  // The challenges of a 401, on the shard that heard the request.
  virtual void challenge(const Claim& claim, bool stale, Writer& writer, engine::Turn& turn) = 0;
};

}  // namespace sip
