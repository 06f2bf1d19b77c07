#include "protocols/sip/transaction/server_transactions.h"

#include <algorithm>
#include <memory>

#include "engine/base/check.h"
#include "engine/base/plant.h"
#include "engine/trace/counters.h"
#include "protocols/sip/header/writer.h"

namespace sip {
namespace {

using trace::Counter;

void append_part(base::Bytes part, base::Sink& out) {
  out.append(part);
  out.push_back('\n');  // which no part contains
}

}  // namespace

ServerTransactions::ServerTransactions(ServerUser& user, const Limits& limits, base::Random& random)
    : user_(user), limits_(limits) {
  for (base::HashKey& key : keys_) key = {random.next(), random.next()};
}

ServerTransactions::~ServerTransactions() {
  trace::gauge_add(trace::Gauge::sip_server_transactions, -int64_t{size()});
}

// §17.2.3: branch, sent-by and method; for peers of RFC 2543, what their requests repeat.
TransactionId ServerTransactions::id_of(const Message& request, const Essentials& essentials,
                                        base::Bytes method) {
  scratch_.clear();
  append_part(method, scratch_);
  const Via& via = essentials.via;
  for (const char c : via.host) scratch_.push_back(lower(c));
  append_part("", scratch_);
  scratch_.append(std::to_string(via.port));
  append_part("", scratch_);
  append_part(via.branch, scratch_);
  if (!via.has_modern_branch()) {
    append_part(request.request_uri(), scratch_);
    append_part(essentials.from.tag, scratch_);
    append_part(essentials.call_id, scratch_);
    scratch_.append(std::to_string(essentials.cseq.number));
    // An ACK has the To tag of our response, which its INVITE had not.
    if (method != "INVITE") append_part(essentials.to.tag, scratch_);
  }
  return {hash(keys_[0]), hash(keys_[1])};
}

ServerTransactions::Arrival ServerTransactions::receive(const Message& request,
                                                        const Essentials& essentials,
                                                        const Flow& source, engine::Turn& turn,
                                                        TransactionId& id,
                                                        std::optional<engine::ShardId> resent_by) {
  CHECK(request.is_request() && !(resent_by && request.method() == Method::invite));
  const bool is_ack = request.method() == Method::ack;
  id = id_of(request, essentials, is_ack ? "INVITE" : request.method_name());
  Transaction* const found = table_.find(id);
  if (found != nullptr && found->resent_by && resent_by) {
    found->back = response_flow(essentials.via, source);
    found->resent_by = resent_by;
  }
  if (found != nullptr) return repeat(*found, is_ack, turn);
  if (is_ack) return Arrival::acknowledged;
  if (!make_room(turn.now)) {
    trace::count(Counter::sip_server_transaction_limit_hit);
    return Arrival::full;
  }
  const bool invite = request.method() == Method::invite;
  const Flow back = response_flow(essentials.via, source);
  Transaction& made = table_.insert(std::make_unique<Transaction>(*this, id, back, invite));
  made.resent_by = resent_by;
  trace::gauge_add(trace::Gauge::sip_server_transactions, 1);
  // Whoever never answers is our fault; a peer must not fill the table with it.
  wait(made, kUnansweredLife, turn);
  if (!invite) return Arrival::fresh;
  // §17.2.1: within 200 ms, which is sooner than the wheel turns.
  std::string trying;
  Response how;
  how.status = 100;
  how.source = source.remote;
  Writer writer(trying);
  writer.begin_response(request, how);
  writer.end();
  keep(made, trying);
  send(back, trying, turn.out);
  return Arrival::fresh;
}

bool ServerTransactions::absorbs(const Message& request, const Essentials& essentials,
                                 engine::Turn& turn) {
  CHECK(request.is_request() && request.method() != Method::ack);
  Transaction* const found = table_.find(id_of(request, essentials, request.method_name()));
  if (found == nullptr) return false;
  repeat(*found, false, turn);
  return true;
}

bool ServerTransactions::full() const {
  return table_.size() >= limits_.transactions || response_bytes_ >= limits_.response_bytes;
}

bool ServerTransactions::make_room(base::Instant now) {
  while (full()) {
    Transaction* const oldest = answered_.front();
    if (oldest == nullptr || now + kTransactionLife < oldest->ends + kT2) return false;
    trace::count(Counter::sip_answers_forgotten);
    erase(*oldest);
  }
  return true;
}

bool ServerTransactions::find_cancelled(const Message& cancel, const Essentials& essentials,
                                        TransactionId& invite) {
  CHECK(cancel.method() == Method::cancel);
  invite = id_of(cancel, essentials, "INVITE");
  return table_.find(invite) != nullptr;
}

ServerTransactions::Arrival ServerTransactions::repeat(Transaction& transaction, bool is_ack,
                                                       engine::Turn& turn) {
  if (is_ack) {
    if (transaction.state == State::accepted) return Arrival::acknowledged;
    if (transaction.state != State::completed) return Arrival::absorbed;
    // §17.2.1: nothing is repeated any more; later ACKs are absorbed for T4.
    transaction.state = State::confirmed;
    transaction.repeats = base::Instant::never();
    keep(transaction, {});
    if (transaction.reliable()) {
      erase(transaction);
    } else {
      wait(transaction, kT4, turn);
    }
    return Arrival::absorbed;
  }
  trace::count(Counter::sip_retransmissions_absorbed);
  if (!transaction.response.empty()) transmit(transaction, transaction.response.view(), turn);
  return Arrival::absorbed;
}

bool ServerTransactions::respond(const TransactionId& id, uint16_t status, base::Bytes response,
                                 engine::Turn& turn) {
  CHECK(status >= 100 && status <= 699);
  Transaction* const found = table_.find(id);
  if (found == nullptr) return false;
  Transaction& transaction = *found;
  const bool again = transaction.state == State::accepted && status >= 200 && status < 300;
  if (transaction.state != State::proceeding && !again) return false;
  transmit(transaction, response, turn);
  if (again) return true;
  if (status < 200) {
    keep(transaction, response);
    wait(transaction, kUnansweredLife, turn);
    return true;
  }
  const bool accepted = transaction.invite && status < 300;
  // Of a 2xx to an INVITE only its sender repeats (RFC 6026 §7.1).
  const bool repeatable = !accepted && (transaction.invite || !transaction.reliable());
  keep(transaction, repeatable ? response : base::Bytes());
  finish(transaction, status, turn);
  return true;
}

void ServerTransactions::finish(Transaction& transaction, uint16_t status, engine::Turn& turn) {
  const bool reliable = transaction.reliable();
  if (!transaction.invite) {
    transaction.state = State::completed;
    const bool forget = base::plant == base::Plant::sip_answer_forgotten;
    if (reliable || forget) return erase(transaction);  // Timer J is zero
    answered_.push_back(transaction);
    return wait(transaction, kTransactionLife, turn);
  }
  transaction.state = status < 300 ? State::accepted : State::completed;
  if (transaction.state == State::completed && !reliable) {
    transaction.interval = kT1;
    transaction.repeats = turn.now + kT1;
  }
  wait(transaction, kTransactionLife, turn);
}

void ServerTransactions::transmit(const Transaction& transaction, base::Bytes response,
                                  engine::Turn& turn) {
  const engine::ShardId shard = transaction.resent_by.value_or(turn.shard);
  if (shard == turn.shard) return send(transaction.back, response, turn.out);
  user_.send_elsewhere(transaction.back, shard, response, turn);
}

void ServerTransactions::keep(Transaction& transaction, base::Bytes response) {
  CHECK(response_bytes_ >= transaction.response.view().size());
  response_bytes_ += response.size();
  response_bytes_ -= transaction.response.view().size();
  transaction.response = base::PackedString(response);
}

void ServerTransactions::wait(Transaction& transaction, base::Duration life, engine::Turn& turn) {
  transaction.ends = turn.now + life;
  turn.timers.arm(transaction.timer, std::min(transaction.ends, transaction.repeats));
}

void ServerTransactions::on_time(Transaction& transaction, engine::Turn& turn) {
  if (turn.now >= transaction.ends) {
    const bool unanswered = transaction.state == State::proceeding;
    const bool waited = transaction.invite && (transaction.state == State::completed ||
                                               transaction.state == State::accepted);
    const bool accepted = transaction.state == State::accepted;
    const TransactionId id = transaction.id;
    erase(transaction);
    if (unanswered) trace::count(Counter::sip_requests_unanswered);
    if (waited) user_.on_server_timeout(id, accepted, turn);
    return;
  }
  if (turn.now >= transaction.repeats) {
    CHECK(transaction.state == State::completed && !transaction.response.empty());
    send(transaction.back, transaction.response.view(), turn.out);
    trace::count(Counter::sip_retransmissions_sent);
    transaction.interval = next_interval(transaction.interval);
    transaction.repeats = turn.now + transaction.interval;
  }
  turn.timers.arm(transaction.timer, std::min(transaction.ends, transaction.repeats));
}

void ServerTransactions::erase(Transaction& transaction) {
  keep(transaction, {});
  table_.erase(transaction.id);
  trace::gauge_add(trace::Gauge::sip_server_transactions, -1);
}

}  // namespace sip
