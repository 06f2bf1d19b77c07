// Client transactions, INVITE and others (RFC 3261 §17.1, RFC 6026): requests of ours are sent
// again until something comes back, responses find their request by the token in the branch, and
// those that come again end here. Also sends the ACK of a final response other than 2xx.
// One table a shard; its effects go out there. At most `Limits`: beyond them reserve() refuses.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/hash.h"
#include "engine/seam/turn.h"
#include "protocols/sip/header/essentials.h"
#include "protocols/sip/transaction/timing.h"
#include "protocols/sip/transaction/token.h"
#include "protocols/sip/transport/flow.h"

namespace sip {

class ClientUser {
 public:
  virtual ~ClientUser() = default;
  // Every provisional response, the first final one, and every 2xx to an INVITE. `request` is what
  // the caller of send() gave.
  virtual void on_response(uint64_t request, const Message& response, const Essentials& essentials,
                           engine::Turn& turn) = 0;
  // As good as a 408 (§8.1.3.1): no final response within 32 s, or 192 s of an INVITE that rings.
  virtual void on_no_response(uint64_t request, engine::Turn& turn) = 0;
  // A request that went there was answered 503, or not at all (status 0); once for each. True: it
  // waits on, to be moved. By datagram, and without an answer, it ends whatever is returned.
  virtual bool try_elsewhere(const Flow& /*flow*/, uint16_t /*status*/, engine::Turn& /*turn*/) {
    return false;
  }
};

class ClientTransactions {
 public:
  struct Limits {
    uint32_t transactions = 20u << 10;
    uint64_t request_bytes = 30u << 20;
  };

  // `key` is the node's, so that any shard reads the branches of any other.
  ClientTransactions(ClientUser& user, const Limits& limits, const base::HashKey& key);
  ~ClientTransactions();
  ClientTransactions(const ClientTransactions&) = delete;
  ClientTransactions& operator=(const ClientTransactions&) = delete;

  // Takes a place and appends the branch that its request must have; send() with that place must
  // follow in the same turn. False: the table is full.
  [[nodiscard]] bool reserve(const engine::Turn& turn, Place& place, base::Sink& branch);
  void send(const Place& place, Method method, const Flow& flow, base::Bytes request,
            uint64_t user_data, engine::Turn& turn);

  // Takes back an INVITE that rings (§9.1). It ends with its final response as any other, 487 say,
  // or unanswered in 32 s. False: nothing has come back yet, or it is over.
  bool cancel(uint64_t user_data, engine::Turn& turn);

  // As send(), of a request that somebody else sends, by a connection of another shard.
  void expect(const Place& place, Method method, base::Bytes request, uint64_t user_data,
              engine::Turn& turn);
  // The connection has gone. Requests that wait for their answer by it stay until move() or
  // give_up(), or their time is over; but those that were moved to it end: what ends two
  // connections may be what does it. True: some stay.
  bool lose(engine::ConnectionId connection, engine::Turn& turn);
  // Sends them again as they were, in their old order, by another connection: who has had them
  // knows them by their branch.
  void move(engine::ConnectionId from, const Flow& to, engine::Turn& turn);
  void give_up(engine::ConnectionId connection, engine::Turn& turn);

  // True: it was for a request of ours and has been dealt with. False: for none that waits; the
  // response is to be dropped, and is counted.
  bool receive(const Message& response, const Essentials& essentials, engine::Turn& turn);

  uint32_t size() const { return static_cast<uint32_t>(slots_.size() - free_.size()); }
  uint64_t request_bytes() const { return request_bytes_; }

 private:
  enum class State : uint8_t { calling, proceeding, completed, accepted };
  struct Transaction {
    explicit Transaction(ClientTransactions& owner) : table(owner) {}
    void on_time(engine::Turn& turn) { table.on_time(*this, turn); }

    ClientTransactions& table;
    Flow flow;
    std::string request;  // while it may be sent again, or an ACK be made of it; then that ACK
    uint64_t user_data = 0;
    uint64_t order = 0;                              // of sending
    base::Instant ends{};                            // B, F, D, K or M
    base::Instant repeats = base::Instant::never();  // A or E
    base::Duration interval = kT1;
    uint32_t slot = 0;
    Method method = Method::unknown;
    State state = State::calling;
    bool moved = false;
    bool cancelled = false;  // `request` is the CANCEL
    engine::MemberTimer<Transaction, &Transaction::on_time> timer{*this};
    bool invite() const { return method == Method::invite; }
    bool waits() const { return state == State::calling || state == State::proceeding; }
  };
  struct Slot {
    std::unique_ptr<Transaction> transaction;
    uint16_t generation = 0;
  };

  std::vector<Transaction*> waiting_on(engine::ConnectionId connection);
  void end(const std::vector<Transaction*>& unanswered, engine::Turn& turn);
  Transaction* find(const Essentials& essentials, engine::ShardId shard);
  void provisional(Transaction& transaction, engine::Turn& turn);
  void acknowledge(Transaction& transaction, const Message& response, engine::Turn& turn);
  void complete(Transaction& transaction, State state, base::Duration life, engine::Turn& turn);
  void keep(Transaction& transaction, base::Bytes bytes);
  void arm(Transaction& transaction, engine::Turn& turn);
  void on_time(Transaction& transaction, engine::Turn& turn);
  void erase(Transaction& transaction);

  ClientUser& user_;
  Limits limits_;
  base::HashKey key_;
  uint64_t request_bytes_ = 0;
  uint64_t sent_ = 0;
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
};

}  // namespace sip
