// Sessions of messages as Microsoft's servers have them: INVITE with "m=message", then MESSAGE in
// the dialog, then BYE. They begin them with users of ours, who need not be there, and end them;
// one without a message for long we end. The messages in them are the Messages'. Nothing of a
// session is kept: after a restart requests in it are answered 481, and whoever asks begins anew.
// One a shard: of a session with a user of a trunk peer, on the shard that owns the local user;
// with a SIP client of ours, on that of its account; all calls there. Limits: SessionTable and
// below.
#pragma once

#include <string>

#include "protocols/gateway/parties.h"
#include "protocols/gateway/session_table.h"
#include "protocols/im/realm.h"
#include "protocols/sip/body/session_description.h"
#include "protocols/sip/handler.h"
#include "protocols/sip/service.h"

namespace gateway {

class Sessions final : public sip::Handler, private sip::ClientUser, private SessionUser {
 public:
  // Of an INVITE's users who are not in memory, while the store is asked about them; then 503.
  static constexpr uint32_t kAskingMax = 1024;
  // Of a 200 that is kept until its ACK comes; then 513.
  static constexpr size_t kAcceptedBytesMax = 8192;

  Sessions(sip::Service& service, im::Realm& realm);

  engine::ShardId shard_for(const sip::Received& request, engine::Turn& turn) override;
  // INVITE, ACK and BYE.
  void on_request(const sip::Received& request, engine::Turn& turn) override;

  // Whose dialog this request of another method is in, 481 if nobody's; 0, or the status that
  // refuses it.
  uint16_t enter(const sip::Received& request, Session*& out, engine::Turn& turn);
  void touch(Session& session, engine::Turn& turn);

  uint32_t size() const { return table_.size(); }

 private:
  struct Asking;

  uint16_t admit(const sip::Received& request, engine::Turn& turn);
  void invited(const sip::Received& request, engine::Turn& turn);
  void ask(const sip::Received& request, base::Bytes account, engine::Turn& turn);
  void begin(const sip::Received& request, engine::Turn& turn);
  void invited_again(const sip::Received& request, engine::Turn& turn);
  void accept(const sip::Received& request, Session& session, engine::Turn& turn);
  void append_contact(const Session& session, base::Sink& out) const;
  void acknowledged(const sip::Received& ack, engine::Turn& turn);
  void refuse(const sip::Received& request, uint16_t status, engine::Turn& turn);
  void end(Session& session, engine::Turn& turn);
  void on_time(Session& session, engine::Turn& turn) override;
  void on_response(uint64_t, const sip::Message&, const sip::Essentials&, engine::Turn&) override {}
  void on_no_response(uint64_t, engine::Turn&) override {}

  sip::Service& service_;
  im::Realm& realm_;
  SessionTable table_;
  uint32_t asking_ = 0;
  Parties parties_;  // scratch, as the next ones
  sip::SessionOffer offer_;
  std::string account_;
};

}  // namespace gateway
