#include "protocols/sip/transaction/client_transactions.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "protocols/sip/header/writer.h"

namespace sip {

using trace::Counter;

static constexpr engine::ConnectionId kElsewhere{UINT32_MAX - 1, 0};  // of no slot there is

ClientTransactions::ClientTransactions(ClientUser& user, const Limits& limits,
                                       const base::HashKey& key)
    : user_(user), limits_(limits), key_(key) {
  CHECK(limits.transactions <= kSlotsMax);
}

ClientTransactions::~ClientTransactions() {
  trace::gauge_add(trace::Gauge::sip_client_transactions, -int64_t{size()});
}

bool ClientTransactions::reserve(const engine::Turn& turn, Place& place, base::Sink& branch) {
  if (size() >= limits_.transactions || request_bytes_ >= limits_.request_bytes) {
    trace::count(Counter::sip_client_transaction_limit_hit);
    return false;
  }
  if (free_.empty()) {
    free_.push_back(static_cast<uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const uint32_t slot = free_.back();
  free_.pop_back();
  CHECK(slots_[slot].transaction == nullptr);
  slots_[slot].transaction = std::make_unique<Transaction>(*this);
  slots_[slot].transaction->slot = slot;
  place = {turn.shard, slot, slots_[slot].generation};
  branch.append(kBranchCookie);
  append_token(key_, TokenUse::branch, place, branch);
  trace::gauge_add(trace::Gauge::sip_client_transactions, 1);
  return true;
}

void ClientTransactions::send(const Place& place, Method method, const Flow& flow,
                              base::Bytes request, uint64_t user_data, engine::Turn& turn) {
  CHECK(place.slot < slots_.size() && slots_[place.slot].transaction != nullptr);
  CHECK(slots_[place.slot].generation == place.generation);
  CHECK(method != Method::ack);  // nothing answers it
  Transaction& transaction = *slots_[place.slot].transaction;
  transaction.method = method;
  transaction.flow = flow;
  transaction.user_data = user_data;
  transaction.order = ++sent_;
  transaction.ends = turn.now + kTransactionLife;
  if (!flow.reliable()) transaction.repeats = turn.now + kT1;
  keep(transaction, request);
  sip::send(flow, request, turn.out);
  arm(transaction, turn);
}

void ClientTransactions::expect(const Place& place, Method method, base::Bytes request,
                                uint64_t user_data, engine::Turn& turn) {
  CHECK(place.slot < slots_.size() && slots_[place.slot].transaction != nullptr);
  CHECK(method != Method::ack && method != Method::invite);  // which would send by the flow
  Transaction& transaction = *slots_[place.slot].transaction;
  transaction.method = method;
  transaction.flow.connection = kElsewhere;  // reliable, and none of this shard's
  transaction.user_data = user_data;
  transaction.order = ++sent_;
  transaction.ends = turn.now + kTransactionLife;
  keep(transaction, request);
  arm(transaction, turn);
}

// §17.1.3: the branch is ours, and the CSeq names the method that was sent with it.
ClientTransactions::Transaction* ClientTransactions::find(const Essentials& essentials,
                                                          engine::ShardId shard) {
  if (!essentials.via.has_modern_branch()) return nullptr;
  Place place;
  const base::Bytes token = essentials.via.branch.substr(kBranchCookie.size());
  if (!read_token(key_, TokenUse::branch, token, place) || place.shard != shard) return nullptr;
  if (place.slot >= slots_.size() || slots_[place.slot].generation != place.generation) {
    return nullptr;
  }
  Transaction* const transaction = slots_[place.slot].transaction.get();
  if (transaction == nullptr) return nullptr;
  const Method method = essentials.cseq.method;
  const bool of_cancel = transaction->cancelled && method == Method::cancel;
  return transaction->method == method || of_cancel ? transaction : nullptr;
}

bool ClientTransactions::receive(const Message& response, const Essentials& essentials,
                                 engine::Turn& turn) {
  CHECK(!response.is_request());
  Transaction* const transaction = find(essentials, turn.shard);
  if (transaction == nullptr) {
    trace::count(Counter::sip_responses_unmatched);
    return false;
  }
  const uint16_t status = response.status();
  if (essentials.cseq.method == Method::cancel) {  // says that it has come, nothing of the INVITE
    transaction->repeats = base::Instant::never();
    arm(*transaction, turn);
    return true;
  }
  const bool waits = transaction->waits();
  const bool success = status >= 200 && status < 300;
  const bool again = !waits && !(transaction->state == State::accepted && success);
  if (again) {
    trace::count(Counter::sip_retransmissions_absorbed);
    // §17.1.1.2: each final response of those is acknowledged, none is told twice.
    const bool acknowledge = transaction->invite() && transaction->state == State::completed &&
                             status >= 300 && !transaction->request.empty();
    if (acknowledge) sip::send(transaction->flow, transaction->request, turn.out);
    return true;
  }
  const uint64_t user_data = transaction->user_data;
  if (waits && status == 503 && !transaction->invite() && !transaction->moved &&
      user_.try_elsewhere(transaction->flow, status, turn)) {
    return true;
  }
  if (status < 200) {
    provisional(*transaction, turn);
  } else if (!transaction->invite()) {
    erase(*transaction);  // Timer K is zero: late copies name a branch that is nobody's any more
  } else if (success) {
    if (waits) complete(*transaction, State::accepted, kTransactionLife, turn);
  } else {
    acknowledge(*transaction, response, turn);
  }
  user_.on_response(user_data, response, essentials, turn);
  return true;
}

void ClientTransactions::provisional(Transaction& transaction, engine::Turn& turn) {
  if (transaction.invite()) {
    if (transaction.cancelled) return;
    // §17.1.1.2: it rings; nothing is repeated any more.
    transaction.repeats = base::Instant::never();
    transaction.ends = turn.now + kUnansweredLife;
  } else if (!transaction.flow.reliable()) {
    transaction.interval = kT2;  // §17.1.2.2
  }
  transaction.state = State::proceeding;
  arm(transaction, turn);
}

bool ClientTransactions::cancel(uint64_t user_data, engine::Turn& turn) {
  for (const Slot& slot : slots_) {
    Transaction* const one = slot.transaction.get();
    if (one == nullptr || one->user_data != user_data || !one->invite()) continue;
    if (one->state != State::proceeding || one->cancelled) continue;
    Message invite;
    const bool indexed = invite.index_datagram(one->request);
    CHECK(indexed);
    std::string cancel;
    Writer writer(cancel);
    writer.begin_for(invite, Method::cancel, {});
    writer.end();
    sip::send(one->flow, cancel, turn.out);
    // An ACK is made of it as well as of the INVITE.
    keep(*one, cancel);
    one->cancelled = true;
    one->ends = turn.now + kTransactionLife;
    one->interval = kT1;
    if (!one->flow.reliable()) one->repeats = turn.now + kT1;
    arm(*one, turn);
    return true;
  }
  return false;
}

void ClientTransactions::acknowledge(Transaction& transaction, const Message& response,
                                     engine::Turn& turn) {
  Message request;
  const bool indexed = request.index_datagram(transaction.request);
  CHECK(indexed);
  std::string ack;
  Writer writer(ack);
  writer.begin_for(request, Method::ack, response.value(HeaderId::to));
  writer.end();
  sip::send(transaction.flow, ack, turn.out);
  keep(transaction, ack);
  complete(transaction, State::completed, kTransactionLife, turn);
}

// Of an INVITE. On a stream timer D is zero; RFC 6026's M is not.
void ClientTransactions::complete(Transaction& transaction, State state, base::Duration life,
                                  engine::Turn& turn) {
  if (transaction.flow.reliable() && state == State::completed) return erase(transaction);
  transaction.state = state;
  transaction.repeats = base::Instant::never();
  transaction.ends = turn.now + life;
  if (state == State::accepted) keep(transaction, {});
  arm(transaction, turn);
}

void ClientTransactions::keep(Transaction& transaction, base::Bytes bytes) {
  CHECK(request_bytes_ >= transaction.request.size());
  request_bytes_ += bytes.size();
  request_bytes_ -= transaction.request.size();
  std::string(bytes).swap(transaction.request);
}

void ClientTransactions::arm(Transaction& transaction, engine::Turn& turn) {
  turn.timers.arm(transaction.timer, std::min(transaction.ends, transaction.repeats));
}

void ClientTransactions::on_time(Transaction& transaction, engine::Turn& turn) {
  if (turn.now >= transaction.ends) {
    const bool waits = transaction.waits();
    const uint64_t user_data = transaction.user_data;
    const Flow flow = transaction.flow;
    erase(transaction);
    if (!waits) return;
    trace::count(Counter::sip_transactions_timed_out);
    user_.try_elsewhere(flow, 0, turn);
    return user_.on_no_response(user_data, turn);
  }
  if (turn.now >= transaction.repeats) {
    sip::send(transaction.flow, transaction.request, turn.out);
    trace::count(Counter::sip_retransmissions_sent);
    // §17.1.1.2: of an INVITE the interval doubles without bound.
    const bool invite = transaction.invite();
    transaction.interval = invite ? transaction.interval * 2 : next_interval(transaction.interval);
    transaction.repeats = turn.now + transaction.interval;
  }
  arm(transaction, turn);
}

std::vector<ClientTransactions::Transaction*> ClientTransactions::waiting_on(
    engine::ConnectionId connection) {
  CHECK(connection);
  std::vector<Transaction*> found;
  for (const Slot& slot : slots_) {
    Transaction* const one = slot.transaction.get();
    if (one != nullptr && one->waits() && one->flow.connection == connection) found.push_back(one);
  }
  std::sort(found.begin(), found.end(),
            [](const Transaction* a, const Transaction* b) { return a->order < b->order; });
  return found;
}

bool ClientTransactions::lose(engine::ConnectionId connection, engine::Turn& turn) {
  std::vector<Transaction*> found = waiting_on(connection);
  const auto moved = std::stable_partition(found.begin(), found.end(),
                                           [](const Transaction* one) { return !one->moved; });
  const bool some_stay = moved != found.begin();
  end({moved, found.end()}, turn);
  return some_stay;
}

void ClientTransactions::move(engine::ConnectionId from, const Flow& to, engine::Turn& turn) {
  CHECK(to.reliable());
  for (Transaction* const one : waiting_on(from)) {
    one->flow = to;
    one->moved = true;
    sip::send(to, one->request, turn.out);
    trace::count(Counter::sip_requests_moved);
  }
}

void ClientTransactions::give_up(engine::ConnectionId connection, engine::Turn& turn) {
  end(waiting_on(connection), turn);
}

// Whoever is told may send again: so all are gone first.
void ClientTransactions::end(const std::vector<Transaction*>& unanswered, engine::Turn& turn) {
  std::vector<uint64_t> tell;
  for (Transaction* const one : unanswered) {
    tell.push_back(one->user_data);
    erase(*one);
  }
  for (const uint64_t user_data : tell) user_.on_no_response(user_data, turn);
}

void ClientTransactions::erase(Transaction& transaction) {
  keep(transaction, {});
  Slot& slot = slots_[transaction.slot];
  CHECK(slot.transaction.get() == &transaction);
  free_.push_back(transaction.slot);
  ++slot.generation;
  slot.transaction.reset();
  trace::gauge_add(trace::Gauge::sip_client_transactions, -1);
}

}  // namespace sip
