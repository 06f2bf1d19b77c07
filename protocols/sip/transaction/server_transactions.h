// Server transactions, INVITE and others (RFC 3261 §17.2, RFC 6026): requests that come again are
// answered here with what they were answered with, and never wake whoever answers.
// One table a shard, on the shard that heard the request; so are its effects. At most `Limits`:
// beyond them the oldest answers are forgotten before Timer J, but not before T2, by which whoever
// has missed his has asked again; then a request is refused (503 with Retry-After, sent without a
// transaction).
// Keys are hashes under a random key of the table's own: nobody can aim at somebody else's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/base/hash.h"
#include "engine/base/intrusive_list.h"
#include "engine/base/packed_string.h"
#include "engine/seam/turn.h"
#include "protocols/sip/flat_table.h"
#include "protocols/sip/header/essentials.h"
#include "protocols/sip/transaction/timing.h"
#include "protocols/sip/transport/flow.h"

namespace sip {

// Names a transaction on its shard, also in mail.
struct TransactionId {
  uint64_t first = 0;
  uint64_t second = 0;
  friend bool operator==(const TransactionId&, const TransactionId&) = default;
};
inline uint64_t key_of(const TransactionId& id) { return id.first; }

// Hears what no answer can tell.
class ServerUser {
 public:
  virtual ~ServerUser() = default;
  // No ACK came to our final response to an INVITE (Timer H), or none to a 2xx in RFC 6026's time
  // (Timer L), which is `accepted`.
  virtual void on_server_timeout(const TransactionId& id, bool accepted, engine::Turn& turn) = 0;
  // Sends by a connection of another shard (ServerTransactions::receive(), resent_by).
  virtual void send_elsewhere(const Flow& flow, engine::ShardId shard, base::Bytes bytes,
                              engine::Turn& turn) = 0;
};

class ServerTransactions {
 public:
  struct Limits {
    uint32_t transactions = 128u << 10;  // Timer J keeps 32 s of them over UDP
    uint64_t response_bytes = 48u << 20;
  };

  ServerTransactions(ServerUser& user, const Limits& limits, base::Random& random);
  ~ServerTransactions();
  ServerTransactions(const ServerTransactions&) = delete;
  ServerTransactions& operator=(const ServerTransactions&) = delete;

  enum class Arrival : uint8_t {
    fresh,         // a new transaction: respond() to it, once or more
    absorbed,      // has been dealt with
    acknowledged,  // an ACK of a 2xx, or of nothing known: no transaction, for its dialog
    full,          // refuse it
  };
  // `resent_by`: the sender, when his connection is lost, sends it again by another
  // (ClientTransactions::move()), now by one of this shard. Its answer is kept as if it had come by
  // datagram, and goes where it was asked for last. Not of INVITE.
  Arrival receive(const Message& request, const Essentials& essentials, const Flow& source,
                  engine::Turn& turn, TransactionId& id,
                  std::optional<engine::ShardId> resent_by = {});

  // A request that has been received before comes again, and is dealt with: true. Leaves nothing
  // behind of one that has not.
  bool absorbs(const Message& request, const Essentials& essentials, engine::Turn& turn);

  // The INVITE that a CANCEL means (§9.2); false: there is none, answer 481.
  bool find_cancelled(const Message& cancel, const Essentials& essentials, TransactionId& invite);

  // Sends `response`, whole and written for it, and remembers it where it may be asked for again.
  // A final response is followed by another only where the first was 2xx to an INVITE, which its
  // sender repeats itself (§13.3.1.4). False: the transaction has gone, nothing was sent.
  bool respond(const TransactionId& id, uint16_t status, base::Bytes response, engine::Turn& turn);

  uint32_t size() const { return static_cast<uint32_t>(table_.size()); }
  uint64_t response_bytes() const { return response_bytes_; }

 private:
  enum class State : uint8_t { proceeding, completed, confirmed, accepted };
  struct Transaction : base::ListNode<> {
    Transaction(ServerTransactions& owner, const TransactionId& name, const Flow& way,
                bool is_invite)
        : table(owner), id(name), back(way), invite(is_invite) {}
    void on_time(engine::Turn& turn) { table.on_time(*this, turn); }

    ServerTransactions& table;
    TransactionId id;
    Flow back;
    base::PackedString response;                     // the last one, while it may be sent again
    base::Instant ends{};                            // H, I, J or L
    base::Instant repeats = base::Instant::never();  // G
    base::Duration interval = kT1;
    State state = State::proceeding;
    bool invite;
    std::optional<engine::ShardId> resent_by;  // see receive()
    // Streams repeat nothing, but for those who change them.
    bool reliable() const { return back.reliable() && !resent_by; }
    engine::MemberTimer<Transaction, &Transaction::on_time> timer{*this};
  };
  static_assert(sizeof(Transaction) <= 192, "with two to four slots of the table: 256");

  TransactionId id_of(const Message& request, const Essentials& essentials, base::Bytes method);
  uint64_t hash(base::HashKey key) const { return base::siphash13(key, scratch_); }
  Arrival repeat(Transaction& transaction, bool is_ack, engine::Turn& turn);
  bool full() const;
  bool make_room(base::Instant now);
  void finish(Transaction& transaction, uint16_t status, engine::Turn& turn);
  void transmit(const Transaction& transaction, base::Bytes response, engine::Turn& turn);
  void keep(Transaction& transaction, base::Bytes response);
  void wait(Transaction& transaction, base::Duration life, engine::Turn& turn);
  void on_time(Transaction& transaction, engine::Turn& turn);
  void erase(Transaction& transaction);

  ServerUser& user_;
  Limits limits_;
  base::HashKey keys_[2];
  std::string scratch_;
  uint64_t response_bytes_ = 0;
  base::IntrusiveList<Transaction> answered_;  // not of INVITE; those that wait longest first
  FlatTable<Transaction, KeyedSlot<Transaction>> table_;
};

}  // namespace sip
