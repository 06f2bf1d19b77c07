// Which users are in memory: those with a session, those just spoken to, and no more.
#include <algorithm>

#include "engine/base/check.h"
#include "protocols/im/realm/state.h"

namespace im {

RealmState::~RealmState() {
  // The wires end their sessions before the shard is taken down; whoever is left is let go of.
  size_t loading = 0;
  size_t idle = 0;
  for (auto& [name, user] : users_) {
    loading += user->state == UserState::loading ? 1 : 0;
    idle += user->linked() ? 1 : 0;
    user->flooding = nullptr;
    for (Resource* resource : user->resources) resource->user = nullptr;
    user->resources.clear();
  }
  CHECK(loading == loading_ && idle == idle_count_);
  trace::gauge_add(trace::Gauge::im_users_loaded, -static_cast<int64_t>(users_.size()));
}

User* RealmState::find(base::Bytes bare_jid) {
  const auto entry = users_.find(bare_jid);
  return entry == users_.end() ? nullptr : entry->second.get();
}

User* RealmState::find_loaded(base::Bytes bare_jid) {
  User* user = find(bare_jid);
  return user != nullptr && user->state == UserState::loaded ? user : nullptr;
}

User* RealmState::find_or_load(base::Bytes bare_jid, engine::Turn& turn) {
  if (User* user = find(bare_jid)) {
    touch_idle(*user);
    return user;
  }
  if (loading_ >= options().users_loading_max) {
    count(trace::Counter::im_users_loading_full);
    return nullptr;
  }
  CHECK(realm_.partition().owner(bare_jid).shard == shard_);
  auto owned = std::make_unique<User>(bare_jid, next_serial_++);
  User& user = *owned;
  user.waiting = std::make_unique<Waiting>();
  CHECK(users_.emplace(user.bare_jid.view(), std::move(owned)).second);
  trace::gauge_add(trace::Gauge::im_users_loaded, 1);
  ++loading_;
  CHECK(loading_ + idle_count_ <= users_.size());
  ask(user, question(StoreKind::load_account, user), turn, &RealmState::loaded);
  return &user;
}

bool RealmState::when_loaded(base::Bytes bare_jid, std::unique_ptr<Realm::Caller> then,
                             engine::Turn& turn) {
  User* const user = find_or_load(bare_jid, turn);
  if (user == nullptr) {
    then->loaded(nullptr, BindResult::failed, turn);
    return true;
  }
  if (user->state == UserState::loaded) {
    then->loaded(user, BindResult::bound, turn);
    return true;
  }
  std::vector<std::unique_ptr<Realm::Caller>>& callers = user->waiting->callers;
  if (callers.size() >= options().user_inbox_max) {
    count(trace::Counter::im_user_inbox_full);
    return false;
  }
  callers.push_back(std::move(then));
  return true;
}

namespace {

constexpr size_t kJidBytesMax = 3 * 1023 + 2;  // RFC 7622 §3.1; what is longer is not ours

void take_over(User& user, StoredAccount& account) {
  CHECK(user.roster.contacts().empty() && user.blocked.empty() && user.offline_count == 0);
  for (StoredContact& stored : account.contacts) {
    if (stored.jid.empty() || stored.jid.size() > kJidBytesMax) continue;
    Contact& contact = user.roster.add(stored.jid);
    const bool listed = contact.listed;
    contact.set_flags(stored.flags);
    // What cannot be together in the charts the store may say nevertheless; what is granted counts.
    if (contact.to) contact.ask = false;
    if (contact.from) contact.pending_in = false;
    contact.details = base::PackedString(stored.details);
    // The roster counts its listed contacts: let it see the change.
    const bool wanted = contact.listed;
    contact.listed = listed;
    user.roster.set_listed(contact, wanted);
    if (contact.pending_in) user.roster.set_request(stored.jid, stored.request);
  }
  user.roster.version = account.roster_version;
  user.blocked = std::move(account.blocked);
  std::sort(user.blocked.begin(), user.blocked.end());
  user.last_status = std::move(account.last_status);
  user.last_seen = account.last_seen;
  user.offline_count = account.offline_count;
  if (account.archive) {
    user.archive = std::make_unique<ArchivePreferences>(std::move(*account.archive));
  }
}

BindResult why_not(StoreStatus status) {
  CHECK(status != StoreStatus::ok);
  return status == StoreStatus::not_found ? BindResult::no_such_account : BindResult::failed;
}

}  // namespace

void RealmState::loaded(User& user, StoreRequest& answer, engine::Turn& turn) {
  CHECK(user.state == UserState::loading && user.waiting != nullptr && loading_ > 0);
  if (failed(answer) && user.waiting->attempts.another()) {
    ask(user, question(StoreKind::load_account, user), turn, &RealmState::loaded);
    return;
  }
  --loading_;
  CHECK(user.resources.empty() && !user.linked());
  const bool there = answer.status == StoreStatus::ok;
  TRACE(session, debug, "user loaded", {"user", answer.user},
        {"status", static_cast<int>(answer.status)});
  if (there) {
    count(trace::Counter::im_users_read);
    user.state = UserState::loaded;
    take_over(user, answer.account);
    touch_idle(user);
  }
  // One at a time: what one of them is told may make another cancel.
  auto& binds = user.waiting->binds;
  while (!binds.empty()) {
    const PendingBind pending = binds.front();
    binds.erase(binds.begin());
    pending.binding->waiting_for = nullptr;
    const BindResult result =
        there ? bind_loaded(user, *pending.resource, turn) : why_not(answer.status);
    pending.binding->bound(result, turn);
  }
  const std::unique_ptr<Waiting> waiting = std::move(user.waiting);
  const bool gone = !there || waiting->delete_when_loaded;
  for (const auto& caller : waiting->callers) {
    const BindResult result = there ? BindResult::no_such_account : why_not(answer.status);
    caller->loaded(gone ? nullptr : &user, gone ? result : BindResult::bound, turn);
  }
  if (waiting->delete_when_loaded) {
    delete_user(user, std::move(waiting->deletion), turn);  // frees the user
  } else if (!there) {
    forget(user);
  }
  const bool broken = !waiting->delete_when_loaded && answer.status == StoreStatus::failed;
  for (const engine::EnvelopePtr& mail : waiting->mail) {
    CHECK(waiting->mail_bytes >= mail->size);
    waiting->mail_bytes -= mail->size;
    Stanza stanza;
    if (!unpack(mail->payload(), stanza)) CHECK(false);
    if (broken) {
      refuse(stanza, ErrorCondition::internal_server_error, turn);
    } else if (gone) {
      receive_for_absent(stanza, turn);
    } else {
      receive(user, stanza, turn);
    }
  }
  CHECK(waiting->mail_bytes == 0);
}

void RealmState::touch_idle(User& user) {
  if (user.state != UserState::loaded || !user.resources.empty()) return;
  if (user.presentity != nullptr && !user.presentity->unused()) return;
  if (user.linked()) {
    user.unlink();
  } else {
    ++idle_count_;
    CHECK(loading_ + idle_count_ <= users_.size());
  }
  idle_.push_back(user);
}

void RealmState::leave_idle(User& user) {
  CHECK(idle_count_ > 0);
  user.unlink();
  --idle_count_;
  CHECK(idle_.empty() == (idle_count_ == 0));
}

void RealmState::evict() {
  // A user about whom the store has been asked, or who is just being handed to those who waited for
  // her, goes to the back of the queue and stays.
  for (size_t tries = idle_count_; idle_count_ > options().users_cached_max && tries > 0; --tries) {
    User* oldest = idle_.front();
    CHECK(oldest != nullptr && oldest->resources.empty() && oldest->state == UserState::loaded);
    if (oldest->pending > 0 || oldest->waiting != nullptr) {
      touch_idle(*oldest);
      continue;
    }
    count(trace::Counter::im_users_evicted);
    forget(*oldest);
  }
}

void RealmState::forget(User& user) {
  CHECK(user.resources.empty() && user.waiting == nullptr);
  if (user.linked()) leave_idle(user);
  trace::gauge_add(trace::Gauge::im_users_loaded, -1);
  CHECK(users_.erase(user.bare_jid.view()) == 1);
}

void RealmState::visit(Realm::Visitor& visitor) const {
  for (const auto& [name, user] : users_) {
    if (user->state == UserState::loaded) visitor.visit(*user);
  }
}

}  // namespace im
