#include "protocols/gateway/composing.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "protocols/sip/address.h"
#include "protocols/sip/header/writer.h"

namespace gateway {
namespace {

using trace::Counter;

// Answers of those who do not know such documents, or want none.
bool wants_none(uint16_t status) { return status == 415 || status == 405 || status == 488; }

}  // namespace

void Composing::tell(const im::Stanza& stanza, const sip::TrunkPeer& peer, engine::Turn& turn) {
  bool active = false;
  if (!read_chat_state(stanza, document_, active) || want_none_.contains(peer.id)) return;
  std::string body;
  sip::write_is_composing(active, body);
  std::string rest;
  sip::Writer(rest).end(sip::kIsComposing, body);
  const bool sent = sessions_.has(stanza.from.bare(), stanza.to.bare())
                        ? sessions_.tell(stanza, rest, turn)
                        : !peer.sessions && tell_alone(stanza, peer, rest, turn);
  trace::count(sent ? Counter::gateway_composing_out : Counter::gateway_composing_dropped);
}

bool Composing::tell_alone(const im::Stanza& stanza, const sip::TrunkPeer& peer, base::Bytes rest,
                           engine::Turn& turn) {
  if (under_way_.size() >= kUnderWayMax || !service_.outgoing().has_room(peer)) return false;
  std::string uri;
  sip::write_sip_uri(stanza.to, uri);
  std::string from = "<";
  sip::write_sip_uri(stanza.from, from);
  from.append(">;tag=");
  turn.random.token(8, from);
  std::string call_id;
  turn.random.token(8, call_id);
  const std::string to = "<" + uri + ">";
  sip::Request how;
  how.method = sip::wire_name(sip::Method::message);
  how.uri = uri;
  how.from = from;
  how.to = to;
  how.call_id = call_id;
  how.cseq = 1;
  const uint64_t number = ++last_number_;
  if (!service_.outgoing().send(peer, sip::Method::message, how, rest, *this, number, turn)) {
    return false;
  }
  under_way_.emplace(number, peer.id);
  return true;
}

void Composing::on_response(uint64_t number, const sip::Message& response, const sip::Essentials&,
                            engine::Turn&) {
  if (response.status() < 200) return;
  const auto found = under_way_.find(number);
  CHECK(found != under_way_.end());
  const uint64_t peer = found->second;
  under_way_.erase(found);
  if (wants_none(response.status()) && want_none_.size() < kUnderWayMax) want_none_.insert(peer);
}

void Composing::on_no_response(uint64_t number, engine::Turn&) { under_way_.erase(number); }

uint16_t Composing::hear(base::Bytes body, base::Bytes from, base::Bytes to, engine::Turn& turn) {
  bool active = false;
  if (reader_.read(body, active) != sip::BodyFault::none) return 400;
  said(from, to);
  if (active && shown_.size() >= kShownMax) {
    trace::count(Counter::gateway_composing_dropped);
    return 0;
  }
  trace::count(Counter::gateway_composing_in);
  if (active) {
    shown_.push_back({std::string(from), std::string(to), turn.now + kShownFor});
    if (!timer_.armed()) turn.timers.arm(timer_, shown_.front().until);
  }
  show(from, to, active, turn);
  return 0;
}

void Composing::said(base::Bytes from, base::Bytes to) {
  std::erase_if(shown_, [&](const Shown& one) { return one.from == from && one.to == to; });
}

void Composing::show(base::Bytes from, base::Bytes to, bool active, engine::Turn& turn) {
  // Nobody is read from the store to see somebody type.
  const jid::JidView reader = jid::JidView::trusted(to);
  const bool here = realm_.options().hosts(reader.domain()) &&
                    realm_.partition().owner(reader.bare()).shard == turn.shard;
  if (here && realm_.find_user(reader.bare()) == nullptr) return;
  im::Stanza stanza;
  stanza.kind = im::StanzaKind::message;
  stanza.type = im::StanzaType::chat;
  stanza.facts.chat_state_only = true;
  stanza.from = jid::JidView::trusted(from);
  stanza.to = jid::JidView::trusted(to);
  stanza.payload = active ? "<composing xmlns='http://jabber.org/protocol/chatstates'/>"
                          : "<active xmlns='http://jabber.org/protocol/chatstates'/>";
  realm_.route(stanza, turn);
}

void Composing::on_time(engine::Turn& turn) {
  while (!shown_.empty() && shown_.front().until <= turn.now) {
    const Shown one = std::move(shown_.front());
    shown_.pop_front();
    show(one.from, one.to, false, turn);
  }
  if (!shown_.empty()) turn.timers.arm(timer_, shown_.front().until);
}

}  // namespace gateway
