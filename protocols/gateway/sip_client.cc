// Messages to registered SIP clients: each is the client's, somebody else's, or its sender's again.
#include "protocols/gateway/sip_client.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "engine/trace/trace.h"
#include "protocols/gateway/errors.h"
#include "protocols/gateway/registrar.h"

namespace gateway {

using trace::Counter;

namespace {

// Of a request beside what is counted: versions, names of fields, Via, Max-Forwards, CSeq.
constexpr size_t kHeadBytes = 220;

// The client is not there to answer, whatever it may think of the message (RFC 3261 §21.4, §21.5).
bool says_nothing(uint16_t status) {
  static constexpr uint16_t kOfTheWay[] = {401, 407, 408, 430, 480, 481, 486, 500, 502, 503, 504};
  return std::find(std::begin(kOfTheWay), std::end(kOfTheWay), status) != std::end(kOfTheWay);
}

}  // namespace

void SipClient::deliver(const im::Stanza& stanza, engine::Turn& turn) {
  registrar_.deliver(*this, stanza, turn);
}

void SipClient::end(im::Farewell, engine::Turn& turn) { turn.timers.arm(timer, turn.now); }

void SipClient::bound(im::BindResult result, engine::Turn& turn) {
  registrar_.bound(*this, result, turn);
}

void SipClient::on_time(engine::Turn& turn) { registrar_.on_time(*this, turn); }

Registrar::Given Registrar::given(const SipClient& client, const im::Stanza& stanza) const {
  Given given{client.serial, client.binding.account, {}, stanza.message_id, stanza.stored_id};
  im::pack(stanza, given.stanza);
  return given;
}

void Registrar::deliver(SipClient& client, const im::Stanza& stanza, engine::Turn& turn) {
  if (stanza.kind == im::StanzaKind::presence) return;
  if (stanza.kind == im::StanzaKind::iq) {
    const bool asks = stanza.type == im::StanzaType::get || stanza.type == im::StanzaType::set;
    if (asks) later({given(client, stanza), Fate::refused}, turn);
    return;
  }
  std::string id;
  turn.random.token(8, id);
  // What only a client of XMPP could show has arrived as far as it can.
  if (stanza.type == im::StanzaType::error || !write_page(stanza, id, document_, out_)) {
    return later({given(client, stanza), Fate::taken}, turn);
  }
  const size_t size = kHeadBytes + client.binding.contact.size() + out_.from.size() +
                      out_.to.size() + out_.call_id.size() + out_.rest.size();
  if (!client.flow.reliable() && size > sip::kUnreliableBytesMax) {  // RFC 3428 §8
    return later({given(client, stanza), Fate::refused, im::ErrorCondition::policy_violation},
                 turn);
  }
  sip::Request how;
  how.method = "MESSAGE";
  how.uri = client.binding.contact;
  how.from = out_.from;
  const std::string to = "<sip:" + client.binding.account + ">";
  how.to = stanza.to.has_local() ? base::Bytes(out_.to) : base::Bytes(to);
  how.call_id = out_.call_id;
  how.cseq = 1;
  const uint64_t number = ++last_number_;
  if (!service_.outgoing().send(client.flow, client.shard, sip::Method::message, how, out_.rest,
                                *this, number, turn)) {
    return later({given(client, stanza), Fate::returned}, turn);
  }
  ++client.under_way;
  given_.emplace(number, given(client, stanza));
}

void Registrar::later(Later what, engine::Turn& turn) {
  later_.push_back(std::move(what));
  turn.timers.arm(timer_, turn.now);
}

void Registrar::on_later(engine::Turn& turn) {
  for (const uint64_t serial : std::exchange(newly_bound_, {})) {
    SipClient* const client = find(serial);
    if (client != nullptr && client->user != nullptr) realm_.take_messages(*client, true, turn);
  }
  for (const Later& one : std::exchange(later_, {})) settle(one.given, one.fate, one.why, turn);
}

void Registrar::settle(const Given& given, Fate fate, im::ErrorCondition why, engine::Turn& turn) {
  im::Stanza stanza;
  CHECK(im::unpack(given.stanza, stanza));
  stanza.message_id = given.message_id;
  stanza.stored_id = given.stored_id;
  SipClient* const client = find(given.client);
  if (fate == Fate::returned) {
    trace::count(Counter::gateway_clients_messages_returned);
    // Else it would be given the same again, for ever.
    if (client != nullptr && client->user != nullptr) realm_.take_messages(*client, false, turn);
    return realm_.returned(given.account, stanza, turn);
  }
  if (fate == Fate::refused) realm_.bounce(stanza, im::error(why), turn);
  if (stanza.kind != im::StanzaKind::message) return;
  const im::Realm::Handed handed{given.message_id.number, given.stored_id};
  realm_.confirmed(given.account, {&handed, 1}, turn);
}

void Registrar::finished(uint64_t number, Fate fate, im::ErrorCondition why, engine::Turn& turn) {
  const auto found = given_.find(number);
  if (found == given_.end()) return;  // the client has gone meanwhile, and somebody else has it
  const Given given = std::move(found->second);
  given_.erase(found);
  SipClient* const client = find(given.client);
  if (client != nullptr) --client->under_way;
  settle(given, fate, why, turn);
  if (client != nullptr && find(given.client) == client) realm_.uncongested(*client, turn);
}

void Registrar::on_response(uint64_t number, const sip::Message& response, const sip::Essentials&,
                            engine::Turn& turn) {
  const uint16_t status = response.status();
  if (status < 200) return;
  if (status < 300) {
    trace::count(Counter::gateway_clients_messages_out);
    return finished(number, Fate::taken, {}, turn);
  }
  if (says_nothing(status)) return finished(number, Fate::returned, {}, turn);
  finished(number, Fate::refused, condition_of(status), turn);
}

void Registrar::on_no_response(uint64_t number, engine::Turn& turn) {
  finished(number, Fate::returned, {}, turn);
}

}  // namespace gateway
