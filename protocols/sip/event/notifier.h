// The notifier (RFC 6665 §4.2): who subscribes to what a user is, and what they are told. A
// SUBSCRIBE is answered when the subscription is in the journal, and the first NOTIFY follows; from
// then on one NOTIFY at a time, the last state each, until it expires or somebody ends it. After a
// restart all go on, and everybody is told once, at a bounded rate.
// One a shard, on the shard that owns the users; all calls there. Limits below and in Options, each
// counted. Who may subscribe: users of trunk peers (TrunkPeer), and our own users' clients, who
// have proved who they are; what they see is the user's decision, as with XMPP.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "protocols/im/realm.h"
#include "protocols/sip/event/committed_answers.h"
#include "protocols/sip/event/package.h"
#include "protocols/sip/event/subscription.h"
#include "protocols/sip/flat_table.h"
#include "protocols/sip/handler.h"
#include "protocols/sip/service.h"

namespace sip {

class Notifier final : public Handler, private ClientUser, private im::Realm::Keeper {
 public:
  // Requests for users who are not in memory, while the store is asked; then 503.
  static constexpr uint32_t kAskingMax = 1024;
  static constexpr uint32_t kCSeqStep = 1000;  // numbers reserved by one note in the journal
  // NOTIFYs a second of the whole node after a restart.
  static constexpr uint32_t kRestartRate = 1000;

  Notifier(Service& service, im::Realm& realm, base::Random& random);
  ~Notifier() override;

  uint8_t add(std::unique_ptr<Package> package);  // before the first request; its place

  engine::Owner owner_of(const Received& request, engine::Turn& turn) override;
  void on_request(const Received& request, engine::Turn& turn) override;
  void on_committed(engine::Turn& turn);
  void on_recovered(std::vector<engine::JournalEntry> entries, engine::Turn& turn);

  // What this package tells of a user besides her presence may be another now.
  void look_again(base::Bytes account, uint8_t package, engine::Turn& turn);

  size_t size() const { return subscriptions_.size(); }

  // What a presentity does not know of one of its watchers, for the operator.
  struct Facts {
    base::Bytes package;
    base::Instant expires;
  };
  Facts facts(const im::Watcher& watcher) const;

 private:
  friend class Subscription;
  struct Asking;
  struct Wish {
    uint8_t package = 0;
    base::Bytes event_id;
    uint32_t seconds = 0;
    std::string identity;
    bool granted = false;
  };
  // notifier_requests.cc: SUBSCRIBE.
  bool find_user(const Received& request);
  bool find_user_of_dialog(const Received& request);
  bool is_coming_back(const Received& request, engine::Turn& turn);
  void wait(const Received& request, engine::Turn& turn);
  void go_on(const Received& request, engine::Turn& turn);
  uint16_t read(const Received& request, base::Instant now, Wish& out);
  bool identify(const Received& request, base::Instant now, Wish& out);
  bool speaks_for(const Received& request, base::Bytes identity, base::Instant now);
  static bool take_way(const Received& request, Subscription& subscription);
  void begin(const Received& request, im::User& user, engine::Turn& turn);
  void again(const Received& request, Subscription& subscription, engine::Turn& turn);
  static im::WatchState first_state(const im::User& user, const Subscription& subscription);
  void ask_user(const Subscription& subscription, const im::User& user, engine::Turn& turn);
  bool knows(const Received& request, const Subscription& subscription) const;
  void accept(const Received& request, Subscription& subscription, uint32_t seconds,
              engine::Turn& turn);
  void write_accepted(const Received& request, Writer& writer) const;
  void refuse(const Received& request, uint16_t status, engine::Turn& turn);

  // notifier.cc: NOTIFY, the journal.
  Subscription* make(engine::Turn& turn);  // null: too many
  Subscription& make(uint64_t id);
  Subscription* find(uint64_t id);
  void erase(Subscription& subscription, engine::Turn& turn);
  void list(Subscription& subscription, WatcherEvent event, engine::Turn& turn);
  void tell_soon(Subscription& subscription, base::Duration delay, engine::Turn& turn);
  void enter(const Subscription& subscription, base::Bytes account, engine::Turn& turn);
  void note(const Subscription& subscription, engine::Turn& turn);
  void answered(Subscription& subscription, bool elsewhere, engine::Turn& turn);
  void changed(Subscription& subscription, engine::Turn& turn);
  void finish(Subscription& subscription, SubscriptionEnd why, engine::Turn& turn);
  void notify(Subscription& subscription, engine::Turn& turn);
  const TrunkPeer* peer_of_watcher(const Subscription& subscription) const;
  bool reachable(const Subscription& subscription) const;
  bool send(Subscription& subscription, engine::Turn& turn);
  bool send(const Subscription& subscription, const Request& how, engine::Turn& turn);
  void write_contact(const Subscription& subscription, base::Sink& out) const;
  void write_state(const Subscription& subscription, engine::Turn& turn, base::Sink& out) const;
  void on_time(Subscription& subscription, engine::Turn& turn);
  void arm(Subscription& subscription, engine::Turn& turn);
  void on_response(uint64_t number, const Message& response, const Essentials& essentials,
                   engine::Turn& turn) override;
  void on_no_response(uint64_t number, engine::Turn& turn) override;
  void restore(im::User& user, const engine::JournalEntry& entry, base::Bytes rest,
               engine::Turn& turn) override;
  void on_restart_tick(engine::Turn& turn);
  std::string entity_tag(const Subscription& subscription) const;

  Service& service_;
  im::Realm& realm_;
  CommittedAnswers answers_;
  std::vector<std::unique_ptr<Package>> packages_;
  FlatTable<Subscription, PlainSlot<Subscription>> subscriptions_;
  uint32_t asking_ = 0;
  uint64_t start_;  // tells this life of the node from others
  // Who has not been told since the restart, and waits for what the journal is told of its CSeq.
  struct Restored {
    uint64_t id = 0;
    engine::Journal::Position position = 0;
  };
  std::deque<Restored> restored_;
  engine::MemberTimer<Notifier, &Notifier::on_restart_tick> restart_timer_{*this};
  std::vector<uint64_t> to_tell_;  // scratch, as the next ones
  std::string account_;
  std::string text_;
  std::string route_;
  Dialog dialog_;
};

}  // namespace sip
