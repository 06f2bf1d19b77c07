// Sessions of messages as Microsoft's servers have them: INVITE with "m=message", then MESSAGE in
// the dialog, then BYE. They begin them with users of ours, who need not be there; we do where
// there is something to say to a user of theirs. One a pair of users, for both ways; without a
// message for long we end it. The messages in them are the Messages'. Nothing of a session is
// kept: after a restart requests in it are answered 481, and whoever asks begins anew.
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

// Whose the messages in sessions are. Each that was given to Sessions::send() ends with one of
// these.
class SessionMessages {
 public:
  virtual ~SessionMessages() = default;
  virtual void taken(uint64_t number, engine::Turn& turn) = 0;
  virtual void failed(uint64_t number, im::ErrorCondition why, engine::Turn& turn) = 0;
  // The other end has no sessions of messages.
  virtual void send_alone(uint64_t number, const PageOut& page, const sip::TrunkPeer& peer,
                          engine::Turn& turn) = 0;
};

class Sessions final : public sip::Handler, private sip::ClientUser, private SessionUser {
 public:
  // Of an INVITE's users who are not in memory, while the store is asked about them; then 503.
  static constexpr uint32_t kAskingMax = 1024;
  // Of a 200 that is kept until its ACK comes; then 513.
  static constexpr size_t kAcceptedBytesMax = 8192;

  // Messages that wait for sessions: of one, and bytes of all.
  static constexpr size_t kWaitingMax = 64;
  static constexpr size_t kWaitingBytesMax = 4 << 20;
  // How long an INVITE of ours may ring: then CANCEL.
  static constexpr base::Duration kRingingMax = base::Duration::seconds(60);

  Sessions(sip::Service& service, im::Realm& realm, SessionMessages& messages);

  engine::Owner owner_of(const sip::Received& request, engine::Turn& turn) override;
  // INVITE, ACK and BYE.
  void on_request(const sip::Received& request, engine::Turn& turn) override;

  // Whose dialog this request of another method is in, 481 if nobody's; 0, or the status that
  // refuses it.
  uint16_t enter(const sip::Received& request, Session*& out, engine::Turn& turn);
  void touch(Session& session, engine::Turn& turn);

  // A message of a user of ours, in their session, which begins with it if there is none. False: no
  // room; nothing becomes of `number`.
  [[nodiscard]] bool send(const im::Stanza& stanza, uint64_t number, const PageOut& page,
                          const sip::TrunkPeer& peer, engine::Turn& turn);
  bool has(base::Bytes ours, base::Bytes theirs) const;
  // `rest` of a MESSAGE that is worth nothing later. False: it cannot be said now.
  bool tell(const im::Stanza& stanza, base::Bytes rest, engine::Turn& turn);

  uint32_t size() const { return table_.size(); }

 private:
  struct Asking;
  enum class What : uint8_t { invite, message, notice, bye };
  static constexpr base::Bytes kAllow = "INVITE, ACK, CANCEL, BYE, MESSAGE, OPTIONS";
  static uint64_t number_of(const Session& session, What what);

  // session_sender.cc: what we begin, and say in them.
  const sip::TrunkPeer* way(const Session& session) const;  // null: it has gone
  void invite(Session& session, engine::Turn& turn);
  void begin_anew(Session& session, engine::Turn& turn);
  void next(Session& session, engine::Turn& turn);
  bool send_first(Session& session, engine::Turn& turn);
  Session::Waiting take_first(Session& session);
  void fail_all(Session& session, im::ErrorCondition why, engine::Turn& turn);
  void send_all_alone(Session& session, engine::Turn& turn);
  void refused(Session& session, uint16_t status, engine::Turn& turn);
  void accepted(Session& session, const sip::Message& response, const sip::Essentials& essentials,
                engine::Turn& turn);
  void send_ack(sip::Dialog& dialog, const sip::TrunkPeer& peer, uint32_t number,
                engine::Turn& turn);
  void send_bye(Session& session, engine::Turn& turn);
  void over(Session& session, engine::Turn& turn);
  void answered(Session& session, uint16_t status, engine::Turn& turn);

  uint16_t admit(const sip::Received& request, engine::Turn& turn);
  void invited(const sip::Received& request, engine::Turn& turn);
  void ask(const sip::Received& request, base::Bytes account, engine::Turn& turn);
  void begin(const sip::Received& request, engine::Turn& turn);
  void invited_again(const sip::Received& request, engine::Turn& turn);
  void accept(const sip::Received& request, Session& session, engine::Turn& turn);
  void append_contact(const Session& session, base::Sink& out) const;
  void acknowledged(const sip::Received& ack, engine::Turn& turn);
  void refuse(const sip::Received& request, uint16_t status, engine::Turn& turn);
  void on_time(Session& session, engine::Turn& turn) override;
  void on_response(uint64_t number, const sip::Message& response, const sip::Essentials& essentials,
                   engine::Turn& turn) override;
  void on_no_response(uint64_t number, engine::Turn& turn) override;

  sip::Service& service_;
  im::Realm& realm_;
  SessionMessages& messages_;
  SessionTable table_;
  size_t waiting_bytes_ = 0;
  uint32_t asking_ = 0;
  Parties parties_;  // scratch, as the next ones
  sip::SessionOffer offer_;
  std::string account_;
};

}  // namespace gateway
