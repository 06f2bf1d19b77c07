// Requests on their way to the shard that answers them, and answers on their way back: as they are
// on the wire, behind a fixed head. Who hears a request pays for framing and transaction, who owns
// what it is about reads it again, which takes less than a microsecond.
#include <algorithm>
#include <cstring>

#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "protocols/sip/service.h"
#include "protocols/sip/transaction/token.h"

namespace sip {

struct Service::Mail {
  // `answer` is ours, on its way to the transaction; `response` a peer's, to a request of ours.
  enum Kind : uint8_t { request = kFirstMailKind, answer, response };
  TransactionId id;
  Flow source;                 // of a request
  uint16_t account_bytes = 0;  // of its sender, in front of it
  uint16_t status = 0;         // of an answer
};

namespace {

template <class Head>
engine::EnvelopePtr make_mail(const Head& head, base::Bytes bytes, base::Bytes account = {}) {
  static_assert(std::is_trivially_copyable_v<Head>);
  const size_t size = sizeof head + account.size() + bytes.size();
  auto envelope = engine::make_envelope(static_cast<uint32_t>(size));
  char* to = envelope->data();
  std::memcpy(to, &head, sizeof head);
  to = std::copy(account.begin(), account.end(), to + sizeof head);
  std::copy(bytes.begin(), bytes.end(), to);
  return envelope;
}

template <class Head>
base::Bytes open_mail(const engine::Envelope& mail, Head& head) {
  CHECK(mail.size > sizeof head);
  std::memcpy(&head, mail.payload().data(), sizeof head);
  return mail.payload().substr(sizeof head);
}

}  // namespace

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
  // It has been read before, on the shard that heard it.
  Fault fault = Fault::none;
  CHECK(message_.index_datagram(bytes) && read_essentials(message_, essentials_, fault));
  if (mail.kind == Mail::response) return outgoing_.receive(message_, essentials_, turn);
  CHECK(mail.kind == Mail::request);
  Handler* const who = handler(message_.method());
  CHECK(who != nullptr);
  who->on_request({message_, essentials_, {head.id, mail.from}, head.source, account}, turn);
}

// The mailbox of the owner's shard is full: it has more to do than it can.
void Service::on_refused(const engine::Envelope& mail, engine::Turn& turn) {
  CHECK(mail.from == shard_ && mail.kind == Mail::request);
  trace::count(trace::Counter::sip_requests_refused_busy);
  Mail head;
  const base::Bytes bytes = open_mail(mail, head).substr(head.account_bytes);
  Fault fault = Fault::none;
  CHECK(message_.index_datagram(bytes) && read_essentials(message_, essentials_, fault));
  answer({message_, essentials_, {head.id, shard_}, head.source, {}}, 503, turn);
}

}  // namespace sip
