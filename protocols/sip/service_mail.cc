// Requests on their way to the shard that answers them, and answers on their way back: as they are
// on the wire, behind a fixed head. Who hears a request pays for framing and transaction, who owns
// what it is about reads it again, which takes less than a microsecond.
#include <algorithm>

#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "protocols/sip/mail.h"
#include "protocols/sip/transaction/token.h"

namespace sip {

void Service::hand_over(const Received& request, engine::ShardId to, engine::Turn& turn) {
  CHECK(to != shard_);
  Mail head;
  head.id = request.back.id;
  head.source = request.source;
  head.account_bytes = static_cast<uint16_t>(request.account.size());
  auto mail = make_mail(head, request.message.bytes().substr(0, request.message.total_bytes()),
                        request.account);
  mail->from = shard_;
  mail->to = to;
  mail->kind = Mail::request;
  mail->overflow = engine::OverflowPolicy::refuse;
  turn.out.mail(std::move(mail));
}

void Service::respond(const ReturnPath& back, uint16_t status, base::Bytes response,
                      engine::Turn& turn) {
  if (back.shard == shard_) {
    // The transaction may have gone meanwhile; then nobody waits any more.
    static_cast<void>(server_.respond(back.id, status, response, turn));
    return;
  }
  Mail head;
  head.id = back.id;
  head.status = status;
  auto mail = make_mail(head, response);
  mail->from = shard_;
  mail->to = back.shard;
  mail->kind = Mail::answer;
  turn.out.mail(std::move(mail));
}

// By datagram a response may reach any shard: our branch says which one waits for it.
void Service::receive_response(const Message& message, const Essentials& essentials,
                               engine::Turn& turn) {
  base::Bytes token = essentials.via.branch;
  token.remove_prefix(std::min(token.size(), kBranchCookie.size()));
  Place place;
  const bool elsewhere = read_token(node_.key, TokenUse::branch, token, place) &&
                         place.shard != shard_ && place.shard < node_.shards;
  if (!elsewhere) return outgoing_.receive(message, essentials, turn);
  auto mail = make_mail(Mail{}, message.bytes().substr(0, message.total_bytes()));
  mail->from = shard_;
  mail->to = place.shard;
  mail->kind = Mail::response;
  turn.out.mail(std::move(mail));
}

void Service::on_mail(const engine::Envelope& mail, engine::Turn& turn) {
  CHECK(mail.to == shard_);
  Mail head;
  base::Bytes bytes = open_mail(mail, head);
  if (mail.kind == Mail::answer) {
    return respond({head.id, shard_}, head.status, bytes, turn);
  }
  const base::Bytes account = bytes.substr(0, head.account_bytes);
  bytes.remove_prefix(account.size());
  if (mail.kind == Mail::send) return sip::send(head.source, bytes, turn.out);
  if (mail.kind == Mail::closed) return flow_user_->on_flow_closed(head.source, mail.from, turn);
  // It has been read before, on the shard that heard it.
  Fault fault = Fault::none;
  CHECK(message_.index_datagram(bytes) && read_essentials(message_, essentials_, fault));
  if (mail.kind == Mail::response) return outgoing_.receive(message_, essentials_, turn);
  if (mail.kind == Mail::claim) {
    CHECK(gate_ != nullptr);
    return gate_->check({message_, essentials_, head.source, mail.from}, turn);
  }
  if (mail.kind == Mail::verdict) {
    const Claim claim{message_, essentials_, head.source, shard_};
    return decide(claim, {head.status, head.stale, account}, turn);
  }
  if (mail.kind == Mail::adopted) {
    return adopted({message_, essentials_.via, head.source, mail.from}, essentials_, turn);
  }
  CHECK(mail.kind == Mail::request);
  Handler* const who = handler(message_.method());
  CHECK(who != nullptr);
  who->on_request({message_, essentials_, {head.id, mail.from}, head.source, account}, turn);
}

// The mailbox of the owner's shard is full: it has more to do than it can.
void Service::on_refused(const engine::Envelope& mail, engine::Turn& turn) {
  const bool known = mail.kind == Mail::request;  // has a transaction
  CHECK(mail.from == shard_ && (known || mail.kind == Mail::claim || mail.kind == Mail::adopted));
  trace::count(trace::Counter::sip_requests_refused_busy);
  Mail head;
  const base::Bytes bytes = open_mail(mail, head).substr(head.account_bytes);
  Fault fault = Fault::none;
  CHECK(message_.index_datagram(bytes) && read_essentials(message_, essentials_, fault));
  if (message_.method() == Method::ack) return;  // comes again, with the 2xx
  if (!known) return reply({message_, essentials_.via, head.source, shard_}, 503, turn);
  answer({message_, essentials_, {head.id, shard_}, head.source, {}}, 503, turn);
}

}  // namespace sip
