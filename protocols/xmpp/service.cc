#include "protocols/xmpp/service.h"

#include <utility>

#include "engine/base/check.h"
#include "engine/trace/counters.h"
#include "engine/trace/trace.h"
#include "protocols/xml/document.h"
#include "protocols/xmpp/negotiation/login.h"
#include "protocols/xmpp/stream.h"

namespace xmpp {

Service::Service(engine::ShardId shard, const engine::Partition& partition,
                 std::shared_ptr<const Options> options, Node& node)
    : shard_(shard),
      partition_(partition),
      options_(std::move(options)),
      node_(node),
      realm_(std::make_unique<im::Realm>(shard, partition, options_->im, *this)),
      document_(std::make_unique<xml::Document>()),
      account_document_(std::make_unique<xml::Document>()) {
  CHECK(shard < node.services.size() && node.services[shard] == nullptr);
  CHECK(!node.secret.empty());
  node.services[shard] = this;
}

Service::~Service() {
  // The engine destroys its peers first; what is left are sessions that nobody came back to, and
  // the realm lets go of them.
  realm_.reset();
  while (sessions_ != nullptr) destroy(*sessions_);
  CHECK(stream_count_ == 0 && session_count_ == 0 && waiting_.empty());
  node_.services[shard_] = nullptr;
}

std::unique_ptr<engine::Peer> Service::accept(const engine::Accepted& how, engine::Turn& turn) {
  if (shutting_down_) return nullptr;
  return std::make_unique<Stream>(*this, how, turn);
}

void Service::on_mail(const engine::Envelope& mail, engine::Turn& turn) {
  realm_->on_mail(mail, turn);
}

void Service::on_refused(const engine::Envelope& mail, engine::Turn& turn) {
  realm_->on_refused(mail, turn);
}

void Service::on_answer(engine::QuestionPtr answer, engine::Turn& turn) {
  // Everything this service asks is a StoreRequest.
  std::unique_ptr<im::StoreRequest> request(static_cast<im::StoreRequest*>(answer.release()));
  CHECK(request != nullptr);
  realm_->on_answer(std::move(request), turn);
}

void Service::on_committed(engine::Turn& turn) {
  realm_->on_committed(turn);
  while (Session* session = acks_.front()) {
    if (session->ledger().position > turn.journal.committed()) break;
    acks_.pop_front();
    session->on_committed(turn);
  }
  let_resume(turn);
}

void Service::on_shutdown(engine::Turn& turn) {
  CHECK(!std::exchange(shutting_down_, true));
  for (Stream* stream = streams_; stream != nullptr; stream = stream->next_) {
    stream->fail(StreamError::system_shutdown, {}, turn);
  }
  // Sessions that are not in the journal nobody can come back to.
  for (Session* session = sessions_; session != nullptr;) {
    Session* next = session->next_;
    if (!session->in_journal() || session->finishing()) session->finish(turn);
    session = next;
  }
}

void Service::set_options(std::shared_ptr<const Options> options) {
  CHECK(options != nullptr && options->im != nullptr);
  options_ = std::move(options);
  realm_->set_options(options_->im);
}

bool Service::on_account_iq(im::User& user, const im::Stanza& iq, engine::Turn& turn) {
  // The content may have crossed from another shard as bytes; prefixes may be declared around it.
  std::string whole = "<iq xmlns='jabber:client'";
  whole.append(iq.attributes).append(">").append(iq.payload).append("</iq>");
  xml::Limits limits = options_->after_authentication;
  limits.stanza_bytes += 1024;   // for what was just put around it
  if (account_document_->parse(whole, limits) != xml::Verdict::ok) return false;
  const xml::Element payload = account_document_->root().first_child();
  return payload && answer_account_iq(*this, user, iq, payload, turn);
}

bool Service::kick(base::Bytes full_jid, engine::Turn& turn) {
  return realm_->end(full_jid, im::Farewell::kicked, turn);
}

Session* Service::find_resumable(base::Bytes bare_jid, base::Bytes id) {
  im::User* user = realm_->find_user(bare_jid);
  if (user == nullptr) return nullptr;
  for (im::Resource* resource : user->resources) {
    auto* session = dynamic_cast<Session*>(resource);   // SIP's resources are not sessions
    if (session == nullptr || session->finishing()) continue;
    const StreamManagement* acks = session->stream_management();
    if (acks != nullptr && acks->is(id)) return session;
  }
  return nullptr;
}

uint64_t Service::take_ticket(Stream& stream) {
  CHECK(stream.login_ != nullptr && stream.login_->ticket == 0);
  const uint64_t ticket = ++last_ticket_;
  waiting_[ticket] = &stream;
  stream.login_->ticket = ticket;
  return ticket;
}

Stream* Service::find_waiting(uint64_t ticket) const {
  const auto found = waiting_.find(ticket);
  return found == waiting_.end() ? nullptr : found->second;
}

void Service::drop_ticket(uint64_t ticket) {
  const auto found = waiting_.find(ticket);
  if (found == waiting_.end()) return;
  CHECK(found->second->login_ != nullptr && found->second->login_->ticket == ticket);
  found->second->login_->ticket = 0;
  waiting_.erase(found);
}

void Service::enter(Stream& stream) {
  CHECK(!std::exchange(stream.listed_, true));
  stream.previous_ = nullptr;
  stream.next_ = streams_;
  if (streams_ != nullptr) streams_->previous_ = &stream;
  streams_ = &stream;
  ++stream_count_;
}

void Service::leave(Stream& stream) {
  CHECK(std::exchange(stream.listed_, false) && stream_count_ > 0);
  if (stream.previous_ != nullptr) stream.previous_->next_ = stream.next_;
  if (stream.next_ != nullptr) stream.next_->previous_ = stream.previous_;
  if (streams_ == &stream) streams_ = stream.next_;
  stream.previous_ = stream.next_ = nullptr;
  --stream_count_;
}

Session& Service::adopt(std::unique_ptr<Session> owned) {
  Session* session = owned.release();
  CHECK(session->next_ == nullptr && session->previous_ == nullptr);
  session->next_ = sessions_;
  if (sessions_ != nullptr) sessions_->previous_ = session;
  sessions_ = session;
  ++session_count_;
  return *session;
}

void Service::ending(Session& session) {
  session.ending_at_ = static_cast<uint32_t>(ending_.size());
  ending_.push_back(&session);
}

void Service::not_ending(Session& session) {
  const uint32_t at = session.ending_at_;
  if (at >= ending_.size() || ending_[at] != &session) return;
  ending_[at] = ending_.back();
  ending_[at]->ending_at_ = at;
  ending_.pop_back();
}

void Service::finish_ending(base::Bytes bare_jid, engine::Turn& turn) {
  for (size_t i = 0; i < ending_.size();) {
    if (ending_[i]->bare_jid() == bare_jid) {
      ending_[i]->finish(turn);  // another one has its place
    } else {
      ++i;
    }
  }
}

void Service::destroy(Session& session) {
  not_ending(session);
  CHECK(session_count_ > 0 && session.user == nullptr);
  if (session.previous_ != nullptr) session.previous_->next_ = session.next_;
  if (session.next_ != nullptr) session.next_->previous_ = session.previous_;
  if (sessions_ == &session) sessions_ = session.next_;
  --session_count_;
  delete &session;
}

}  // namespace xmpp
