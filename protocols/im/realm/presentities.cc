// What other wires say and see of the users here: where a presentity meets the roster, the block
// list, and the presence of XMPP resources.
#include <utility>

#include "engine/base/check.h"
#include "protocols/im/realm/state.h"

namespace im {

Presentity& RealmState::presentity(User& user) {
  CHECK(user.state == UserState::loaded);
  if (user.presentity == nullptr) user.presentity = std::make_unique<Presentity>(*this, user);
  return *user.presentity;
}

void RealmState::presence_changed(const User& user, engine::Turn& turn) {
  if (user.presentity != nullptr) user.presentity->resources_changed(turn);
}

void RealmState::usage_changed(User& user) {
  CHECK(user.presentity != nullptr);
  if (user.presentity->unused()) {
    touch_idle(user);
  } else if (user.linked()) {
    leave_idle(user);
  }
}

bool RealmState::shown(const User& user, Stanza& out) {
  return user.presentity != nullptr && user.presentity->shown(out);
}

namespace {

// What a watcher may see now. Who has lost the roster's word is told so; who waits goes on waiting
// until the user answers (Presentity::decide).
WatchState next_state(const User& user, const Watcher& watcher) {
  const WatchState by_lists = user.watch_state(jid::JidView::trusted(watcher.identity()));
  if (by_lists != WatchState::pending) return by_lists;
  if (watcher.granted) return WatchState::active;
  const bool lost = watcher.watch_state == WatchState::active;
  return lost ? WatchState::rejected : WatchState::pending;
}

}  // namespace

void RealmState::watchers_changed(const User& user, engine::Turn& turn) {
  if (user.presentity == nullptr || user.presentity->watcher_count() == 0) return;
  struct Decision {
    std::string identity;
    WatchState state;
  };
  std::vector<Decision> decisions;  // those who are told may end their watch
  user.presentity->for_each_watcher([&](const Watcher& watcher) {
    const WatchState state = next_state(user, watcher);
    if (state != watcher.watch_state && watcher.watch_state != WatchState::rejected) {
      decisions.push_back({std::string(watcher.identity()), state});
    }
  });
  for (const Decision& one : decisions) user.presentity->decide(one.identity, one.state, turn);
}

void RealmState::end_presentity(const User& user, engine::Turn& turn) {
  if (user.presentity == nullptr) return;
  user.presentity->end_watchers(WatchEnd::account_deleted, turn);
  user.presentity->withdraw_all(turn);
}

// Recovery: an entry waits for its user.
struct RealmState::Restoring final : Realm::Caller {
  Restoring(RealmState& owner, Kept what) : state(owner), kept(std::move(what)) {}
  void loaded(User* user, BindResult result, engine::Turn& turn) override {
    CHECK(state.kept_loading_ > 0);
    --state.kept_loading_;
    if (user != nullptr) {
      base::Bytes account;
      base::Bytes rest;
      CHECK(unpack_entry(kept.entry.bytes, account, rest));
      kept.keeper->restore(*user, kept.entry, rest, turn);
    } else if (result == BindResult::no_such_account) {
      turn.journal.erase(kept.entry.key);
    } else {  // it stays in the journal: the next start may be luckier
      count(trace::Counter::im_presentity_unreadable);
    }
  }
  RealmState& state;
  const Kept kept;
};

void RealmState::recover_kept(std::vector<engine::JournalEntry> entries, Realm::Keeper& keeper,
                              engine::Turn& turn) {
  for (engine::JournalEntry& entry : entries) kept_.push_back({std::move(entry), &keeper});
  go_on_restoring(turn);
}

void RealmState::recover_publications(std::vector<engine::JournalEntry> entries,
                                      engine::Turn& turn) {
  recover_kept(std::move(entries), *this, turn);
}

void RealmState::restore(User& user, const engine::JournalEntry& entry, base::Bytes report,
                         engine::Turn& turn) {
  // False: it has been counted and dropped.
  static_cast<void>(presentity(user).restore(entry, report, turn));
}

void RealmState::go_on_restoring(engine::Turn& turn) {
  while (!kept_.empty() && kept_loading_ < kLoadingWhileRecovering &&
         loading_ < options().users_loading_max) {
    Kept kept = std::move(kept_.front());
    kept_.pop_front();
    base::Bytes account;
    base::Bytes rest;
    const engine::JournalKey key = kept.entry.key;
    const bool readable = unpack_entry(kept.entry.bytes, account, rest);
    const std::string bare(account);
    ++kept_loading_;
    if (readable && is_local_account(jid::JidView::trusted(bare)) &&
        when_loaded(bare, std::make_unique<Restoring>(*this, std::move(kept)), turn)) {
      continue;
    }
    --kept_loading_;
    count(trace::Counter::im_presentity_unreadable);
    turn.journal.erase(key);
  }
}

}  // namespace im
