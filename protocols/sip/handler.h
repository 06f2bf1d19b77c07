// Who answers the requests of one method: Service::handle() makes a Handler the one for its method.
// One a shard; all calls on that shard. A request may be answered at once or later, by whoever has
// kept its ReturnPath; one that never is leaves the transaction table by itself (192 s), counted.
// ACKs of 2xx come here as well, from anybody: they are answered by nobody.
#pragma once

#include "engine/seam/partition.h"
#include "engine/seam/turn.h"
#include "protocols/sip/header/essentials.h"
#include "protocols/sip/message/message.h"
#include "protocols/sip/peer.h"
#include "protocols/sip/transaction/server_transactions.h"

namespace sip {

// Names the transaction that an answer is for, on the shard that heard its request.
struct ReturnPath {
  TransactionId id;
  engine::ShardId shard = 0;
};

// A request that is new, well-formed, of a method that is handled, from somebody who may ask, and
// demands no extension that is not there. Views, valid during the call.
struct Received {
  const Message& message;
  const Essentials& essentials;
  ReturnPath back;
  Flow source;  // on the shard of `back`
  // Who has sent it: this account of ours, a bare JID, which is also who From names; or "", a trunk
  // peer: for whom that may speak is the handler's to ask (trusted_for()).
  base::Bytes account;
};

// Whoever remembers the flows of those who have proved who they are.
class FlowUser {
 public:
  virtual ~FlowUser() = default;
  // This connection of `shard` is gone. Called on every shard.
  virtual void on_flow_closed(const Flow& flow, engine::ShardId shard, engine::Turn& turn) = 0;
};

class Handler {
 public:
  virtual ~Handler() = default;
  // The node and shard whose Handler shall get it: who owns what the request is about. Asked on the
  // shard that heard it, also for requests that come again, and before there is a transaction.
  virtual engine::Owner owner_of(const Received& request, engine::Turn& turn) = 0;
  virtual void on_request(const Received& request, engine::Turn& turn) = 0;
};

}  // namespace sip
