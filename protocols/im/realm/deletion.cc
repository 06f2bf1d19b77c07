// The end of an account: its contacts are told, its sessions ended, then the store forgets it.
#include <utility>

#include "engine/base/check.h"
#include "protocols/im/realm/state.h"

namespace im {
namespace {

void ask_store(base::Bytes bare_jid, std::unique_ptr<StoreRequest::Context> then,
               engine::Turn& turn) {
  auto request = std::make_unique<StoreRequest>();
  request->kind = StoreKind::delete_account;
  request->user = bare_jid;
  request->then = std::move(then);
  turn.out.ask(std::move(request));
}

struct Tie {
  std::string jid;
  bool ours = false;  // we are subscribed, or asked to be
  bool theirs = false;
};

}  // namespace

void RealmState::delete_account(base::Bytes bare_jid, std::unique_ptr<StoreRequest::Context> then,
                                engine::Turn& turn) {
  User* user = find_or_load(bare_jid, turn);
  const bool loading = user != nullptr && user->state == UserState::loading;
  if (loading && !user->waiting->delete_when_loaded) {
    CHECK(user->waiting->deletion == nullptr);
    user->waiting->delete_when_loaded = true;
    user->waiting->deletion = std::move(then);
  } else if (user == nullptr || loading) {
    // Too busy to tell the contacts, or being deleted already.
    archive_.forget(bare_jid, turn.journal);
    ask_store(bare_jid, std::move(then), turn);
  } else {
    delete_user(*user, std::move(then), turn);
  }
}

void RealmState::delete_user(User& user, std::unique_ptr<StoreRequest::Context> then,
                             engine::Turn& turn) {
  while (!user.resources.empty()) {
    Resource& resource = *user.resources.back();
    unbind(resource, turn);
    CHECK(resource.user == nullptr);
    resource.end(Farewell::account_deleted, turn);
  }
  end_presentity(user, turn);
  std::vector<Tie> ties;  // by value: the answers change the roster
  for (const Contact& contact : user.roster.contacts()) {
    ties.push_back({std::string(contact.jid.view()), contact.to || contact.ask,
                    contact.from || contact.pending_in});
  }
  for (const Tie& tie : ties) {
    const jid::JidView to = jid::JidView::trusted(tie.jid);
    if (!has_roster(to)) continue;
    if (tie.ours) send_subscription(user, to, StanzaType::unsubscribe, {}, turn);
    if (tie.theirs) send_subscription(user, to, StanzaType::unsubscribed, {}, turn);
  }
  // None of those who were told may have let go of her, or brought her a session.
  CHECK(find(user.bare_jid.view()) == &user && user.resources.empty());
  TRACE(session, info, "account deleted", {"user", user.bare_jid.view()});
  archive_.forget(user.bare_jid.view(), turn.journal);
  ask_store(user.bare_jid.view(), std::move(then), turn);
  forget(user);
}

}  // namespace im
