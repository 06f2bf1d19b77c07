// One shard's part of the IM world: the users it owns, their presence, and the way to everybody
// else. The wires call in with what their clients said; what must reach another client goes out
// through Resource, through mail to the owner's shard, or to the store.
// One per shard, made at start; all calls on that shard. Limits below, each counted when hit.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/seam/partition.h"
#include "engine/seam/turn.h"
#include "protocols/im/journal_entry.h"
#include "protocols/im/presentity/presentity.h"
#include "protocols/im/resource.h"
#include "protocols/im/stanza.h"
#include "protocols/im/stanza_error.h"
#include "protocols/im/store_request.h"
#include "protocols/im/user.h"

namespace im {

enum class OfflinePolicy : uint8_t { store, bounce };             // no resource, storable message
enum class ConflictPolicy : uint8_t { replace, refuse, rename };  // RFC 6120 §7.7.2.2

struct Options {                     // filled in by appliance/config; shared, read only
  std::vector<std::string> domains;  // normalised; the first is the default
  uint32_t roster_items_max = 0;     // 0: unlimited (FEATURES S-086)
  uint32_t sessions_per_user_max = 16;
  uint32_t offline_messages_max = 1000;
  uint32_t offline_waiting_bytes_max = 512 * 1024;  // of a user, on their way into the store
  uint32_t block_list_max = 1000;
  uint32_t users_cached_max = 50000;  // loaded users without a session
  uint32_t users_loading_max = 4096;  // users the store is being asked for at the same time
  uint32_t user_inbox_max = 1024;     // mail waiting while a user is loaded, and its bytes
  uint32_t user_inbox_bytes_max = 256 * 1024;
  uint32_t presence_bytes_max = 16 * 1024;  // of one: it goes to everybody who is subscribed
  uint32_t directed_presence_max = 256;
  uint32_t subscription_requests_max = 500;  // unanswered ones kept per user (RFC 6121 §3.1.3)
  uint32_t roster_groups_max = 64;           // groups of one roster item
  uint32_t archive_preferences_max = 1000;   // addresses on both of a user's lists (XEP-0441)
  bool archive_enabled = true;
  ArchiveDefault archive_default = ArchiveDefault::always;
  PresentityOptions presentity;
  OfflinePolicy offline = OfflinePolicy::store;
  ConflictPolicy conflict = ConflictPolicy::replace;
  bool hosts(base::Bytes domain) const;
};

enum class BindResult : uint8_t {
  bound,
  conflict,  // ConflictPolicy::refuse
  too_many_sessions,
  no_such_account,
  failed,  // the store could not answer, or too many users are being loaded: try later
};

// Mail of this module, in Envelope::kind. Kinds from kFirstForeignMail on belong to the wires.
enum class MailKind : uint8_t {
  stanza = 1,
  fan_out = 2,
  receipt = 3,  // of messages, by the shard that has them in its journal now: their numbers
  request = 4,  // Realm::subscribe(), on its way to the user's shard
};
constexpr uint8_t kFirstForeignMail = 16;

class RealmState;

// Answers IQs that are addressed to an account rather than to one of its resources, on that
// account's shard (implemented by protocols/xmpp).
class AccountIq {
 public:
  virtual ~AccountIq() = default;
  // `user` is loaded. `iq` is for the account, or for a resource that is not connected or not for
  // the sender to see, which must not make a difference to a stranger. False: nobody handles it;
  // the realm answers service-unavailable, as it does for an account that does not exist, so that
  // the two look the same (RFC 6121 §8.5.1).
  virtual bool on_account_iq(User& user, const Stanza& iq, engine::Turn& turn) = 0;
};

// Takes what is for users of other systems, at domains that are not hosted here (implemented by
// protocols/gateway).
class Elsewhere {
 public:
  virtual ~Elsewhere() = default;
  virtual bool serves(base::Bytes domain) const = 0;
  // False: nobody is there; the realm answers remote-server-not-found. True: it is theirs. What has
  // a message_id is in the journal of this shard, and stays there until Realm::confirmed() or
  // Realm::dropped() is called for it.
  // Presence that is available or unavailable does not come here: who watches from elsewhere is a
  // Watcher.
  virtual bool take(const Stanza& stanza, engine::Turn& turn) = 0;
};

class Realm {
 public:
  Realm(engine::ShardId shard, const engine::Partition& partition,
        std::shared_ptr<const Options> options, AccountIq& account_iq);
  ~Realm();

  // Mail and answers from the shard's Service.
  void on_mail(const engine::Envelope& mail, engine::Turn& turn);
  void on_refused(const engine::Envelope& mail, engine::Turn& turn);
  void on_answer(std::unique_ptr<StoreRequest> answer, engine::Turn& turn);
  void set_options(std::shared_ptr<const Options> options);
  const Options& options() const { return *options_; }
  // It outlives all stanzas. Without one, there is nobody elsewhere.
  void set_elsewhere(Elsewhere& elsewhere) { elsewhere_ = &elsewhere; }
  Elsewhere* elsewhere() const { return elsewhere_; }

  // Sessions. Where the account is in memory, bound() is called before bind() returns; otherwise
  // later, on this shard.
  struct Binding {
    virtual ~Binding() = default;
    virtual void bound(BindResult result, engine::Turn& turn) = 0;
    User* waiting_for = nullptr;  // the realm's, between bind() and bound() or cancel_bind()
  };
  // `resource.full_jid` holds the wish (bare JID, or full); bind() completes it. A wish without a
  // resource gets a generated one.
  void bind(Resource& resource, Binding& binding, engine::Turn& turn);
  void cancel_bind(Binding& binding);                   // the connection went away meanwhile
  void unbind(Resource& resource, engine::Turn& turn);  // sends unavailable where it is owed
  // It gets messages from now on, stored ones first, or no longer, without a word about presence:
  // where that is told by other means, as of a SIP client that has registered.
  void take_messages(Resource& resource, bool takes, engine::Turn& turn);
  // The client reads again: goes on with the stored messages it is owed (Resource::congested).
  void uncongested(Resource& resource, engine::Turn& turn);

  // A stanza from a client of this shard, stamped with its full JID, that no feature consumed.
  // Routes messages and IQs (RFC 6121 §8), handles presence of every type (§3, §4).
  void from_client(const Stanza& stanza, Resource& origin, engine::Turn& turn);
  // A stanza from the server itself or an account (answers, pushes), to any JID.
  void route(const Stanza& stanza, engine::Turn& turn);
  // As if a client of the account `from` had asked for the presence of `to`: for one that has asked
  // by other means, a SUBSCRIBE. Enters her roster, whichever shard she is on, and goes to `to`
  // from there. Where her roster is full, or she cannot be read, nothing comes of it, counted.
  void subscribe(const jid::JidView& from, const jid::JidView& to, engine::Turn& turn);
  // For a message whose fate its wire wants to follow in the journal (message_key()).
  MessageId new_message_id(engine::Turn& turn);
  // Answers `stanza` with an error, unless it is itself an error or an IQ result.
  void bounce(const Stanza& stanza, const StanzaError& error, engine::Turn& turn);

  // What became of messages that a resource of this account was given (Resource::deliver). Each
  // must be told once, one way or the other; `handed` of a message is {message_id.number,
  // stored_id}.
  struct Handed {
    uint64_t number = 0;
    uint64_t stored_id = 0;
  };
  // The client has them.
  void confirmed(base::Bytes account, std::span<const Handed> handed, engine::Turn& turn);
  // The resource has gone and its client does not have it: somebody else gets it.
  void returned(base::Bytes account, const Stanza& stanza, engine::Turn& turn);
  // … and nobody else does: copies, and what has nobody to go to.
  void dropped(const Stanza& stanza, engine::Turn& turn);

  // The journal (engine/seam/service.h).
  void on_committed(engine::Turn& turn);
  // First, with everything; recover() follows with the messages of no session, when the sessions
  // are back. Until these have been sent on, other messages wait behind them.
  void begin_recovery(const std::vector<engine::JournalEntry>& entries);
  // Who gets back what was kept about users before a restart.
  struct Keeper {
    virtual ~Keeper() = default;
    // `rest`: of the entry's bytes, behind the account (unpack_entry()).
    virtual void restore(User& user, const engine::JournalEntry& entry, base::Bytes rest,
                         engine::Turn& turn) = 0;
  };
  // Each waits for its user, a few at a time, in the order of the calls. Those of accounts that are
  // gone are erased. The keeper outlives the realm's work.
  void recover_kept(std::vector<engine::JournalEntry> entries, Keeper& keeper, engine::Turn& turn);
  void recover_publications(std::vector<engine::JournalEntry> entries, engine::Turn& turn);
  void recover(std::vector<engine::JournalEntry> messages, engine::Turn& turn);
  // A resource that was there when the node stopped, bound again: as it was, without telling
  // anyone. `stored`: the stored messages that it was handed and has not confirmed.
  void restore(Resource& resource, base::Bytes presence, std::span<const uint64_t> stored,
               engine::Turn& turn);
  // Its client is back: what it knows of others' presence may be out of date.
  void refresh(Resource& resource, engine::Turn& turn);

  // Roster (RFC 6121 §2). Result or error goes to the origin as an IQ with this id, after the
  // commit; pushes go to every interested resource.
  struct RosterSet {
    base::Bytes jid;
    base::Bytes name;
    std::vector<base::Bytes> groups;
    bool remove = false;
  };
  void roster_set(Resource& origin, const RosterSet& set, base::Bytes iq_id, engine::Turn& turn);

  // Blocking (XEP-0191), with its side effects on presence.
  void block(Resource& origin, const std::vector<std::string>& jids, base::Bytes iq_id,
             engine::Turn& turn);
  void unblock(Resource& origin, const std::vector<std::string>& jids, base::Bytes iq_id,
               engine::Turn& turn);  // empty: all

  // Operators. Users and resources of this shard only.
  struct Visitor {
    virtual ~Visitor() = default;
    virtual void visit(const User& user) = 0;
  };
  void visit_users(Visitor& visitor) const;  // loaded ones; must not change anything
  // Ends a session. False: there is no such resource here.
  bool end(base::Bytes full_jid, Farewell why, engine::Turn& turn);
  // Cancels all subscriptions, ends the sessions, then has the store delete the account; `then`
  // gets that request's answer. On the account's own shard.
  void delete_account(base::Bytes bare_jid, std::unique_ptr<StoreRequest::Context> then,
                      engine::Turn& turn);

  User* find_user(base::Bytes bare_jid);  // loaded users of this shard only
  // Whoever waits until a user is in memory.
  struct Caller {
    virtual ~Caller() = default;
    // `user` is null where there is no such account (no_such_account), or it could not be read.
    virtual void loaded(User* user, BindResult result, engine::Turn& turn) = 0;
  };
  // Of this shard; at once, where she is in memory or too many are being loaded. At most
  // Options::user_inbox_max wait for one user: false beyond that, and nobody is called.
  [[nodiscard]] bool when_loaded(base::Bytes bare_jid, std::unique_ptr<Caller> then,
                                 engine::Turn& turn);
  // Made when it is first asked for.
  Presentity& presentity(User& user);
  void ask(std::unique_ptr<StoreRequest> request, engine::Turn& turn);
  const engine::Partition& partition() const { return partition_; }

 private:
  engine::ShardId shard_;
  const engine::Partition& partition_;
  std::shared_ptr<const Options> options_;
  Elsewhere* elsewhere_ = nullptr;
  std::unique_ptr<RealmState> state_;
};

}  // namespace im
