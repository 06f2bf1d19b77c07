#include "protocols/sip/forwarder.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "protocols/sip/header/writer.h"
#include "protocols/sip/message/characters.h"
#include "protocols/sip/origin.h"
#include "protocols/sip/service.h"

namespace sip {
namespace {

using trace::Counter;

// What Outgoing writes itself, or what must be right whoever has written it.
constexpr uint64_t kOurs = bit_of(HeaderId::via) | bit_of(HeaderId::from) | bit_of(HeaderId::to) |
                           bit_of(HeaderId::call_id) | bit_of(HeaderId::cseq) |
                           bit_of(HeaderId::max_forwards) | bit_of(HeaderId::content_length);

// Every field but those of `without`, and the body.
void copy_rest(const Message& from, uint64_t without, Writer& writer, base::Sink& out) {
  for (const HeaderField& field : from.fields()) {
    if (field.id != HeaderId::unknown && (bit_of(field.id) & without) != 0) continue;
    if (equal_ignoring_case(from.name(field), kOriginField)) continue;
    writer.field(from.name(field), from.value(field));
  }
  writer.end_head(from.body().size());
  out.append(from.body());
}

// §16.7 step 3: all but the topmost element, which is ours.
void write_vias_below(const Message& response, uint32_t topmost, Writer& writer) {
  const HeaderField* field = response.find(HeaderId::via);
  base::Bytes value = response.value(*field).substr(topmost);
  const size_t comma = value.find(',');
  if (comma != base::Bytes::npos) {
    value.remove_prefix(comma + 1);
    value.remove_prefix(std::min(value.size(), value.find_first_not_of(" \t\r\n")));
    writer.field(HeaderId::via, value);
  }
  while ((field = response.next(*field)) != nullptr) {
    writer.field(HeaderId::via, response.value(*field));
  }
}

}  // namespace

void Forwarder::pass_on(const Received& request, engine::NodeId node, engine::Turn& turn) {
  const TrunkPeer* const host = peer_at_node(service_.options().peers, node);
  CHECK(host != nullptr && request.message.method() != Method::invite);
  if (waiting_bytes_ + request.message.total_bytes() + kOverhead > kWaitingBytesMax) {
    trace::count(Counter::sip_forward_limit_hit);
    return service_.answer(request, 503, turn);
  }
  const uint64_t number = ++last_number_;
  waiting_bytes_ +=
      waiting_.try_emplace(number, Waiting{HeldRequest(request), host->id}).first->second.bytes();
  if (send(request, *host, number, turn)) return trace::count(Counter::sip_forwarded);
  end(number);
  fail(request, 503, turn);
}

bool Forwarder::send(const Received& request, const TrunkPeer& host, uint64_t number,
                     engine::Turn& turn) {
  const Message& message = request.message;
  const Essentials& essentials = request.essentials;
  Request how;
  how.method = message.method_name();
  how.uri = message.request_uri();
  how.from = message.value(HeaderId::from);
  how.to = message.value(HeaderId::to);
  how.call_id = message.value(HeaderId::call_id);
  how.cseq = essentials.cseq.number;
  if (essentials.has_max_forwards) {
    CHECK(essentials.max_forwards > 0);
    how.max_forwards = essentials.max_forwards - 1;
  }
  std::string rest;
  Writer writer(rest);
  writer.via_lines(message, request.source.remote);
  std::string origin;
  write_origin(origin_of(request, service_.options().peers), origin);
  writer.field(kOriginField, origin);
  copy_rest(message, kOurs, writer, rest);
  return service_.outgoing().send(host, message.method(), how, rest, *this, number, turn);
}

void Forwarder::end(uint64_t number) {
  const auto found = waiting_.find(number);
  CHECK(found != waiting_.end() && waiting_bytes_ >= found->second.bytes());
  waiting_bytes_ -= found->second.bytes();
  waiting_.erase(found);
}

void Forwarder::fail(const Received& request, uint16_t status, engine::Turn& turn) {
  trace::count(Counter::sip_forwards_failed);
  service_.answer(request, status, turn);
}

void Forwarder::on_response(uint64_t number, const Message& response, const Essentials& essentials,
                            engine::Turn& turn) {
  if (response.status() == 100) return;  // every hop has its own
  const auto found = waiting_.find(number);
  CHECK(found != waiting_.end());
  std::string text = "SIP/2.0 " + std::to_string(response.status()) + " ";
  text.append(response.reason()).append("\r\n");
  Writer writer(text);
  write_vias_below(response, essentials.via_size, writer);
  copy_rest(response, bit_of(HeaderId::via) | bit_of(HeaderId::content_length), writer, text);
  service_.respond(found->second.request.back(), response.status(), text, turn);
  if (response.status() >= 200) end(number);
}

void Forwarder::on_no_response(uint64_t number, engine::Turn& turn) {
  const auto found = waiting_.find(number);
  CHECK(found != waiting_.end());
  const uint16_t status = service_.outgoing().reaches(found->second.peer) ? 504 : 503;
  found->second.request.use([&](const Received& request) { fail(request, status, turn); });
  end(number);
}

}  // namespace sip
