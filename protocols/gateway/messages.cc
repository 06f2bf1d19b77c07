#include "protocols/gateway/messages.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "protocols/gateway/errors.h"
#include "protocols/sip/account.h"
#include "protocols/sip/address.h"
#include "protocols/sip/header/media_type.h"
#include "protocols/sip/held_request.h"

namespace gateway {
namespace {

using trace::Counter;

// Of a request beside what is counted: versions, names of fields, Via, Max-Forwards, CSeq.
constexpr size_t kHeadBytes = 220;

size_t size_of(const PageOut& page, base::Bytes sent_by) {
  return kHeadBytes + page.uri.size() + page.from.size() + page.to.size() + page.call_id.size() +
         page.rest.size() + sent_by.size();
}

bool is_composing(const sip::Message& message) {
  sip::MediaType type;
  return sip::read_content_type(message, type) == sip::Read::ok && type.is(sip::kIsComposing);
}

}  // namespace

// A request on whose account the store is asked.
struct Messages::Asking final : im::StoreRequest::Context {
  Asking(Messages& messages, const sip::Received& request) : owner(messages), held(request) {}

  void answered(im::StoreRequest& answer, im::Realm&, engine::Turn& turn) override {
    --owner.asking_;
    held.use([&](const sip::Received& request) {
      const uint16_t status = owner.admit(request, turn);
      if (status != 0) return owner.refuse(request, status, turn);  // its peer has gone meanwhile
      const PageIn page = owner.in_;
      if (answer.status == im::StoreStatus::ok) return owner.accept(request, page, turn);
      owner.refuse(request, answer.status == im::StoreStatus::not_found ? 404 : 503, turn);
    });
  }

  Messages& owner;
  const sip::HeldRequest held;
};

Messages::Messages(sip::Service& service, im::Realm& realm)
    : service_(service),
      realm_(realm),
      owed_(service),
      sessions_(service, realm, *this),
      composing_(service, realm, sessions_) {
  service.handle(sip::Method::message, *this);
  service.announce(sip::HeaderId::accept, "text/plain");
  service.announce(sip::HeaderId::accept, sip::kIsComposing);
}

// What a user of ours sends is in the journal of her shard, as is a session with her.
engine::Owner Messages::owner_of(const sip::Received& request, engine::Turn& turn) {
  return sessions_.owner_of(request, turn);
}

// Reads it into `in_`, and says why it is refused; 0: it is not.
uint16_t Messages::admit(const sip::Received& request, engine::Turn& turn) {
  const uint16_t status = read_page(request.message, request.essentials, in_);
  if (status != 0) return status;
  const uint16_t why = read_parties(request, realm_.options(), service_, turn, parties_);
  in_.from = parties_.from;
  in_.to = parties_.to;
  return why;
}

// Between the `parties_`. Nothing is kept of it, so it is answered at once.
void Messages::hear_composing(const sip::Received& request, engine::Turn& turn) {
  const uint16_t status = composing_.hear(request.message.body(), parties_.from, parties_.to, turn);
  if (status != 0) return refuse(request, status, turn);
  service_.answer(request, 200, turn);
}

// In a dialog, who both are has been said when it began, and who is not in memory is in the store.
void Messages::in_session(const sip::Received& request, engine::Turn& turn) {
  Session* session = nullptr;
  uint16_t status = sessions_.enter(request, session, turn);
  if (status == 0 && is_composing(request.message)) {
    parties_ = {session->theirs, session->ours};
    return hear_composing(request, turn);
  }
  if (status == 0) status = read_page(request.message, request.essentials, in_);
  if (status != 0) return refuse(request, status, turn);
  sessions_.touch(*session, turn);
  in_.from = session->theirs;
  in_.to = session->ours;
  in_.session = true;
  accept(request, in_, turn);
}

void Messages::on_request(const sip::Received& request, engine::Turn& turn) {
  if (!request.essentials.to.tag.empty()) return in_session(request, turn);
  if (is_composing(request.message)) {
    const uint16_t why = read_parties(request, realm_.options(), service_, turn, parties_);
    return why != 0 ? refuse(request, why, turn) : hear_composing(request, turn);
  }
  const uint16_t status = admit(request, turn);
  if (status != 0) return refuse(request, status, turn);
  const jid::JidView to = jid::JidView::trusted(in_.to);
  // Whom another shard has, that one answers for.
  const bool here = realm_.options().hosts(to.domain()) &&
                    realm_.partition().owner(to.bare()).shard == turn.shard;
  if (here && realm_.find_user(to.bare()) == nullptr) return ask(request, to.bare(), turn);
  accept(request, in_, turn);
}

void Messages::refuse(const sip::Received& request, uint16_t status, engine::Turn& turn) {
  trace::count(Counter::gateway_messages_refused);
  std::string& out = service_.response_scratch();
  sip::Writer writer(out);
  service_.begin_answer(request, {.status = status}, writer);
  if (status == 415) writer.field(sip::HeaderId::accept, "text/plain");
  writer.end();
  service_.respond(request.back, status, out, turn);
}

void Messages::ask(const sip::Received& request, base::Bytes account, engine::Turn& turn) {
  if (asking_ >= kAskingMax) {
    trace::count(Counter::gateway_asking_limit_hit);
    return refuse(request, 503, turn);
  }
  ++asking_;
  auto question = std::make_unique<im::StoreRequest>();
  question->kind = im::StoreKind::load_credentials;
  question->user = account;
  question->then = std::make_unique<Asking>(*this, request);
  realm_.ask(std::move(question), turn);
}

// Is there somebody it can be delivered to? Else it goes to the store, which may have no room.
bool Messages::is_there(base::Bytes account) const {
  const im::User* const user = realm_.find_user(account);
  return user != nullptr &&
         std::any_of(user->resources.begin(), user->resources.end(),
                     [](const im::Resource* resource) { return resource->takes_messages(); });
}

void Messages::accept(const sip::Received& request, const PageIn& page, engine::Turn& turn) {
  if (!turn.journal.accepting() || owed_.full()) return refuse(request, 503, turn);
  const jid::JidView to = jid::JidView::trusted(page.to);
  const bool here = realm_.options().hosts(to.domain()) &&
                    realm_.partition().owner(to.bare()).shard == turn.shard;
  const bool stores = here && !is_there(to.bare());
  im::Stanza stanza = page.stanza();
  stanza.message_id = realm_.new_message_id(turn);
  refused_ = 0;
  accepting_ = &page;
  realm_.route(stanza, turn);
  accepting_ = nullptr;
  if (refused_ != 0) return refuse(request, refused_, turn);
  trace::count(Counter::gateway_messages_in);
  composing_.said(page.from, page.to);
  OwedAnswers::Owed owed;
  owed.back = request.back;
  owed.message_id = stanza.message_id;
  owed.from = page.from;
  owed.id = page.id;
  owed.status = page.session ? 200 : 202;  // RFC 3428 §7
  sip::Writer writer(owed.accepted);
  service_.begin_answer(request, {.status = owed.status}, writer);
  writer.end();
  owed_.add(std::move(owed), stores, turn);
}

im::Stanza Messages::Sent::stanza() const {
  im::Stanza stanza;
  stanza.kind = im::StanzaKind::message;
  stanza.type = type;
  stanza.from = jid::JidView::trusted(from);
  stanza.to = jid::JidView::trusted(to);
  stanza.id = id;
  stanza.message_id = message_id;
  return stanza;
}

bool Messages::take(const im::Stanza& stanza, const sip::TrunkPeer& peer, engine::Turn& turn) {
  CHECK(stanza.kind == im::StanzaKind::message);
  if (stanza.type == im::StanzaType::groupchat) return false;
  if (stanza.type != im::StanzaType::error) {
    send(stanza, peer, turn);
    return true;
  }
  take_error(stanza, turn);
  return true;
}

// To a message from SIP: while the realm has it, soon after, or too late for anybody to be told.
void Messages::take_error(const im::Stanza& stanza, engine::Turn& turn) {
  const bool full = stanza.from.has_resource();
  const uint16_t status = status_of(read_condition(stanza, document_), full);
  if (accepting_ != nullptr && stanza.id == accepting_->id &&
      stanza.to.full() == accepting_->from) {
    refused_ = status;
  } else if (owed_.refuse(stanza.to.full(), stanza.id, status, turn)) {
    trace::count(Counter::gateway_messages_refused);
  } else {
    trace::count(Counter::gateway_errors_untold);
  }
  realm_.dropped(stanza, turn);
}

void Messages::send(const im::Stanza& stanza, const sip::TrunkPeer& peer, engine::Turn& turn) {
  std::string id;
  turn.random.token(8, id);
  // What only a client of XMPP could show has arrived as far as it can.
  if (!write_page(stanza, id, document_, out_)) {
    composing_.tell(stanza, peer, turn);
    return realm_.dropped(stanza, turn);
  }
  // RFC 3428 §8, RFC 7572 §5.
  if (peer.datagrams && size_of(out_, service_.options().sent_by) > sip::kUnreliableBytesMax) {
    return fail(stanza, im::ErrorCondition::policy_violation, turn);
  }
  const uint64_t number = ++last_number_;
  sent_[number] = {std::string(stanza.from.full()), std::string(stanza.to.full()),
                   std::string(stanza.id), stanza.message_id, stanza.type};
  if (!peer.sessions && !sessions_.has(stanza.from.bare(), stanza.to.bare())) {
    return send_alone(number, out_, peer, turn);
  }
  if (sessions_.send(stanza, number, out_, peer, turn)) return;
  failed(number, im::ErrorCondition::resource_constraint, turn);
}

void Messages::send_alone(uint64_t number, const PageOut& page, const sip::TrunkPeer& peer,
                          engine::Turn& turn) {
  sip::Request how;
  how.method = "MESSAGE";
  how.uri = page.uri;
  how.from = page.from;
  how.to = page.to;
  how.call_id = page.call_id;
  how.cseq = 1;
  if (service_.outgoing().send(peer, sip::Method::message, how, page.rest, *this, number, turn)) {
    return;
  }
  failed(number, im::ErrorCondition::resource_constraint, turn);
}

void Messages::fail(const im::Stanza& stanza, im::ErrorCondition why, engine::Turn& turn) {
  trace::count(Counter::gateway_messages_failed);
  realm_.bounce(stanza, im::error(why), turn);
  realm_.dropped(stanza, turn);
}

void Messages::on_response(uint64_t number, const sip::Message& response, const sip::Essentials&,
                           engine::Turn& turn) {
  const uint16_t status = response.status();
  if (status < 200) return;
  if (status >= 300) return failed(number, condition_of(status), turn);
  taken(number, turn);
}

void Messages::taken(uint64_t number, engine::Turn& turn) {
  const auto found = sent_.find(number);
  CHECK(found != sent_.end());
  trace::count(Counter::gateway_messages_out);
  const Sent sent = std::move(found->second);
  sent_.erase(found);
  const im::Realm::Handed handed{sent.message_id.number, 0};
  realm_.confirmed(jid::JidView::trusted(sent.from).bare(), {&handed, 1}, turn);
}

void Messages::on_no_response(uint64_t number, engine::Turn& turn) {
  failed(number, im::ErrorCondition::remote_server_timeout, turn);
}

void Messages::failed(uint64_t number, im::ErrorCondition why, engine::Turn& turn) {
  const auto found = sent_.find(number);
  CHECK(found != sent_.end());
  const Sent sent = std::move(found->second);
  sent_.erase(found);
  fail(sent.stanza(), why, turn);
}

}  // namespace gateway
