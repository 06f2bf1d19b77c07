// Both wires on one shard: the engine's one Service, which hands each event to XMPP or to SIP, by
// the listener it came in at or the kind of mail it is.
// Made at start, one a shard, where SIP is on; all calls on that shard. Owns both services.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "engine/seam/service.h"
#include "protocols/gateway/authenticator.h"
#include "protocols/gateway/messages.h"
#include "protocols/gateway/presences.h"
#include "protocols/gateway/registrar.h"
#include "protocols/sip/event/compositor.h"
#include "protocols/sip/event/notifier.h"
#include "protocols/sip/service.h"
#include "protocols/xmpp/service.h"

namespace gateway {

class ShardService final : public engine::Service, private im::Elsewhere {
 public:
  ShardService(std::unique_ptr<xmpp::Service> xmpp, std::unique_ptr<sip::Service> sip,
               base::Random& random);

  sip::Service& sip() { return *sip_; }
  const sip::Notifier& notifier() const { return notifier_; }
  // The store knows of another password of this account of the shard's, or of none any more.
  void on_password_changed(base::Bytes account);

  std::unique_ptr<engine::Peer> accept(const engine::Accepted& how, engine::Turn& turn) override;
  void on_datagram(const engine::Datagram& datagram, engine::Turn& turn) override;
  std::unique_ptr<engine::Peer> on_connected(uint64_t token, const engine::Accepted& how,
                                             engine::Turn& turn) override;
  void on_connect_failed(uint64_t token, engine::ConnectFailure why, engine::Turn& turn) override;
  void on_mail(const engine::Envelope& mail, engine::Turn& turn) override;
  void on_refused(const engine::Envelope& mail, engine::Turn& turn) override;
  void on_answer(engine::QuestionPtr answer, engine::Turn& turn) override;
  void on_committed(engine::Turn& turn) override;
  void on_recovered(std::vector<engine::JournalEntry> entries, engine::Turn& turn) override;
  void on_shutdown(engine::Turn& turn) override;

 private:
  bool serves(base::Bytes domain) const override;
  bool take(const im::Stanza& stanza, engine::Turn& turn) override;
  engine::Service& service_of(const engine::Envelope& mail);

  std::unique_ptr<xmpp::Service> xmpp_;
  std::unique_ptr<sip::Service> sip_;
  std::optional<Authenticator> authenticator_;  // where digest is on
  Messages messages_;
  Presences presences_;
  sip::Compositor compositor_;
  sip::Notifier notifier_;
  uint8_t message_waiting_ = 0;  // its place among the notifier's packages
  Registrar registrar_;
};

}  // namespace gateway
