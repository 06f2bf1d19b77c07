// Requests of peers for users of other nodes, on their way there and back: passed on with a Via of
// ours and one hop less (RFC 3261 §16.6), answered with what their host node answers (§16.7), by
// the transaction that heard them. The way to a node is that to any peer (outgoing.h); what does
// not reach it is answered 503, what it does not answer 504, as a 408 would be wrong for all but
// INVITE (RFC 4320 §4.2), which is never passed on.
// When the connection to a node is lost, what it has not answered is sent again by a new one, and
// answered there as it was before, if it was.
// One a shard; all calls on that shard. Limits: kWaitingBytesMax; then 503.
#pragma once

#include <unordered_map>

#include "protocols/sip/held_request.h"
#include "protocols/sip/transaction/client_transactions.h"

namespace sip {

class Service;

class Forwarder final : private ClientUser {
 public:
  static constexpr size_t kWaitingBytesMax = 2 << 20;  // of what waits for its answer

  explicit Forwarder(Service& service) : service_(service) {}

  // A request that has a transaction, and may take another hop.
  void pass_on(const Received& request, engine::NodeId node, engine::Turn& turn);

  size_t waiting() const { return waiting_.size(); }

 private:
  static constexpr size_t kOverhead = 256;  // of one
  struct Waiting {
    HeldRequest request;
    uint64_t peer;  // TrunkPeer::id of the node

    size_t bytes() const { return request.bytes() + kOverhead; }
  };

  bool send(const Received& request, const TrunkPeer& host, uint64_t number, engine::Turn& turn);
  void fail(const Received& request, uint16_t status, engine::Turn& turn);
  void end(uint64_t number);
  void on_response(uint64_t number, const Message& response, const Essentials& essentials,
                   engine::Turn& turn) override;
  void on_no_response(uint64_t number, engine::Turn& turn) override;

  Service& service_;
  std::unordered_map<uint64_t, Waiting> waiting_;
  size_t waiting_bytes_ = 0;
  uint64_t last_number_ = 0;
};

}  // namespace sip
