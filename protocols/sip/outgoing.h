// Requests of ours to trunk peers: by datagram at once, or by the shard's one connection to the
// peer, TCP or TLS, which is made when there is something to send. What waits for it is bounded,
// and what it cannot carry ends like a request that nobody answered. When it is lost, what was not
// answered is sent again by a new one, once. A peer that is a name is looked up when it is needed
// (RFC 3263); of its servers the next one is taken where one cannot be reached, says 503, or, by
// datagram, nothing.
// One a shard; all calls on that shard. Limits in Trunk and ClientTransactions, each counted.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/seam/service.h"
#include "protocols/sip/header/writer.h"
#include "protocols/sip/peer.h"
#include "protocols/sip/transaction/client_transactions.h"
#include "protocols/sip/trunk.h"

namespace sip {

class Connection;
class Service;

class Outgoing final : private ClientUser {
 public:
  Outgoing(Service& service, const ClientTransactions::Limits& limits);
  ~Outgoing() override;

  // `how` without transport, sent_by and branch, which are filled in; `rest`: further fields, the
  // empty line, the body. `user`, who outlives it, hears what becomes of it, by `number`, which is
  // below kNumbers. False: no room; the user hears nothing.
  static constexpr uint64_t kNumbers = uint64_t{1} << 56;
  [[nodiscard]] bool send(const TrunkPeer& peer, Method method, const Request& how,
                          base::Bytes rest, ClientUser& user, uint64_t number, engine::Turn& turn);

  // The same by a flow that somebody has proved to be his (Received::source, of that shard).
  [[nodiscard]] bool send(const Flow& flow, engine::ShardId shard, Method method,
                          const Request& how, base::Bytes rest, ClientUser& user, uint64_t number,
                          engine::Turn& turn);

  // The ACK of a 2xx (§13.2.2.4), which is no transaction: lost, it is asked for by the 2xx again.
  void acknowledge(const TrunkPeer& peer, const Request& how, engine::Turn& turn);
  // Takes back an INVITE of the user's that rings; false: it does not.
  bool cancel(ClientUser& user, uint64_t number, engine::Turn& turn);

  // Service::options() has other peers. Requests to those that are gone end unanswered.
  void on_peers_changed(engine::Turn& turn);
  void on_located(const engine::NameQuestion& answer, engine::Turn& turn);

  // Would send() find room? For those who can wait, and would make it in vain.
  bool has_room(const TrunkPeer& peer);
  // False: the last that was tried has not reached it, or nobody knows it any more.
  bool reaches(uint64_t peer);

  // For the operator.
  template <class F>
  void for_each_trunk(F f) const {
    for (const auto& trunk : trunks_) f(static_cast<const Trunk&>(*trunk));
  }

  // Of a response to a request of this shard.
  void receive(const Message& response, const Essentials& essentials, engine::Turn& turn);

  std::unique_ptr<engine::Peer> on_connected(uint64_t token, const engine::Accepted& how,
                                             engine::Turn& turn);
  void on_connect_failed(uint64_t token, engine::Turn& turn);
  // The handshake of a connection of ours is done. Null: the certificate is not the peer's.
  const TrunkPeer* on_secured(const Connection& connection, const engine::TlsFacts& facts,
                              engine::Turn& turn);
  void on_sent(const Connection& connection, engine::Turn& turn);
  void on_closed(const Connection& connection, engine::Turn& turn);

 private:
  uint64_t ticket(ClientUser& user, uint64_t number);
  Trunk* find_peer(uint64_t peer);
  Trunk* find(const Connection& connection);
  Trunk* find(uint64_t token, Trunk::State state);
  void start(Trunk& trunk, engine::Turn& turn);
  void go_on(Trunk& trunk, engine::Turn& turn);
  void connect(Trunk& trunk, engine::Turn& turn);
  void on_target_failed(Trunk& trunk, engine::Turn& turn);
  void send_waiting(Trunk& trunk, engine::Turn& turn);
  void send_datagrams(Trunk& trunk, const Flow& flow, engine::Turn& turn);
  void count_sent(Trunk& trunk, engine::Turn& turn);
  bool datagram_flow(const Trunk& trunk, Flow& out) const;
  void drop(std::unique_ptr<Trunk> trunk, engine::Turn& turn);
  void on_ready(Trunk& trunk, engine::Turn& turn);
  void fail(Trunk& trunk, engine::Turn& turn);
  bool send_by(const Flow& flow, bool tls, Method method, const Request& how, base::Bytes rest,
               uint64_t ticket, engine::Turn& turn);
  void write(base::Bytes transport, bool tls, const Request& how, base::Bytes rest);
  void on_response(uint64_t ticket, const Message& response, const Essentials& essentials,
                   engine::Turn& turn) override;
  void on_no_response(uint64_t ticket, engine::Turn& turn) override;
  bool try_elsewhere(const Flow& flow, uint16_t status, engine::Turn& turn) override;

  Service& service_;
  std::vector<ClientUser*> users_;  // a few; a ticket begins with the place of one
  ClientTransactions client_;
  std::vector<std::unique_ptr<Trunk>> trunks_;  // a few; one a peer
  uint64_t last_token_ = 0;
  std::string text_;  // scratch
  std::string branch_;
};

}  // namespace sip
