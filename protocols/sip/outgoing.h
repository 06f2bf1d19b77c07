// Requests of ours to trunk peers: by datagram at once, or by the shard's one connection to the
// peer, which is made when there is something to send. What waits for it is bounded, and what it
// cannot carry ends like a request that nobody answered.
// One a shard; all calls on that shard. Limits below and in ClientTransactions, each counted.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/seam/service.h"
#include "protocols/sip/header/writer.h"
#include "protocols/sip/peer.h"
#include "protocols/sip/transaction/client_transactions.h"

namespace sip {

class Connection;
class Service;

class Outgoing final : private ClientUser {
 public:
  static constexpr size_t kWaitingBytesMax = 1 << 20;  // for the connection to one peer

  // `user` hears of what becomes of each request, by the number that send() was given.
  Outgoing(Service& service, const ClientTransactions::Limits& limits);
  ~Outgoing() override;

  void set_user(ClientUser& user) { user_ = &user; }

  // `how` without transport, sent_by and branch, which are filled in; `rest`: further fields, the
  // empty line, the body. False: no room; the user hears nothing.
  [[nodiscard]] bool send(const TrunkPeer& peer, Method method, const Request& how,
                          base::Bytes rest, uint64_t number, engine::Turn& turn);

  // Of a response to a request of this shard.
  void receive(const Message& response, const Essentials& essentials, engine::Turn& turn);

  std::unique_ptr<engine::Peer> on_connected(uint64_t token, const engine::Accepted& how,
                                             engine::Turn& turn);
  void on_connect_failed(uint64_t token, engine::Turn& turn);
  void on_closed(const Connection& connection);

 private:
  // A request before it has a branch.
  struct Waiting {
    Method method;
    Request how;  // its views are of `text`
    std::string text;
    base::Bytes rest;
    uint64_t number;
  };
  struct Trunk {
    Connection* connection = nullptr;
    Flow flow;
    bool connecting = false;
    bool unreachable = false;  // the operator has been told
    std::vector<std::unique_ptr<Waiting>> waiting;
    size_t waiting_bytes = 0;
  };

  bool send_by(const Flow& flow, Method method, const Request& how, base::Bytes rest,
               uint64_t number, engine::Turn& turn);
  bool wait(Trunk& trunk, Method method, const Request& how, base::Bytes rest, uint64_t number);
  void on_response(uint64_t number, const Message& response, const Essentials& essentials,
                   engine::Turn& turn) override;
  void on_no_response(uint64_t number, engine::Turn& turn) override;

  Service& service_;
  ClientUser* user_ = nullptr;
  ClientTransactions client_;
  std::vector<Trunk> trunks_;  // as Options::peers
  std::string text_;           // scratch
  std::string branch_;
};

}  // namespace sip
