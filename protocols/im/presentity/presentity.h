// The presence of one user that shows on more than one wire: everything that is said of her besides
// by XMPP clients (publications, phone lines, calendars), who watches besides XMPP contacts, and
// what comes out of it all: one state with a version, told once to watchers of both kinds.
// One a user, made by whoever first needs it: users who only speak XMPP cost nothing.
// Belongs to its user; her shard only. Knows no wire.
// Limits: PresentityOptions (options.h), each counted when hit (im_presentity_*).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/base/intrusive_list.h"
#include "engine/base/packed_string.h"
#include "engine/seam/timer.h"
#include "protocols/im/presentity/composition.h"
#include "protocols/im/presentity/options.h"
#include "protocols/im/presentity/publication.h"
#include "protocols/im/presentity/watcher.h"
#include "protocols/im/stanza.h"

namespace im {

class User;

// What a presentity needs of the shard it lives on.
class PresentityHost {
 public:
  virtual ~PresentityHost() = default;
  virtual const PresentityOptions& presentity_options() const = 0;
  // Tells XMPP contacts and the user's own clients. `presence` is broadcast: it has no recipient.
  virtual void show(User& user, const Stanza& presence, engine::Turn& turn) = 0;
  // unused() of her presentity is not what it was: while it is used she stays in memory.
  virtual void usage_changed(User& user) = 0;
};

// What the user is, all sources taken together.
struct Composed {
  uint64_t version = 0;  // grows with every change of anything that is said of her
  Availability availability = Availability::offline;
  SourceKind decisive = SourceKind::resource;
  Claim claim = Claim::offline;
  Activities activities;
  base::PackedString note;
  base::PackedString lang;
};

// A document that a wire has made of the present version, for all of its watchers.
struct SharedBody {
  uint8_t form = 0;  // the wire's own number: content type, full or filtered, …
  std::shared_ptr<const std::string> bytes;
};

class Presentity {
 public:
  static constexpr size_t kBodyForms = 8;

  Presentity(PresentityHost& host, User& user);  // publications come in by restore()
  ~Presentity();  // nobody watches any more; what is published stays in the journal

  // Sources. Each kept in the journal until it expires or is withdrawn.
  // For those who keep a tag (RFC 3903 §6): a tag that is not the present one is `stale`.
  Published publish(const Publish& wish, engine::Turn& turn);
  // For those who keep none, as a phone line: replaces what has this kind and name, if anything.
  Published put(const Report& report, base::Duration lifetime, engine::Turn& turn);
  bool withdraw(SourceKind kind, base::Bytes name, engine::Turn& turn);  // false: nothing there
  void withdraw_all(engine::Turn& turn);                                 // the account is deleted
  // After any presence of an XMPP resource, on her User already.
  void resources_changed(engine::Turn& turn);
  // From the journal, after a restart. Tells nobody: they were told before, or will ask. What has
  // expired meanwhile expires at the next tick, so that this is told. False: unreadable, dropped.
  bool restore(const engine::JournalEntry& entry, base::Bytes report, engine::Turn& turn);

  // Watchers. The wire sends the first notification itself, from composed(). False: too many.
  [[nodiscard]] bool watch(Watcher& watcher);
  void unwatch(Watcher& watcher);
  // The user, or her lists, have decided about everybody of this identity.
  void decide(base::Bytes identity, WatchState state, engine::Turn& turn);
  void end_watchers(WatchEnd why, engine::Turn& turn);

  User& user() const { return user_; }
  const Composed& composed() const { return composed_; }
  // What this watcher may see: composed(), or what nobody is who is not there.
  const Composed& seen_by(const Watcher& watcher) const;
  // What XMPP contacts were last told, for those who probe. False: nothing.
  [[nodiscard]] bool shown(Stanza& out) const;
  std::span<const Publication> publications() const { return publications_; }
  size_t bytes() const { return bytes_; }  // of all publications
  size_t watcher_count() const { return watcher_count_; }
  bool unused() const { return publications_.empty() && watcher_count_ == 0; }

  template <class F>
  void for_each_watcher(F f) {
    watchers_.for_each(f);
  }

  // The body of the present version in this form, if one was made: null otherwise.
  std::shared_ptr<const std::string> body(uint8_t form) const;
  void keep_body(uint8_t form, std::shared_ptr<const std::string> bytes);

 private:
  const PresentityOptions& options() const { return host_.presentity_options(); }
  Publication* find(uint64_t id);
  Publication* find(SourceKind kind, base::Bytes name);
  Published add(const Report& report, base::Duration lifetime, engine::Turn& turn);
  Published replace(Publication& there, const Report& report, base::Duration lifetime,
                    engine::Turn& turn);
  Published refresh(Publication& there, base::Duration lifetime, engine::Turn& turn);
  PublishResult check(const Report& report, base::Bytes packed, size_t freed) const;
  void enter(const Publication& publication, engine::Turn& turn);
  void note(const Publication& publication, engine::Turn& turn);
  void remove(Publication& there, engine::Turn& turn);
  void count_use(bool was_unused);
  void compose();
  void changed(engine::Turn& turn);
  void tell(engine::Turn& turn);
  void arm(engine::Turn& turn);
  void on_due(engine::Turn& turn);

  PresentityHost& host_;
  User& user_;
  std::vector<Publication> publications_;
  base::IntrusiveList<Watcher, WatcherTag> watchers_;
  uint32_t watcher_count_ = 0;
  uint32_t bytes_ = 0;
  Composed composed_;
  base::PackedString wish_;     // the presence that XMPP contacts should know, packed; or ""
  base::PackedString shown_;    // … that they were told
  base::Instant next_telling_;  // the interval since the last is over then
  bool dirty_ = false;          // has changed and nobody has been told yet
  std::vector<SharedBody> bodies_;
  engine::MemberTimer<Presentity, &Presentity::on_due> due_{*this};  // next expiry or telling
};
static_assert(sizeof(Presentity) <= 216, "with its publication and report: <= 300 beside the body");

}  // namespace im
