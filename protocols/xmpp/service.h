// XMPP on one shard: the realm of the users it owns, the streams and sessions that are here, and
// the scratch memory that all of them share. The engine hands it connections, mail and answers.
// Made at start, one per shard; all calls on that shard, unless said otherwise.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/seam/partition.h"
#include "engine/seam/service.h"
#include "protocols/im/realm.h"
#include "protocols/xml/element.h"
#include "protocols/xmpp/dispatch.h"
#include "protocols/xmpp/options.h"
#include "protocols/xmpp/session.h"

namespace xmpp {

class Service;
class Stream;
struct Returning;   // recovery.cc

// What the shards of one node share. Made before the services; each enters itself on construction,
// before the first connection is accepted; read only afterwards.
struct Node {
  Node(engine::ShardId shards, base::Bytes secret_octets)
      : services(shards, nullptr), secret(secret_octets) {}
  std::vector<Service*> services;   // by shard: where a moved stream finds its new home
  std::string secret;               // 32 octets: salts of imaginary accounts; keep over restarts
};

// One session as `rollcall session list` shows it; views live for the call.
struct SessionFacts {
  base::Bytes jid;
  base::Bytes remote_address;
  base::Bytes mechanism;
  base::Bytes tls;                  // "TLSv1.3", "TLSv1.2", "none"
  base::WallTime since;
  base::Bytes stream_management;    // "off", "acks", "resumable", "detached"
  uint32_t unacked = 0;
  int8_t priority = 0;
  bool available = false;
  bool inactive = false;            // XEP-0352
};

class Service final : public engine::Service, public im::AccountIq {
 public:
  Service(engine::ShardId shard, const engine::Partition& partition,
          std::shared_ptr<const Options> options, Node& node);
  ~Service() override;

  std::unique_ptr<engine::Peer> accept(const engine::Accepted& how, engine::Turn& turn) override;
  void on_mail(const engine::Envelope& mail, engine::Turn& turn) override;
  void on_refused(const engine::Envelope& mail, engine::Turn& turn) override;
  void on_answer(engine::QuestionPtr answer, engine::Turn& turn) override;
  void on_committed(engine::Turn& turn) override;
  void on_recovered(std::vector<engine::JournalEntry> entries, engine::Turn& turn) override;
  void on_shutdown(engine::Turn& turn) override;
  bool on_account_iq(im::User& user, const im::Stanza& iq, engine::Turn& turn) override;

  // A reload; streams see it with their next stanza.
  void set_options(std::shared_ptr<const Options> options);
  const Options& options() const { return *options_; }

  // For operators.
  template <class Visit>
  void for_each_session(Visit visit) const {
    for (const Session* s = sessions_; s != nullptr; s = s->next_) visit(s->facts());
  }
  uint32_t session_count() const { return session_count_; }
  uint32_t stream_count() const { return stream_count_; }
  // True: there was such a session and it has been told to go.
  bool kick(base::Bytes full_jid, engine::Turn& turn);

  im::Realm& realm() { return *realm_; }
  engine::ShardId shard() const { return shard_; }
  Node& node() { return node_; }
  const Dispatch& dispatch() const { return dispatch_; }
  const engine::Partition& partition() const { return partition_; }

  // Scratch, valid within one callback of the engine.
  xml::Document& document() { return *document_; }
  std::string& to_scratch() { return to_scratch_; }
  std::string& from_scratch() { return from_scratch_; }
  std::string& attributes_scratch() { return attributes_scratch_; }
  std::string& payload_scratch() { return payload_scratch_; }
  std::string& status_scratch() { return status_scratch_; }
  std::string& pack_scratch() { return pack_scratch_; }
  std::vector<im::Realm::Handed>& handed_scratch() { return handed_scratch_; }

  UnsentPool& unsent_pool() { return unsent_pool_; }

  // Of all sessions of this shard together; theirs to keep (StreamManagement).
  uint64_t& unacked_bytes() { return unacked_bytes_; }

  // A session of this account that can be resumed with this id (XEP-0198 §5); null: none.
  Session* find_resumable(base::Bytes bare_jid, base::Bytes id);

  // What waits for the journal: sessions with their acknowledgements, in order of position; streams
  // that resume. After a restart also for the sessions it had, until they are bound again.
  void wait_for_commit(Session& session) { acks_.push_back(session); }
  void wait_to_resume(Stream& stream, engine::Journal::Position position);
  bool restoring() const { return restoring_ > 0; }
  void restored_one(engine::Turn& turn);

  // Streams waiting for an answer find their way back by ticket: the stream may be gone by then.
  uint64_t take_ticket(Stream& stream);
  Stream* find_waiting(uint64_t ticket) const;
  void drop_ticket(uint64_t ticket);

  void enter(Stream& stream);
  void leave(Stream& stream);
  Session& adopt(std::unique_ptr<Session> session);
  void destroy(Session& session);     // the realm must have let go of it
  // Sessions that end with the next tick, and still hold what they will hand back.
  void ending(Session& session);
  void not_ending(Session& session);
  void finish_ending(base::Bytes bare_jid, engine::Turn& turn);  // those of one account, now
  bool shutting_down() const { return shutting_down_; }

 private:
  // recovery.cc
  void restore_session(Returning& session, engine::Turn& turn);
  void let_resume(engine::Turn& turn);

  engine::ShardId shard_;
  const engine::Partition& partition_;
  std::shared_ptr<const Options> options_;
  Node& node_;
  uint64_t unacked_bytes_ = 0;
  std::unique_ptr<im::Realm> realm_;
  Dispatch dispatch_;
  std::unique_ptr<xml::Document> document_;
  std::unique_ptr<xml::Document> account_document_;   // on_account_iq runs inside other handling
  std::string to_scratch_;
  std::string from_scratch_;
  std::string attributes_scratch_;
  std::string payload_scratch_;
  std::string status_scratch_;
  std::string pack_scratch_;
  std::vector<im::Realm::Handed> handed_scratch_;
  UnsentPool unsent_pool_;
  base::IntrusiveList<Session, WaitsForCommit> acks_;
  struct Resuming {
    engine::Journal::Position position = 0;
    uint64_t ticket = 0;
  };
  std::vector<Resuming> resuming_;
  std::vector<engine::JournalEntry> recovered_;   // messages, until the sessions are back
  size_t restoring_ = 0;
  std::unordered_map<uint64_t, Stream*> waiting_;   // only while a question is out
  uint64_t last_ticket_ = 0;
  Stream* streams_ = nullptr;
  Session* sessions_ = nullptr;
  std::vector<Session*> ending_;  // few: a tick's
  uint32_t stream_count_ = 0;
  uint32_t session_count_ = 0;
  bool shutting_down_ = false;
};

}  // namespace xmpp
