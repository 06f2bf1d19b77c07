#include "protocols/gateway/shard_service.h"

#include <utility>

#include "engine/base/check.h"
#include "protocols/sip/event/dialogs.h"
#include "protocols/sip/event/message_waiting.h"
#include "protocols/sip/event/presence.h"
#include "protocols/sip/event/watcher_info.h"

namespace gateway {
namespace {

// Another number of messages may wait for the user now.
bool concerns_stored_messages(im::StoreKind kind) {
  return kind == im::StoreKind::append_offline || kind == im::StoreKind::load_offline ||
         kind == im::StoreKind::delete_offline;
}

}  // namespace

ShardService::ShardService(std::unique_ptr<xmpp::Service> xmpp, std::unique_ptr<sip::Service> sip,
                           base::Random& random)
    : xmpp_(std::move(xmpp)),
      sip_(std::move(sip)),
      messages_(*sip_, xmpp_->realm()),
      presences_(*sip_, xmpp_->realm()),
      compositor_(*sip_, xmpp_->realm()),
      notifier_(*sip_, xmpp_->realm(), random),
      registrar_(*sip_, xmpp_->realm()) {
  const uint8_t presence = notifier_.add(std::make_unique<sip::PresencePackage>());
  notifier_.add(std::make_unique<sip::WatcherInfoPackage>(presence));
  notifier_.add(std::make_unique<sip::DialogPackage>());
  message_waiting_ = notifier_.add(std::make_unique<sip::MessageWaitingPackage>());
  xmpp_->realm().set_elsewhere(*this);
  if (sip_->options().digest) authenticator_.emplace(*sip_, xmpp_->realm());
}

void ShardService::on_password_changed(base::Bytes account) {
  if (authenticator_) authenticator_->forget(account);
}

bool ShardService::serves(base::Bytes domain) const {
  return sip::peer_for(sip_->options().peers, domain) != nullptr;
}

bool ShardService::take(const im::Stanza& stanza, engine::Turn& turn) {
  const sip::TrunkPeer* const peer = sip::peer_for(sip_->options().peers, stanza.to.domain());
  if (peer == nullptr) return false;
  switch (stanza.kind) {
    case im::StanzaKind::message:
      return messages_.take(stanza, *peer, turn);
    case im::StanzaKind::presence:
      return presences_.take(stanza, turn);
    case im::StanzaKind::iq:
      return false;
  }
  CHECK(false);
  return false;
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

// Names are asked for by SIP; every other question is put through the realm, which XMPP's service
// owns.
void ShardService::on_answer(engine::QuestionPtr answer, engine::Turn& turn) {
  if (answer->to == engine::Question::To::names) return sip_->on_answer(std::move(answer), turn);
  const auto& request = static_cast<const im::StoreRequest&>(*answer);
  if (im::changes_password(request.kind)) on_password_changed(request.user);
  if (!concerns_stored_messages(request.kind)) return xmpp_->on_answer(std::move(answer), turn);
  const std::string account = request.user;
  xmpp_->on_answer(std::move(answer), turn);
  notifier_.look_again(account, message_waiting_, turn);
}

void ShardService::on_committed(engine::Turn& turn) {
  xmpp_->on_committed(turn);
  messages_.on_committed(turn);
  compositor_.on_committed(turn);
  notifier_.on_committed(turn);
}

void ShardService::on_recovered(std::vector<engine::JournalEntry> entries, engine::Turn& turn) {
  // Behind what has been published, so that watchers see it.
  std::vector<engine::JournalEntry> subscriptions =
      im::take_out(im::EntryKind::subscription, entries);
  const std::vector<engine::JournalEntry> bindings = im::take_out(im::EntryKind::binding, entries);
  xmpp_->on_recovered(std::move(entries), turn);
  notifier_.on_recovered(std::move(subscriptions), turn);
  registrar_.on_recovered(bindings, turn);
}

void ShardService::on_shutdown(engine::Turn& turn) {
  registrar_.on_shutdown(turn);
  sip_->on_shutdown(turn);
  xmpp_->on_shutdown(turn);
}

}  // namespace gateway
