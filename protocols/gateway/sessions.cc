#include "protocols/gateway/sessions.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "protocols/sip/account.h"
#include "protocols/sip/header/media_type.h"
#include "protocols/sip/held_request.h"
#include "protocols/sip/transaction/timing.h"

namespace gateway {
namespace {

using trace::Counter;

}  // namespace

// An INVITE on whose account the store is asked.
struct Sessions::Asking final : im::StoreRequest::Context {
  Asking(Sessions& sessions, const sip::Received& request) : owner(sessions), held(request) {}

  void answered(im::StoreRequest& answer, im::Realm&, engine::Turn& turn) override {
    --owner.asking_;
    held.use([&](const sip::Received& request) {
      const uint16_t status = owner.admit(request, turn);
      if (status != 0) return owner.refuse(request, status, turn);  // its peer has gone meanwhile
      if (answer.status == im::StoreStatus::ok) return owner.begin(request, turn);
      owner.refuse(request, answer.status == im::StoreStatus::not_found ? 404 : 503, turn);
    });
  }

  Sessions& owner;
  const sip::HeldRequest held;
};

Sessions::Sessions(sip::Service& service, im::Realm& realm, SessionMessages& messages)
    : service_(service),
      realm_(realm),
      messages_(messages),
      table_(service.key(), service.options().im_sessions_max) {
  service.handle(sip::Method::invite, *this);
  service.handle(sip::Method::ack, *this);
  service.handle(sip::Method::bye, *this);
  service.announce(sip::HeaderId::accept, sip::kSdp);
}

// A tag that is none of this node's may be that of the host node of whom To names.
engine::Owner Sessions::owner_of(const sip::Received& request, engine::Turn&) {
  const sip::Essentials& essentials = request.essentials;
  engine::Owner owner = service_.here();
  const bool first = essentials.to.tag.empty();
  if (!first && table_.shard_of(essentials.to.tag, owner.shard)) {
    return owner.shard < service_.shards() ? owner : service_.here();
  }
  if (first && !request.account.empty()) return realm_.partition().owner(request.account);
  sip::Uri to = essentials.request_uri;
  if ((!first && !sip::parse_uri(essentials.to.uri, to)) ||
      !sip::find_account(to, realm_.options(), service_.options(), account_)) {
    return service_.here();
  }
  owner = realm_.partition().owner(jid::JidView::trusted(account_).bare());
  return first || owner.node != service_.here().node ? owner : service_.here();
}

void Sessions::on_request(const sip::Received& request, engine::Turn& turn) {
  const sip::Method method = request.message.method();
  if (method == sip::Method::ack) return acknowledged(request, turn);
  if (method == sip::Method::invite) {
    return request.essentials.to.tag.empty() ? invited(request, turn)
                                             : invited_again(request, turn);
  }
  CHECK(method == sip::Method::bye);
  Session* session = nullptr;
  const uint16_t status = enter(request, session, turn);
  if (status != 0) return service_.answer(request, status, turn);
  service_.answer(request, 200, turn);
  over(*session, turn);
}

uint16_t Sessions::enter(const sip::Received& request, Session*& out, engine::Turn& turn) {
  out = table_.find(request.essentials, turn.shard);
  const bool there = out != nullptr &&
                     (out->state == Session::State::open || out->state == Session::State::offered);
  if (!there) return 481;
  if (!may_speak(request, out->theirs, service_.options())) return 403;
  return sip::take_request(out->dialog, request.message, request.essentials) == sip::Order::stale
             ? 500
             : 0;
}

void Sessions::touch(Session& session, engine::Turn& turn) {
  if (session.state == Session::State::open) {
    turn.timers.arm(session.timer, turn.now + service_.options().im_idle);
  }
}

// Reads parties and offer, and says why it is refused; 0: it is not.
uint16_t Sessions::admit(const sip::Received& request, engine::Turn& turn) {
  const uint16_t status = read_parties(request, realm_.options(), service_, turn, parties_);
  if (status != 0) return status;
  sip::MediaType type;
  if (request.message.body().empty()) return 488;  // whoever leaves the offer to us wants a call
  if (sip::read_content_type(request.message, type) != sip::Read::ok || !type.is(sip::kSdp)) {
    return 415;
  }
  return sip::read_session_offer(request.message.body(), offer_) ? 0 : 488;
}

void Sessions::invited(const sip::Received& request, engine::Turn& turn) {
  const uint16_t status = admit(request, turn);
  if (status != 0) return refuse(request, status, turn);
  const jid::JidView to = jid::JidView::trusted(parties_.to);
  const bool here = realm_.options().hosts(to.domain()) &&
                    realm_.partition().owner(to.bare()).shard == turn.shard;
  if (here && realm_.find_user(to.bare()) == nullptr) return ask(request, to.bare(), turn);
  begin(request, turn);
}

void Sessions::ask(const sip::Received& request, base::Bytes account, engine::Turn& turn) {
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

// With what admit() has read.
void Sessions::begin(const sip::Received& request, engine::Turn& turn) {
  const jid::JidView from = jid::JidView::trusted(parties_.from);
  const sip::TrunkPeer* const peer =
      request.account.empty() ? sip::peer_for(service_.options().peers, from.domain()) : nullptr;
  CHECK(peer != nullptr || !request.account.empty());
  Session* session = nullptr;
  const SessionTable::Made made =
      table_.make(*this, turn.shard, jid::JidView::trusted(parties_.to).bare(), from.bare(),
                  peer == nullptr ? 0 : peer->id, session);
  if (made != SessionTable::Made::ok) {
    return refuse(request, made == SessionTable::Made::user_limit ? 486 : 503, turn);
  }
  if (!sip::accept_dialog(request.message, request.essentials, session->tag, session->dialog)) {
    table_.erase(*session);
    return refuse(request, 400, turn);
  }
  session->flow = request.source;
  session->shard = request.back.shard;
  trace::count(Counter::gateway_sessions_in);
  accept(request, *session, turn);
}

// A re-INVITE changes nothing but where requests go: it is how its sender finds out whether we are
// still there.
void Sessions::invited_again(const sip::Received& request, engine::Turn& turn) {
  Session* session = nullptr;
  uint16_t status = enter(request, session, turn);
  const base::Bytes body = request.message.body();
  if (status == 0 && !sip::read_session_offer(body, offer_)) status = 488;
  if (status != 0) return refuse(request, status, turn);
  accept(request, *session, turn);
}

void Sessions::append_contact(const Session& session, base::Sink& out) const {
  const sip::Options& options = service_.options();
  sip::TrunkPeer client;
  client.tls = session.flow.reliable() && options.is_tls(session.flow.listener);
  client.datagrams = !session.flow.reliable();
  const sip::TrunkPeer* const peer = session.peer == 0 ? nullptr : way(session);
  sip::append_contact(peer != nullptr ? *peer : client, options, out);
}

void Sessions::accept(const sip::Received& request, Session& session, engine::Turn& turn) {
  std::string description;
  sip::write_session_answer(offer_, service_.options().sent_by, session.dialog.remote_cseq,
                            description);
  std::string contact;
  append_contact(session, contact);
  std::string& out = service_.response_scratch();
  sip::Writer writer(out);
  service_.begin_answer(request, {.status = 200, .to_tag = session.tag, .record_route = true},
                        writer);
  writer.field(sip::HeaderId::contact, contact);
  writer.field(sip::HeaderId::allow, kAllow);
  writer.end(sip::kSdp, description);
  if (out.size() > kAcceptedBytesMax) {
    over(session, turn);
    return refuse(request, 513, turn);
  }
  session.accepted = out;
  session.back = request.back;
  session.invited = request.essentials.cseq.number;
  session.state = Session::State::offered;
  session.interval = sip::kT1;
  session.repeats = turn.now + sip::kT1;
  session.until = turn.now + sip::kTransactionLife;
  turn.timers.arm(session.timer, session.repeats);
  service_.respond(session.back, 200, session.accepted, turn);
}

void Sessions::acknowledged(const sip::Received& ack, engine::Turn& turn) {
  Session* const session = table_.find(ack.essentials, turn.shard);
  if (session == nullptr || session->state != Session::State::offered ||
      ack.essentials.cseq.number != session->invited) {
    return;
  }
  std::string().swap(session->accepted);
  session->state = Session::State::open;
  touch(*session, turn);
  next(*session, turn);
}

void Sessions::refuse(const sip::Received& request, uint16_t status, engine::Turn& turn) {
  trace::count(Counter::gateway_sessions_refused);
  std::string& out = service_.response_scratch();
  sip::Writer writer(out);
  service_.begin_answer(request, {.status = status}, writer);
  if (status == 415) writer.field(sip::HeaderId::accept, sip::kSdp);
  writer.end();
  service_.respond(request.back, status, out, turn);
}

void Sessions::on_time(Session& session, engine::Turn& turn) {
  switch (session.state) {
    case Session::State::offered:
      break;
    case Session::State::inviting:
      // Where not even a provisional answer has come, the transaction ends it.
      static_cast<void>(service_.outgoing().cancel(*this, number_of(session, What::invite), turn));
      return;
    case Session::State::open:
      if (session.under_way) return touch(session, turn);
      trace::count(Counter::gateway_sessions_idle);
      send_bye(session, turn);
      return over(session, turn);
    case Session::State::over:
      return;
  }
  if (turn.now >= session.until) {
    trace::count(Counter::gateway_sessions_unacknowledged);
    send_bye(session, turn);
    return over(session, turn);
  }
  service_.respond(session.back, 200, session.accepted, turn);
  session.interval = sip::next_interval(session.interval);
  session.repeats = std::min(turn.now + session.interval, session.until);
  turn.timers.arm(session.timer, session.repeats);
}

}  // namespace gateway
