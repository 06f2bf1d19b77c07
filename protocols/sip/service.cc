#include "protocols/sip/service.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "engine/trace/trace.h"
#include "protocols/sip/header/list.h"
#include "protocols/sip/transaction/token.h"

namespace sip {
namespace {

using trace::Counter;

// When all places are taken (RFC 3261 §21.5.4): about as long as it takes until many are free.
constexpr uint32_t kRetryAfterSeconds = 10;

// What senders and the boxes between keep a path open with: line ends (RFC 5626 §4.4.1 by
// datagram), or zeros.
bool is_keep_alive(base::Bytes datagram) {
  return datagram.find_first_not_of(base::Bytes("\r\n\0 ", 4)) == base::Bytes::npos;
}

}  // namespace

Service::Service(engine::ShardId shard, std::shared_ptr<const Options> options, const Node& node,
                 base::Random& random)
    : shard_(shard),
      options_(std::move(options)),
      node_(node),
      server_(*this, options_->server, random),
      outgoing_(*this, options_->client) {
  CHECK(shard < kShardsMax);
}

Service::~Service() { CHECK(connections_.empty() && unfinished_bytes_ == 0); }

void Service::handle(Method method, Handler& handler) {
  const auto at = static_cast<size_t>(method);
  CHECK(method != Method::unknown && method != Method::ack && method != Method::cancel &&
        method != Method::options);
  CHECK(at < handlers_.size() && handlers_[at] == nullptr);
  handlers_[at] = &handler;
}

Handler* Service::handler(Method method) const {
  const auto at = static_cast<size_t>(method);
  CHECK(at < handlers_.size());
  return handlers_[at];
}

void Service::announce(HeaderId id, base::Bytes value) {
  CHECK(id != HeaderId::unknown && !value.empty());
  announced_.push_back({id, std::string(value)});
}

std::unique_ptr<engine::Peer> Service::accept(const engine::Accepted& how, engine::Turn& turn) {
  CHECK(options_->owns(how.listener));
  if (shutting_down_) return nullptr;
  Flow flow;
  flow.connection = how.connection;
  flow.remote = base::parse_address(how.remote_address, how.remote_port);
  flow.listener = how.listener;
  return make_connection(flow, turn);
}

std::unique_ptr<Connection> Service::make_connection(const Flow& flow, engine::Turn& turn) {
  auto connection = std::make_unique<Connection>(*this, flow, turn);
  connections_.push_back(*connection);
  return connection;
}

std::unique_ptr<engine::Peer> Service::on_connected(uint64_t token, const engine::Accepted& how,
                                                    engine::Turn& turn) {
  return outgoing_.on_connected(token, how, turn);
}

void Service::on_connect_failed(uint64_t token, engine::ConnectFailure, engine::Turn& turn) {
  outgoing_.on_connect_failed(token, turn);
}

void Service::on_datagram(const engine::Datagram& datagram, engine::Turn& turn) {
  CHECK(options_->owns(datagram.listener));
  if (is_keep_alive(datagram.bytes)) return trace::count(Counter::sip_keep_alives);
  Flow flow;
  flow.remote = datagram.remote;
  flow.listener = datagram.listener;
  if (!message_.index_datagram(datagram.bytes)) {
    return refuse(message_, message_.fault(), flow, turn);
  }
  receive(message_, flow, turn);
}

void Service::receive(const Message& message, const Flow& source, engine::Turn& turn) {
  Fault fault = Fault::none;
  if (!read_essentials(message, essentials_, fault)) return refuse(message, fault, source, turn);
  if (message.is_request()) {
    trace::count(Counter::sip_requests);
    return receive_request(message, essentials_, source, turn);
  }
  receive_response(message, essentials_, turn);
}

void Service::refuse(const Message& message, Fault fault, const Flow& source, engine::Turn& turn) {
  CHECK(fault != Fault::none);
  TRACE(sip, debug, "malformed", {"why", reason_of(fault)});
  if (!message.can_answer()) return;
  Via via;
  uint32_t size = 0;
  // A Via that cannot be read, of another version say (RFC 4475 §3.1.2.16), leaves the source.
  if (read_top_via(message, via, size) == Read::malformed) via.has_rport = true;
  refuse_statelessly(message, via, status_of(fault), reason_of(fault), source, turn);
}

void Service::refuse_statelessly(const Message& message, const Via& via, uint16_t status,
                                 base::Bytes reason, const Flow& source, engine::Turn& turn) {
  tag_.clear();
  append_tag(message, tag_);
  Response how;
  how.status = status;
  how.reason = reason;
  how.to_tag = tag_;
  how.source = source.remote;
  std::string& out = response_scratch();
  Writer writer(out);
  writer.begin_response(message, how);
  if (status == 503) writer.number(HeaderId::retry_after, kRetryAfterSeconds);
  writer.end();
  send(response_flow(via, source), out, turn.out);
}

void Service::receive_request(const Message& message, const Essentials& essentials,
                              const Flow& source, engine::Turn& turn) {
  Received request{message, essentials, {{}, shard_}, {source.remote, !source.reliable()}};
  // Nobody waits for an answer to it (MS-SIPRE §3.7): it has no transaction.
  if (message.method() == Method::benotify) {
    if (handler(Method::benotify) != nullptr) serve(request, turn);
    return;
  }
  switch (server_.receive(message, essentials, source, turn, request.back.id)) {
    case ServerTransactions::Arrival::fresh:
      return serve(request, turn);
    case ServerTransactions::Arrival::absorbed:
    case ServerTransactions::Arrival::acknowledged:
      return;
    case ServerTransactions::Arrival::full:
      return refuse_statelessly(message, essentials.via, 503, {}, source, turn);
  }
}

// In the order of RFC 3261 §8.2.
void Service::serve(const Received& request, engine::Turn& turn) {
  const Method method = request.message.method();
  if (method == Method::cancel) return cancel(request, turn);
  if (method == Method::unknown) return answer(request, 501, turn);
  Handler* const who = handler(method);
  if (method != Method::options && who == nullptr) return answer_not_allowed(request, turn);
  if (who != nullptr && !trusted(options_->peers, request.source)) {
    trace::count(Counter::sip_strangers_refused);
    TRACE(sip, debug, "stranger", {"method", request.message.method_name()});
    return answer(request, 403, turn);
  }
  if (request.essentials.request_uri.scheme == Uri::Scheme::other) {
    return answer(request, 416, turn);
  }
  if (refuse_extensions(request, turn)) return;
  if (method == Method::options) return answer_options(request, turn);
  const engine::ShardId owner = who->shard_for(request, turn);
  if (owner != shard_) return hand_over(request, owner, turn);
  who->on_request(request, turn);
}

// §9.2. No request here waits for long enough to be taken back: one that is known has been
// answered.
void Service::cancel(const Received& request, engine::Turn& turn) {
  TransactionId invite;
  const bool known = server_.find_cancelled(request.message, request.essentials, invite);
  answer(request, known ? 200 : 481, turn);
}

void Service::append_allow(base::Sink& out) const {
  out.append("OPTIONS");
  for (size_t i = 0; i < handlers_.size(); ++i) {
    const auto method = static_cast<Method>(i);
    if (handlers_[i] != nullptr) out.append(", ").append(wire_name(method));
  }
}

void Service::answer_not_allowed(const Received& request, engine::Turn& turn) {
  std::string allow;
  append_allow(allow);
  std::string& out = response_scratch();
  Writer writer(out);
  begin_answer(request, {.status = 405}, writer);
  writer.field(HeaderId::allow, allow);
  writer.end();
  respond(request.back, 405, out, turn);
}

// §11.2. Whoever asks is told the same of every user, there or not. Max-Forwards is for those who
// forward: call managers ping with 0.
void Service::answer_options(const Received& request, engine::Turn& turn) {
  std::string allow;
  append_allow(allow);
  std::string& out = response_scratch();
  Writer writer(out);
  begin_answer(request, {.status = 200}, writer);
  writer.field(HeaderId::allow, allow);
  for (const Announced& one : announced_) writer.field(one.id, one.value);
  writer.end();
  respond(request.back, 200, out, turn);
}

bool Service::supports(base::Bytes extension) const {
  return std::any_of(announced_.begin(), announced_.end(), [&](const Announced& one) {
    return one.id == HeaderId::supported && equal_ignoring_case(one.value, extension);
  });
}

// §8.2.2.3.
bool Service::refuse_extensions(const Received& request, engine::Turn& turn) {
  if (!request.message.has(HeaderId::require)) return false;
  std::string unsupported;
  ListReader list(request.message, HeaderId::require);
  for (base::Bytes extension; list.next(extension);) {
    if (extension.empty() || supports(extension)) continue;
    unsupported.append(unsupported.empty() ? "" : ", ").append(extension);
  }
  if (unsupported.empty()) return false;
  std::string& out = response_scratch();
  Writer writer(out);
  begin_answer(request, {.status = 420}, writer);
  writer.field(HeaderId::unsupported, unsupported);
  writer.end();
  respond(request.back, 420, out, turn);
  return true;
}

// The same for a request that comes again after its transaction has gone, or had none (§8.2.7).
void Service::append_tag(const Message& message, base::Sink& out) const {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string what(message.value(HeaderId::via));
  what.append(message.value(HeaderId::call_id));
  uint64_t hash = base::siphash13(node_.key, what);
  for (int i = 0; i < 16; ++i, hash >>= 4) out.push_back(kDigits[hash & 15]);
}

std::string& Service::response_scratch() {
  response_.clear();
  return response_;
}

void Service::begin_answer(const Received& request, const Response& how, Writer& writer) {
  Response whole = how;
  whole.source = request.source.address;
  if (whole.to_tag.empty()) {
    tag_.clear();
    append_tag(request.message, tag_);
    whole.to_tag = tag_;
  }
  writer.begin_response(request.message, whole);
}

void Service::answer(const Received& request, uint16_t status, engine::Turn& turn) {
  std::string& out = response_scratch();
  Writer writer(out);
  begin_answer(request, {.status = status}, writer);
  writer.end();
  respond(request.back, status, out, turn);
}

bool Service::hold(size_t before, size_t after) {
  CHECK(unfinished_bytes_ >= before);
  unfinished_bytes_ += after;
  unfinished_bytes_ -= before;
  return unfinished_bytes_ <= options_->unfinished_bytes_max;
}

void Service::on_answer(engine::QuestionPtr, engine::Turn&) {
  CHECK(false);  // nothing has been asked
}

void Service::on_recovered(std::vector<engine::JournalEntry>, engine::Turn&) {
  CHECK(false);  // nothing has been entered
}

void Service::on_shutdown(engine::Turn& turn) {
  CHECK(!std::exchange(shutting_down_, true));
  while (Connection* connection = connections_.pop_front()) connection->close(turn);
}

}  // namespace sip
