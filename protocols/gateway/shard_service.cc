#include "protocols/gateway/shard_service.h"

#include <utility>

namespace gateway {

ShardService::ShardService(std::unique_ptr<xmpp::Service> xmpp, std::unique_ptr<sip::Service> sip)
    : xmpp_(std::move(xmpp)), sip_(std::move(sip)), messages_(*sip_, xmpp_->realm()) {
  if (sip_->options().digest) authenticator_.emplace(*sip_, xmpp_->realm());
}

void ShardService::on_password_changed(base::Bytes account) {
  if (authenticator_) authenticator_->forget(account);
}

std::unique_ptr<engine::Peer> ShardService::accept(const engine::Accepted& how,
                                                   engine::Turn& turn) {
  if (sip_->options().owns(how.listener)) return sip_->accept(how, turn);
  return xmpp_->accept(how, turn);
}

void ShardService::on_datagram(const engine::Datagram& datagram, engine::Turn& turn) {
  sip_->on_datagram(datagram, turn);
}

std::unique_ptr<engine::Peer> ShardService::on_connected(uint64_t token,
                                                         const engine::Accepted& how,
                                                         engine::Turn& turn) {
  return sip_->on_connected(token, how, turn);
}

void ShardService::on_connect_failed(uint64_t token, engine::ConnectFailure why,
                                     engine::Turn& turn) {
  sip_->on_connect_failed(token, why, turn);
}

engine::Service& ShardService::service_of(const engine::Envelope& mail) {
  if (mail.kind >= sip::kFirstMailKind) return *sip_;
  return *xmpp_;
}

void ShardService::on_mail(const engine::Envelope& mail, engine::Turn& turn) {
  service_of(mail).on_mail(mail, turn);
}

void ShardService::on_refused(const engine::Envelope& mail, engine::Turn& turn) {
  service_of(mail).on_refused(mail, turn);
}

// Every question is put through the realm, which XMPP's service owns.
void ShardService::on_answer(engine::QuestionPtr answer, engine::Turn& turn) {
  const auto& request = static_cast<const im::StoreRequest&>(*answer);
  if (im::changes_password(request.kind)) on_password_changed(request.user);
  xmpp_->on_answer(std::move(answer), turn);
}

void ShardService::on_committed(engine::Turn& turn) {
  xmpp_->on_committed(turn);
  messages_.on_committed(turn);
}

void ShardService::on_recovered(std::vector<engine::JournalEntry> entries, engine::Turn& turn) {
  xmpp_->on_recovered(std::move(entries), turn);
}

void ShardService::on_shutdown(engine::Turn& turn) {
  sip_->on_shutdown(turn);
  xmpp_->on_shutdown(turn);
}

}  // namespace gateway
