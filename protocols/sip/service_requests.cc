// Requests as they come in, up to where they have a transaction and a handler. What is answered
// here is answered without a transaction (RFC 3261 §8.2.7), the same whenever it comes again: so
// strangers find nothing that they could fill, and peers' requests have the table to themselves.
#include <algorithm>

#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "engine/trace/trace.h"
#include "protocols/sip/header/list.h"
#include "protocols/sip/service.h"
#include "protocols/sip/transaction/token.h"

namespace sip {
namespace {

using trace::Counter;

}  // namespace

// Nobody waits for an answer to BENOTIFY (MS-SIPRE §3.7).
bool Service::may_be_answered(const Message& message) {
  return message.can_answer() && message.method() != Method::benotify;
}

void Service::refuse(const Message& message, Fault fault, const Flow& source, engine::Turn& turn) {
  CHECK(fault != Fault::none);
  TRACE(sip, debug, "malformed", {"why", reason_of(fault)});
  if (!may_be_answered(message)) return;
  Incoming in{message, {}, source, shard_};
  uint32_t size = 0;
  // A Via that cannot be read, of another version say (RFC 4475 §3.1.2.16), leaves the source.
  if (read_top_via(message, in.via, size) == Read::malformed) in.via.has_rport = true;
  Writer writer(response_scratch());
  begin_reply(in, {.status = status_of(fault), .reason = reason_of(fault)}, writer);
  end_reply(in, writer, turn);
}

// In the order of §8.2.
void Service::receive_request(const Message& message, const Essentials& essentials,
                              const Flow& source, engine::Turn& turn) {
  const Method method = message.method();
  const Incoming in{message, essentials.via, source, shard_};
  if (method == Method::ack || method == Method::cancel) return acknowledge(in, essentials, turn);
  if (method == Method::unknown) return reply(in, 501, turn);
  Handler* const who = handler(method);
  if (method != Method::options && who == nullptr) return reply_not_allowed(in, turn);
  if (who != nullptr && !trusted(options_->peers, source)) {
    if (gate_ != nullptr) return screen(in, essentials, turn);
    refusals_.note(source.remote, {}, "no peer speaks from there", turn.now);
    return reply(in, 403, turn);
  }
  proceed(in, essentials, {}, turn);
}

void Service::proceed(const Incoming& in, const Essentials& essentials, base::Bytes account,
                      engine::Turn& turn) {
  if (essentials.request_uri.scheme == Uri::Scheme::other) return reply(in, 416, turn);
  if (comes_back(in.message, essentials)) {
    trace::count(Counter::sip_loops);
    return reply(in, 482, turn);
  }
  if (refuse_extensions(in, turn)) return;
  if (in.message.method() == Method::options) return reply_to_options(in, turn);
  Handler* const who = handler(in.message.method());
  CHECK(who != nullptr);
  Received request{in.message, essentials, {{}, shard_}, in.source, account};
  const engine::Owner owner = who->owner_of(request, turn);
  if (owner.node != node_.id && !may_pass_on(in, request, owner.node, turn)) return;
  if (!account.empty() && in.source.reliable()) proved_.insert(in.source.connection);
  const engine::ShardId home = home_of(in);
  if (home != shard_) return adopt(in, home, turn);
  begin(in, request, owner, turn);
}

void Service::begin(const Incoming& in, Received& request, engine::Owner owner,
                    engine::Turn& turn) {
  if (in.message.method() != Method::benotify) {
    std::optional<engine::ShardId> resent_by;
    if (from_node(in)) resent_by = in.shard;
    const auto arrival = server_.receive(in.message, request.essentials, in.source, turn,
                                         request.back.id, resent_by);
    if (arrival == ServerTransactions::Arrival::full) return reply(in, 503, turn);
    if (arrival != ServerTransactions::Arrival::fresh) return;
  }
  if (owner.node != node_.id) return forwarder_.pass_on(request, owner.node, turn);
  if (owner.shard != shard_) return hand_over(request, owner.shard, turn);
  handler(in.message.method())->on_request(request, turn);
}

// An ACK is for its INVITE's transaction; that of a 2xx is for the dialog. Of a CANCEL (§9.2): no
// request here waits for long enough to be taken back, one that is known has been answered.
void Service::acknowledge(const Incoming& in, const Essentials& essentials, engine::Turn& turn) {
  TransactionId id;
  if (in.message.method() == Method::ack) {
    Handler* const who = handler(Method::ack);
    const auto arrival = server_.receive(in.message, essentials, in.source, turn, id);
    if (who == nullptr || arrival != ServerTransactions::Arrival::acknowledged) return;
    const Received ack{in.message, essentials, {{}, shard_}, in.source, {}};
    const engine::Owner owner = who->owner_of(ack, turn);
    if (owner.node != node_.id) return;  // its INVITE has been redirected from here
    if (owner.shard != shard_) return hand_over(ack, owner.shard, turn);
    return who->on_request(ack, turn);
  }
  reply(in, server_.find_cancelled(in.message, essentials, id) ? 200 : 481, turn);
}

void Service::append_allow(base::Sink& out) const {
  out.append(handler(Method::invite) == nullptr ? "OPTIONS" : "OPTIONS, CANCEL");
  for (size_t i = 0; i < handlers_.size(); ++i) {
    const auto method = static_cast<Method>(i);
    if (handlers_[i] != nullptr) out.append(", ").append(wire_name(method));
  }
}

void Service::reply_not_allowed(const Incoming& in, engine::Turn& turn) {
  if (!may_be_answered(in.message)) return;
  std::string allow;
  append_allow(allow);
  Writer writer(response_scratch());
  begin_reply(in, {.status = 405}, writer);
  writer.field(HeaderId::allow, allow);
  end_reply(in, writer, turn);
}

// §11.2. Whoever asks is told the same of every user, there or not. Max-Forwards is for those who
// forward: call managers ping with 0.
void Service::reply_to_options(const Incoming& in, engine::Turn& turn) {
  std::string allow;
  append_allow(allow);
  Writer writer(response_scratch());
  begin_reply(in, {.status = 200}, writer);
  writer.field(HeaderId::allow, allow);
  for (const Announced& one : announced_) writer.field(one.id, one.value);
  end_reply(in, writer, turn);
}

bool Service::supports(base::Bytes extension) const {
  return std::any_of(announced_.begin(), announced_.end(), [&](const Announced& one) {
    return one.id == HeaderId::supported && equal_ignoring_case(one.value, extension);
  });
}

// Has it been ours? Whoever gets a request from us and sends it back leaves our Via in it
// (§16.3.4).
bool Service::comes_back(const Message& message, const Essentials& essentials) const {
  const bool one_line = (message.repeated() & bit_of(HeaderId::via)) == 0;
  if (one_line && essentials.via_size == message.value(HeaderId::via).size()) return false;
  ListReader list(message, HeaderId::via);
  Via via;
  Place place;
  for (base::Bytes element; list.next(element);) {
    if (!parse_via(element, via) || !via.has_modern_branch()) continue;
    const base::Bytes token = via.branch.substr(kBranchCookie.size());
    if (read_token(node_.key, TokenUse::branch, token, place)) return true;
  }
  return false;
}

// §8.2.2.3.
bool Service::refuse_extensions(const Incoming& in, engine::Turn& turn) {
  if (!in.message.has(HeaderId::require)) return false;
  std::string unsupported;
  ListReader list(in.message, HeaderId::require);
  for (base::Bytes extension; list.next(extension);) {
    if (extension.empty() || supports(extension)) continue;
    unsupported.append(unsupported.empty() ? "" : ", ").append(extension);
  }
  if (unsupported.empty()) return false;
  if (!may_be_answered(in.message)) return true;
  Writer writer(response_scratch());
  begin_reply(in, {.status = 420}, writer);
  writer.field(HeaderId::unsupported, unsupported);
  end_reply(in, writer, turn);
  return true;
}

// The same whenever the request comes again.
void Service::append_tag(const Message& message, base::Sink& out) const {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string what(message.value(HeaderId::via));
  what.append(message.value(HeaderId::call_id));
  uint64_t hash = base::siphash13(node_.key, what);
  for (int i = 0; i < 16; ++i, hash >>= 4) out.push_back(kDigits[hash & 15]);
}

void Service::begin_reply(const Message& message, const Response& how, Writer& writer) {
  Response whole = how;
  if (whole.to_tag.empty()) {
    tag_.clear();
    append_tag(message, tag_);
    whole.to_tag = tag_;
  }
  writer.begin_response(message, whole);
  if (whole.status == 503) writer.number(HeaderId::retry_after, kRetryAfterSeconds);
}

void Service::begin_reply(const Incoming& in, const Response& how, Writer& writer) {
  Response whole = how;
  whole.source = in.source.remote;
  begin_reply(in.message, whole, writer);
}

void Service::end_reply(const Incoming& in, Writer& writer, engine::Turn& turn) {
  writer.end();
  const Flow back = response_flow(in.via, in.source);
  if (in.shard != shard_) return send_elsewhere(back, in.shard, response_, turn);
  send(back, response_, turn.out);
}

void Service::reply(const Incoming& in, uint16_t status, engine::Turn& turn) {
  if (!may_be_answered(in.message)) return;
  Writer writer(response_scratch());
  begin_reply(in, {.status = status}, writer);
  end_reply(in, writer, turn);
}

}  // namespace sip
