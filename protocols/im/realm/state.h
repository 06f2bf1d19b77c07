// The inside of a Realm, one object a shard. Its functions are grouped by the file that holds them;
// each group is a room of its own and speaks to the others only through what is declared here.
//
// A stanza for an account of this shard is handled at once, whether it came from a client here or
// in the mail; one for another shard is packed into an envelope. So two stanzas between the same
// two accounts never overtake each other. Handling one stanza can send others: a request its
// answer, never more, so the depth is bounded; but no pointer into a roster survives a send().
#pragma once

#include <deque>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/base/hash.h"
#include "engine/base/intrusive_list.h"
#include "engine/trace/counters.h"
#include "engine/trace/trace.h"
#include "protocols/im/archive/feed.h"
#include "protocols/im/journal_entry.h"
#include "protocols/im/realm.h"
#include "protocols/im/realm/waiting.h"

namespace im {

using Recipients = std::vector<base::Bytes>;  // JIDs, bare or full
struct Recipient {
  engine::ShardId shard = 0;
  base::Bytes jid;
};
using Group = std::span<const Recipient>;  // all of one shard

// The IQ that waits for a commit; `to` is empty when none does.
struct IqAddress {
  std::string to;
  std::string id;
};

// The context of a question about a user. Finds her again when the answer comes; if she is not
// there any more, the account was deleted and nobody waits.
struct AboutUser : StoreRequest::Context {
  AboutUser(RealmState& owner, const User& user) : state(owner), serial(user.serial) {}
  void answered(StoreRequest& request, Realm& realm, engine::Turn& turn) final;
  virtual void answered(User& user, StoreRequest& request, engine::Turn& turn) = 0;
  RealmState& state;
  const uint64_t serial;
};

// So many accounts may be in the middle of being read before more of what was recovered follows.
constexpr size_t kLoadingWhileRecovering = 256;

// Of what was under way when the node stopped: other messages wait until it has been sent on.
enum class Recovery : uint8_t { none, sessions_return, sending };

// XEP-0203: who held a message back, and since when.
void append_delay(base::Bytes by, base::WallTime when, std::string& out);

class RealmState final : public PresentityHost, private Realm::Keeper {
 public:
  RealmState(Realm& realm, engine::ShardId shard, AccountIq& account_iq)
      : realm_(realm), shard_(shard), account_iq_(account_iq) {}
  ~RealmState() override;

  const Options& options() const { return realm_.options(); }

  // users.cc: loading, keeping, forgetting.
  User* find(base::Bytes bare_jid);  // loaded or loading
  User* find_loaded(base::Bytes bare_jid);
  User* find_or_load(base::Bytes bare_jid, engine::Turn& turn);  // null: too many are loading
  void loaded(User& user, StoreRequest& answer, engine::Turn& turn);
  void touch_idle(User& user);
  void leave_idle(User& user);
  void evict();  // only between stanzas
  void forget(User& user);
  void visit(Realm::Visitor& visitor) const;

  [[nodiscard]] bool when_loaded(base::Bytes bare_jid, std::unique_ptr<Realm::Caller> then,
                                 engine::Turn& turn);

  // presentities.cc: what other wires say and see of a user.
  Presentity& presentity(User& user);
  // Her resources' presence, or who may see it, is not what it was.
  void presence_changed(const User& user, engine::Turn& turn);
  void watchers_changed(const User& user, engine::Turn& turn);
  // What XMPP clients are told of her besides. False: nothing.
  static bool shown(const User& user, Stanza& out);
  void end_presentity(const User& user, engine::Turn& turn);  // the account is deleted
  void recover_kept(std::vector<engine::JournalEntry> entries, Realm::Keeper& keeper,
                    engine::Turn& turn);
  void recover_publications(std::vector<engine::JournalEntry> entries, engine::Turn& turn);

  // binding.cc
  void bind(Resource& resource, Realm::Binding& binding, engine::Turn& turn);
  BindResult bind_loaded(User& user, Resource& resource, engine::Turn& turn);
  void cancel_bind(Realm::Binding& binding);
  void unbind(Resource& resource, engine::Turn& turn);
  bool end(base::Bytes full_jid, Farewell why, engine::Turn& turn);

  // deletion.cc
  void delete_account(base::Bytes bare_jid, std::unique_ptr<StoreRequest::Context> then,
                      engine::Turn& turn);
  void delete_user(User& user, std::unique_ptr<StoreRequest::Context> then, engine::Turn& turn);

  // routing.cc: to whom, and what if there is nobody.
  void from_client(const Stanza& stanza, Resource& origin, engine::Turn& turn);
  void send(const Stanza& stanza, engine::Turn& turn);
  void send_on(const Stanza& stanza, engine::Turn& turn);  // in custody, if it needs it
  void to_account(const Stanza& stanza, engine::Turn& turn);
  void receive(User& user, const Stanza& stanza, engine::Turn& turn);
  void receive_for_absent(const Stanza& stanza, engine::Turn& turn);
  void refuse(const Stanza& stanza, ErrorCondition condition, engine::Turn& turn);
  void refuse_full(const Stanza& stanza, engine::Turn& turn);  // Resource::full()
  void bounce(const Stanza& stanza, const StanzaError& error, engine::Turn& turn);
  // The answer that says what is wrong; its payload is written to `payload`.
  static Stanza error_answer(const Stanza& stanza, const StanzaError& why, std::string& payload);
  bool is_local_account(const jid::JidView& jid) const;
  bool is_elsewhere(const jid::JidView& jid) const;  // an account of a system we speak with
  bool has_roster(const jid::JidView& jid) const;    // one or the other: may be subscribed to
  bool shares_presence(const User& user, const Resource& resource, const jid::JidView& with) const;

  // mail.cc: envelopes.
  void post(const Stanza& stanza, MailKind kind, engine::ShardId to, engine::Turn& turn);
  void post_fan_out(const Stanza& stanza, Group recipients, uint64_t key, engine::Turn& turn);
  void on_mail(const engine::Envelope& mail, engine::Turn& turn);
  void on_refused(const engine::Envelope& mail, engine::Turn& turn);

  // custody.cc: messages we answer for, in the journal.
  MessageId next_message_id(engine::Turn& turn);
  [[nodiscard]] bool take_custody(const Stanza& stanza, engine::Turn& turn);  // false: no room
  void discharge(MessageId id, engine::Turn& turn);  // nothing, if it is not in custody
  void owe_receipt(engine::ShardId to, MessageId id, engine::Turn& turn);
  void send_receipts(engine::Turn& turn);
  void on_receipts(base::Bytes numbers, engine::Turn& turn);
  void receipts_refused(const engine::Envelope& mail);
  void begin_recovery(const std::vector<engine::JournalEntry>& entries);
  void recover(std::vector<engine::JournalEntry> messages, engine::Turn& turn);
  // True: it goes on later, behind what is recovered.
  bool joins_the_line(const Stanza& message, engine::Turn& turn);
  void go_on_recovering(engine::Turn& turn);
  void send_late(const Stanza& message, engine::Turn& turn);

  // message.cc (RFC 6121 §8.5), carbons.cc (XEP-0280)
  void message_from_client(const Stanza& stanza, Resource& origin, engine::Turn& turn);
  void receive_message(User& user, const Stanza& stanza, engine::Turn& turn);
  void message_to_bare(User& user, const Stanza& stanza, bool again, engine::Turn& turn);
  void carbons(User& user, const Stanza& stanza, bool sent, const Resource* except,
               engine::Turn& turn);

  // offline.cc (XEP-0160)
  void store_offline(User& user, const Stanza& stanza, engine::Turn& turn);
  void appended(User& user, StoreRequest& answer, engine::Turn& turn);
  void start_flood(User& user, Resource& to, engine::Turn& turn);
  void stop_flood(User& user, const Resource& from, engine::Turn& turn);
  void flood(User& user, engine::Turn& turn);
  void flooded(User& user, StoreRequest& answer, engine::Turn& turn);
  bool hand_over(User& user, const StoredMessage& message, engine::Turn& turn);
  void stored_done(User& user, std::vector<uint64_t> ids, std::vector<uint64_t> messages,
                   engine::Turn& turn);
  void stored_deleted(User& user, StoreRequest& answer, engine::Turn& turn);
  void stored_returned(User& user, uint64_t id, engine::Turn& turn);

  // iq.cc
  void receive_iq(User& user, const Stanza& stanza, engine::Turn& turn);

  // presence.cc (RFC 6121 §4), fan_out.cc
  void presence_from_client(const Stanza& stanza, Resource& origin, engine::Turn& turn);
  void become_available(const Stanza& stanza, Resource& origin, engine::Turn& turn);
  void become_unavailable(const Stanza& stanza, Resource& origin, bool graceful,
                          engine::Turn& turn);
  void receive_presence(User& user, const Stanza& stanza, engine::Turn& turn);
  void probe_contacts(Resource& resource, engine::Turn& turn);
  void refresh(Resource& resource, engine::Turn& turn);
  void restore(Resource& resource, base::Bytes presence, std::span<const uint64_t> stored,
               engine::Turn& turn);
  void fan_out(const Stanza& stanza, const Recipients& recipients, uint64_t key,
               engine::Turn& turn);
  void probe_elsewhere(const Stanza& probe, const jid::JidView& to, engine::Turn& turn);
  void arrive(const Stanza& stanza, const jid::JidView& to, engine::Turn& turn);

  // directed.cc (RFC 6121 §4.6)
  void directed_from_client(const Stanza& stanza, Resource& origin, engine::Turn& turn);

  // probe.cc (RFC 6121 §4.3)
  void receive_probe(User& user, const Stanza& probe, engine::Turn& turn);
  void send_current_presence(User& user, const jid::JidView& to, engine::Turn& turn);
  void send_unavailable(User& user, const jid::JidView& to, engine::Turn& turn);
  void send_bare_unavailable(const User& user, const Stanza& probe, engine::Turn& turn);

  // subscription.cc (RFC 6121 §3)
  void subscription_from_client(const Stanza& stanza, Resource& origin, engine::Turn& turn);
  void subscribe(const Stanza& request, engine::Turn& turn);
  bool change_by_user(User& user, const Stanza& request, engine::Turn& turn);
  void receive_subscription(User& user, const Stanza& stanza, engine::Turn& turn);
  void deliver_requests(User& user, Resource& to, engine::Turn& turn);
  void send_subscription(const User& user, const jid::JidView& to, StanzaType type, base::Bytes id,
                         engine::Turn& turn);
  bool roster_is_full(const User& user) const;

  // roster_set.cc, save_contact.cc (RFC 6121 §2)
  void roster_set(Resource& origin, const Realm::RosterSet& set, base::Bytes iq_id,
                  engine::Turn& turn);
  void roster_remove(User& user, base::Bytes jid, Resource& origin, base::Bytes iq_id,
                     engine::Turn& turn);
  // Writes the contact as it is now (or its absence); after the commit it is pushed, and the IQ,
  // if any, is answered.
  void save_contact(User& user, base::Bytes jid, bool push, IqAddress answer, engine::Turn& turn,
                    StoreAttempts attempts = {});
  void answer_iq(const User& user, const IqAddress& address, const StanzaError* error,
                 engine::Turn& turn);

  // blocking.cc (XEP-0191)
  void block(Resource& origin, const std::vector<std::string>& jids, base::Bytes iq_id,
             engine::Turn& turn);
  void unblock(Resource& origin, const std::vector<std::string>& jids, base::Bytes iq_id,
               engine::Turn& turn);
  struct BlockChange {
    bool added = false;
    std::vector<std::string> jids;  // what is pushed
  };
  void save_blocked(Resource& origin, BlockChange change, base::Bytes iq_id, engine::Turn& turn);
  void welcome_back(User& user, const jid::JidView& other, engine::Turn& turn);
  bool refuse_outbound(Resource& origin, const Stanza& stanza, engine::Turn& turn);

  // ask.cc: questions to the store about a user, who stays in memory until the answer.
  using Answered = void (RealmState::*)(User& user, StoreRequest& answer, engine::Turn& turn);
  std::unique_ptr<StoreRequest> question(StoreKind kind, const User& user);
  void ask(User& user, std::unique_ptr<StoreRequest> request, engine::Turn& turn,
           std::unique_ptr<AboutUser> then);
  void ask(User& user, std::unique_ptr<StoreRequest> request, engine::Turn& turn,
           Answered answered = nullptr);
  void abandoned(const StoreRequest& answer, engine::Turn& turn);
  // Counts and reports an answer that says the store failed.
  bool failed(const StoreRequest& answer);

 private:
  friend class Realm;
  struct Restoring;
  struct Subscribing;

  const PresentityOptions& presentity_options() const override { return options().presentity; }
  void show(User& user, const Stanza& presence, engine::Turn& turn) override;
  void usage_changed(User& user) override;
  void restore(User& user, const engine::JournalEntry& entry, base::Bytes report,
               engine::Turn& turn) override;
  void go_on_restoring(engine::Turn& turn);

  Realm& realm_;
  const engine::ShardId shard_;
  AccountIq& account_iq_;
  // Keys view the users' own bare JIDs.
  std::unordered_map<base::Bytes, std::unique_ptr<User>, base::StringHash> users_;
  base::IntrusiveList<User, IdleTag> idle_;  // loaded, without a session; oldest first
  size_t idle_count_ = 0;
  size_t loading_ = 0;
  uint64_t next_serial_ = 1;
  struct Receipt {  // owed to another shard once the journal is committed up to here
    engine::Journal::Position position = 0;
    engine::ShardId to = 0;
    uint64_t number = 0;
  };
  std::vector<Receipt> receipts_;
  Recovery recovery_ = Recovery::none;
  std::deque<engine::JournalEntry> recovered_;  // messages that have not been sent on yet
  std::deque<std::string> behind_recovered_;    // packed; each is in the journal
  struct Kept {
    engine::JournalEntry entry;
    Realm::Keeper* keeper = nullptr;
  };
  std::deque<Kept> kept_;  // recovered, of users who are not in memory yet
  size_t kept_loading_ = 0;
  uint64_t last_message_time_ = 0;
  ArchiveFeeder archive_;
  std::string packed_;             // scratch of custody
  std::vector<Recipient> sorted_;  // scratch of fan_out
};

}  // namespace im
