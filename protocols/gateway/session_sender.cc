// Sessions that we begin, and what is said in them. A message stays in its session's queue until it
// is answered 2xx there; what a session leaves behind goes into the next one, or back as an error.
// Whoever hears of a message's fate may give us another at once: so that is told last.
#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "protocols/gateway/errors.h"
#include "protocols/gateway/sessions.h"
#include "protocols/sip/address.h"

namespace gateway {
namespace {

using trace::Counter;

constexpr int kGenerationShift = 22;  // above a slot
constexpr int kWhatShift = 38;

size_t weight(const PageOut& page) {
  return sizeof(Session::Waiting) + page.uri.size() + page.from.size() + page.to.size() +
         page.call_id.size() + page.rest.size();
}

// Answers to an INVITE by those who have no sessions of messages; a page may reach them.
bool has_no_sessions(uint16_t status) {
  static constexpr uint16_t kThose[] = {405, 415, 488, 501, 606};
  return std::find(std::begin(kThose), std::end(kThose), status) != std::end(kThose);
}

// Answers to a message that end its dialog (RFC 5057 §5.1); 408 and 481 also for RFC 3261
// §12.2.1.2.
bool ends_dialog(uint16_t status) {
  static constexpr uint16_t kThose[] = {404, 408, 410, 416, 480, 481, 482, 483, 484, 485, 502, 604};
  return std::find(std::begin(kThose), std::end(kThose), status) != std::end(kThose);
}

}  // namespace

uint64_t Sessions::number_of(const Session& session, What what) {
  return session.place.slot | uint64_t{session.place.generation} << kGenerationShift |
         static_cast<uint64_t>(what) << kWhatShift;
}

const sip::TrunkPeer* Sessions::way(const Session& session) const {
  return sip::peer_for(service_.options().peers, jid::JidView::trusted(session.theirs).domain());
}

bool Sessions::has(base::Bytes ours, base::Bytes theirs) const {
  return table_.find(ours, theirs) != nullptr;
}

bool Sessions::send(const im::Stanza& stanza, uint64_t number, const PageOut& page,
                    const sip::TrunkPeer& peer, engine::Turn& turn) {
  const base::Bytes ours = stanza.from.bare();
  const base::Bytes theirs = stanza.to.bare();
  Session* session = table_.find(ours, theirs);
  const bool full = session != nullptr && session->waiting.size() >= kWaitingMax;
  if (full || waiting_bytes_ + weight(page) > kWaitingBytesMax) {
    trace::count(Counter::gateway_session_waiting_limit_hit);
    return false;
  }
  const bool begins = session == nullptr;
  if (begins &&
      table_.make(*this, turn.shard, ours, theirs, peer.id, session) != SessionTable::Made::ok) {
    return false;
  }
  waiting_bytes_ += weight(page);
  session->waiting.push_back({number, page});
  if (!begins) {
    next(*session, turn);
    return true;
  }
  session->dialog.call_id = page.call_id;
  invite(*session, turn);
  return true;
}

bool Sessions::tell(const im::Stanza& stanza, base::Bytes rest, engine::Turn& turn) {
  Session* const session = table_.find(stanza.from.bare(), stanza.to.bare());
  const bool quiet = session != nullptr && session->state == Session::State::open &&
                     !session->under_way && !session->telling && !session->wants_no_notices;
  const sip::TrunkPeer* const peer = quiet ? way(*session) : nullptr;
  if (peer == nullptr) return false;
  sip::Request how;
  std::string route;
  sip::fill_request(session->dialog, sip::wire_name(sip::Method::message), route, how);
  session->telling = service_.outgoing().send(*peer, sip::Method::message, how, rest, *this,
                                              number_of(*session, What::notice), turn);
  return session->telling;
}

// In a dialog of its own, whose Call-ID is known.
void Sessions::invite(Session& session, engine::Turn& turn) {
  const sip::TrunkPeer* const peer = way(session);
  if (peer == nullptr) return fail_all(session, im::ErrorCondition::remote_server_not_found, turn);
  sip::Dialog dialog;
  dialog.call_id = session.dialog.call_id;
  dialog.local_tag = session.tag;
  dialog.local = "<";
  sip::write_sip_uri(jid::JidView::trusted(session.ours), dialog.local);
  dialog.local.append(">;tag=").append(session.tag);
  sip::write_sip_uri(jid::JidView::trusted(session.theirs), dialog.remote_target);
  dialog.remote = "<" + dialog.remote_target + ">";
  session.dialog = std::move(dialog);
  session.state = Session::State::inviting;
  sip::Request how;
  std::string route;
  sip::fill_request(session.dialog, sip::wire_name(sip::Method::invite), route, how);
  session.invited = how.cseq;
  std::string contact;
  append_contact(session, contact);
  std::string offer;
  sip::write_session_offer(service_.options().sent_by, how.cseq, offer);
  std::string rest;
  sip::Writer writer(rest);
  writer.field(sip::HeaderId::contact, contact);
  writer.field(sip::HeaderId::allow, kAllow);
  writer.end(sip::kSdp, offer);
  if (!service_.outgoing().send(*peer, sip::Method::invite, how, rest, *this,
                                number_of(session, What::invite), turn)) {
    return fail_all(session, im::ErrorCondition::resource_constraint, turn);
  }
  turn.timers.arm(session.timer, turn.now + kRingingMax);
}

void Sessions::begin_anew(Session& session, engine::Turn& turn) {
  session.dialog.call_id.clear();
  turn.random.token(16, session.dialog.call_id);
  invite(session, turn);
}

Session::Waiting Sessions::take_first(Session& session) {
  CHECK(!session.waiting.empty());
  Session::Waiting first = std::move(session.waiting.front());
  session.waiting.pop_front();
  CHECK(waiting_bytes_ >= weight(first.page));
  waiting_bytes_ -= weight(first.page);
  return first;
}

void Sessions::fail_all(Session& session, im::ErrorCondition why, engine::Turn& turn) {
  std::deque<Session::Waiting> all;
  while (!session.waiting.empty()) all.push_back(take_first(session));
  table_.erase(session);
  for (const Session::Waiting& one : all) messages_.failed(one.number, why, turn);
}

void Sessions::send_all_alone(Session& session, engine::Turn& turn) {
  const sip::TrunkPeer* const peer = way(session);
  if (peer == nullptr) return fail_all(session, im::ErrorCondition::remote_server_not_found, turn);
  std::deque<Session::Waiting> all;
  while (!session.waiting.empty()) all.push_back(take_first(session));
  table_.erase(session);
  for (const Session::Waiting& one : all) messages_.send_alone(one.number, one.page, *peer, turn);
}

// The next message, where there is one and the last has been answered.
void Sessions::next(Session& session, engine::Turn& turn) {
  if (session.state != Session::State::open || session.under_way) return;
  std::vector<uint64_t> no_room;
  while (!session.waiting.empty() && !send_first(session, turn)) {
    no_room.push_back(take_first(session).number);
  }
  for (const uint64_t number : no_room) {
    messages_.failed(number, im::ErrorCondition::resource_constraint, turn);
  }
}

bool Sessions::send_first(Session& session, engine::Turn& turn) {
  const sip::TrunkPeer* const peer = way(session);
  if (peer == nullptr) return false;
  sip::Request how;
  std::string route;
  sip::fill_request(session.dialog, sip::wire_name(sip::Method::message), route, how);
  session.under_way =
      service_.outgoing().send(*peer, sip::Method::message, how, session.waiting.front().page.rest,
                               *this, number_of(session, What::message), turn);
  if (session.under_way) touch(session, turn);
  return session.under_way;
}

void Sessions::on_response(uint64_t number, const sip::Message& response,
                           const sip::Essentials& essentials, engine::Turn& turn) {
  const auto what = static_cast<What>(number >> kWhatShift);
  const sip::Place place{turn.shard, static_cast<uint32_t>(number & (sip::kSlotsMax - 1)),
                         static_cast<uint16_t>(number >> kGenerationShift)};
  Session* const session = table_.find(place);
  const uint16_t status = response.status();
  if (status < 200 || what == What::bye || session == nullptr) return;
  if (what == What::notice) {
    session->telling = false;
    session->wants_no_notices = status >= 300;
    return;
  }
  if (what == What::message) return answered(*session, status, turn);
  // Of an INVITE from before it began anew, say.
  if (essentials.call_id != session->dialog.call_id) return;
  if (status < 300) return accepted(*session, response, essentials, turn);
  if (session->state == Session::State::inviting) refused(*session, status, turn);
}

void Sessions::on_no_response(uint64_t number, engine::Turn& turn) {
  const auto what = static_cast<What>(number >> kWhatShift);
  const sip::Place place{turn.shard, static_cast<uint32_t>(number & (sip::kSlotsMax - 1)),
                         static_cast<uint16_t>(number >> kGenerationShift)};
  Session* const session = table_.find(place);
  if (session == nullptr || what == What::bye) return;
  if (what == What::notice) {
    session->telling = false;
    return;
  }
  if (what == What::message) return answered(*session, 408, turn);
  if (session->state == Session::State::inviting) refused(*session, 408, turn);
}

void Sessions::refused(Session& session, uint16_t status, engine::Turn& turn) {
  if (has_no_sessions(status)) return send_all_alone(session, turn);
  fail_all(session, condition_of(status), turn);
}

void Sessions::send_ack(sip::Dialog& dialog, const sip::TrunkPeer& peer, uint32_t number,
                        engine::Turn& turn) {
  sip::Request how;
  std::string route;
  sip::fill_ack(dialog, number, route, how);
  service_.outgoing().acknowledge(peer, how, turn);
}

// The first 2xx, or one again: its ACK has been lost.
void Sessions::accepted(Session& session, const sip::Message& response,
                        const sip::Essentials& essentials, engine::Turn& turn) {
  const sip::TrunkPeer* const peer = way(session);
  if (session.state != Session::State::inviting) {
    const bool same = session.dialog.remote_tag == essentials.to.tag;
    if (same && peer != nullptr) send_ack(session.dialog, *peer, session.invited, turn);
    return;
  }
  sip::Dialog dialog;
  if (peer == nullptr || !sip::answered_dialog(response, essentials, dialog)) {
    return fail_all(session, im::ErrorCondition::undefined_condition, turn);
  }
  session.dialog = std::move(dialog);
  session.state = Session::State::open;
  trace::count(Counter::gateway_sessions_out);
  send_ack(session.dialog, *peer, session.invited, turn);
  touch(session, turn);
  next(session, turn);
}

// Whatever becomes of it, it is the last word.
void Sessions::send_bye(Session& session, engine::Turn& turn) {
  sip::Request how;
  std::string route;
  sip::fill_request(session.dialog, sip::wire_name(sip::Method::bye), route, how);
  std::string rest;
  sip::Writer(rest).end();
  sip::Outgoing& outgoing = service_.outgoing();
  const uint64_t number = number_of(session, What::bye);
  const sip::TrunkPeer* const peer = session.peer == 0 ? nullptr : way(session);
  if (peer != nullptr) {
    static_cast<void>(outgoing.send(*peer, sip::Method::bye, how, rest, *this, number, turn));
  } else if (session.peer == 0) {
    static_cast<void>(outgoing.send(session.flow, session.shard, sip::Method::bye, how, rest, *this,
                                    number, turn));
  }
}

// Its dialog is: what has not been said goes into another one, when what has been said is answered.
void Sessions::over(Session& session, engine::Turn& turn) {
  if (session.under_way) {
    session.state = Session::State::over;
  } else if (session.waiting.empty()) {
    table_.erase(session);
  } else {
    begin_anew(session, turn);
  }
}

void Sessions::answered(Session& session, uint16_t status, engine::Turn& turn) {
  CHECK(std::exchange(session.under_way, false));
  // Such a session is there no more, after a restart of theirs say: it is said again, once.
  if (status == 481 && !session.waiting.front().again) {
    session.waiting.front().again = true;
    return over(session, turn);
  }
  const uint64_t number = take_first(session).number;
  if (session.state == Session::State::over || ends_dialog(status)) {
    over(session, turn);
  } else {
    next(session, turn);
  }
  if (status < 300) return messages_.taken(number, turn);
  messages_.failed(number, condition_of(status), turn);
}

}  // namespace gateway
