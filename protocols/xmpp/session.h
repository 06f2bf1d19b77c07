// A bound resource of an XMPP client. Lives from bind until its end, which with stream management
// (XEP-0198) may be a while after its connection has gone: then it is detached, and what arrives
// for it waits to be resumed.
// Owned by its shard's Service; that shard only. Idle it costs sizeof(Session), its JID, its
// presence, and what it asked for: stream management, a client state.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/intrusive_list.h"
#include "engine/seam/timer.h"
#include "protocols/im/realm.h"
#include "protocols/im/resource.h"
#include "protocols/xml/element.h"
#include "protocols/xmpp/client_state.h"
#include "protocols/xmpp/session/ledger.h"
#include "protocols/xmpp/session/unsent.h"
#include "protocols/xmpp/stream_error.h"
#include "protocols/xmpp/stream_management.h"

namespace xmpp {

class Service;
class Stream;
struct SessionFacts;
struct SessionSnapshot;
struct WaitsForCommit {};

class Session final : public im::Resource,
                      public base::ListNode<WaitsForCommit>,
                      private im::Realm::Binding {
 public:
  Session(Service& service, Stream& stream, engine::Turn& turn);
  // As the journal has it; detached, and bound when the account has been read.
  Session(Service& service, const SessionSnapshot& snapshot, engine::Turn& turn);
  ~Session() override;

  // im::Resource: towards the client.
  void deliver(const im::Stanza& stanza, engine::Turn& turn) override;
  void push_roster(base::Bytes jid, const im::Contact* contact, uint64_t version,
                   engine::Turn& turn) override;
  void push_blocking(bool added, const std::vector<std::string>& jids,
                     engine::Turn& turn) override;
  void deliver_carbon(const im::Stanza& original, bool sent, engine::Turn& turn) override;
  void end(im::Farewell why, engine::Turn& turn) override;
  bool congested() const override;
  bool full() const override;

  // From the client: any first-level element of a bound stream. Never destroys the session.
  void on_element(const xml::Element& element, engine::Turn& turn);
  void ping(engine::Turn& turn);            // XEP-0199: does the client still live?
  void on_uncongested(engine::Turn& turn);

  // Life. `wish` is a bare JID, or a full one; the answer goes to Stream::bound.
  void bind(base::Bytes wish, engine::Turn& turn);
  // The connection has gone. A session that can be resumed waits, if `may_resume`; any other is
  // destroyed, at once or (`now` false: somebody may be in the middle of it) a tick later.
  void lost_stream(bool may_resume, bool now, engine::Turn& turn);
  // The engine is taken down with the connection open: no turn, no goodbyes.
  void abandon() { stream_ = nullptr; }
  // XEP-0198 §5: `stream` is authenticated as the same account. False: `h` cannot be right and the
  // session is unchanged, or it is finishing() now.
  [[nodiscard]] bool resume(Stream& stream, uint32_t h, engine::Turn& turn);
  void resend(engine::Turn& turn);          // after <resumed/>: what is not acknowledged
  void give_way(engine::Turn& turn);        // the client is on another connection: detaches
  void on_sent(engine::Turn& turn);         // the socket has taken what it was asked about

  // The journal. What the client has sent so far, on record: to be told once this is committed.
  engine::Journal::Position note_received(engine::Turn& turn);
  void restore(uint64_t entry, const SessionSnapshot& snapshot, const ReceivedNote& received,
               const std::vector<StreamManagement::Sent>& unacked,
               const std::vector<base::Bytes>& waiting, engine::Turn& turn);
  void on_committed(engine::Turn& turn);    // up to ledger().position
  SessionLedger& ledger() { return *ledger_; }

  Service& service() const { return service_; }
  Stream* stream() const { return stream_; }
  base::Bytes bare_jid() const { return jid().bare(); }
  base::Bytes domain() const { return jid().domain(); }
  bool detached() const { return stream_ == nullptr; }
  bool finishing() const { return finishing_; }
  bool in_journal() const { return ledger_ != nullptr && ledger_->entry != 0; }
  StreamManagement* stream_management() const { return stream_management_.get(); }
  SessionFacts facts() const;

 private:
  friend class Service;
  // session.cc
  void bound(im::BindResult result, engine::Turn& turn) override;
  void on_timer(engine::Turn& turn);
  void finish(engine::Turn& turn);          // unbinds, hands back what was not acked, destroys
  void finish_soon(engine::Turn& turn);
  // session/output.cc
  void write(const im::Stanza& stanza, engine::Turn& turn);
  void push(base::Bytes payload, engine::Turn& turn);
  void flush_client_state(engine::Turn& turn);
  // session/restore.cc
  void bound_again(im::BindResult result, engine::Turn& turn);
  // session/custody.cc
  void hand_back(engine::Turn& turn);
  void hand_back(base::Bytes packed, engine::Turn& turn);
  void forget_acked(uint32_t h, engine::Turn& turn);
  void keep_unsent(const im::Stanza& stanza, engine::Turn& turn);
  void save(engine::Turn& turn);
  void note_counts(engine::Turn& turn);
  void note_sent(const im::Stanza& stanza, base::Bytes packed, uint32_t number,
                 engine::Turn& turn);
  void note_all_sent(engine::Turn& turn);
  bool known_already();
  void note_message(engine::Turn& turn);
  // session/acks.cc
  uint32_t unacked_bytes_max() const;
  bool over_limit() const;
  bool half_unacked() const;
  void remember(const im::Stanza& stanza, engine::Turn& turn);
  void ask_for_ack(engine::Turn& turn);
  void answer_request(engine::Turn& turn);
  void send_ack(uint32_t h, engine::Turn& turn);
  void check_ack_timer(engine::Turn& turn);
  void on_stream_management(const xml::Element& element, engine::Turn& turn);
  void on_enable(const xml::Element& element, engine::Turn& turn);
  void on_ack(const xml::Element& element, engine::Turn& turn);
  void on_client_state(const xml::Element& element, engine::Turn& turn);
  // session/input.cc
  void on_stanza(const xml::Element& element, im::StanzaKind kind, engine::Turn& turn);
  bool check_from(const xml::Element& element, engine::Turn& turn);
  void refuse(const im::Stanza& stanza, im::ErrorCondition condition, engine::Turn& turn);
  void on_iq(const xml::Element& element, const im::Stanza& stanza, engine::Turn& turn);

  Service& service_;
  Stream* stream_;                          // null while detached
  Session* previous_ = nullptr;             // the Service's list of its sessions
  Session* next_ = nullptr;
  std::unique_ptr<StreamManagement> stream_management_;
  std::unique_ptr<SessionLedger> ledger_;       // with stream management
  std::unique_ptr<Unsent> unsent_;              // without, while there are any
  std::unique_ptr<ClientState> client_state_;   // while inactive
  std::unique_ptr<SessionSnapshot> snapshot_;   // restored, until it is bound
  base::WallTime since_;
  engine::MemberTimer<Session, &Session::on_timer> timer_{*this};  // acks, resumption, the end
  uint32_t pushes_ = 0;                     // ids of our own IQs
  uint32_t ending_at_ = 0;                  // its place among the Service's, while finish_soon()
  bool binding_ = false;                    // the realm has not answered
  bool finishing_ = false;
  bool waiting_ = false;                    // counted as detached
  bool counted_ = false;                    // … and as a session
  bool ended_ = false;                      // the account is gone: nothing is handed back
  bool restored_ = false;                   // its client has not come back since the node stopped
};
static_assert(sizeof(Session) <= 400, "every client costs this");

}  // namespace xmpp
