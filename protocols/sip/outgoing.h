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

  Outgoing(Service& service, const ClientTransactions::Limits& limits);
  ~Outgoing() override;

  // `how` without transport, sent_by and branch, which are filled in; `rest`: further fields, the
  // empty line, the body. `user`, who outlives it, hears what becomes of it, by `number`, which is
  // below kNumbers. False: no room; the user hears nothing.
  static constexpr uint64_t kNumbers = uint64_t{1} << 56;
  [[nodiscard]] bool send(const TrunkPeer& peer, Method method, const Request& how,
                          base::Bytes rest, ClientUser& user, uint64_t number, engine::Turn& turn);

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
    uint64_t ticket;
  };
  struct Trunk {
    Connection* connection = nullptr;
    Flow flow;
    bool connecting = false;
    bool unreachable = false;  // the operator has been told
    std::vector<std::unique_ptr<Waiting>> waiting;
    size_t waiting_bytes = 0;
  };

  uint64_t ticket(ClientUser& user, uint64_t number);
  bool send_by(const Flow& flow, Method method, const Request& how, base::Bytes rest,
               uint64_t ticket, engine::Turn& turn);
  bool wait(Trunk& trunk, Method method, const Request& how, base::Bytes rest, uint64_t ticket);
  void on_response(uint64_t ticket, const Message& response, const Essentials& essentials,
                   engine::Turn& turn) override;
  void on_no_response(uint64_t ticket, engine::Turn& turn) override;

  Service& service_;
  std::vector<ClientUser*> users_;  // a few; a ticket begins with the place of one
  ClientTransactions client_;
  std::vector<Trunk> trunks_;  // as Options::peers
  std::string text_;           // scratch
  std::string branch_;
};

}  // namespace sip
