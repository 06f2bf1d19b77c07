#include "engine/base/check.h"
#include "protocols/im/realm/state.h"

namespace im {
namespace {

struct CallMember final : AboutUser {
  CallMember(RealmState& owner, const User& user, RealmState::Answered function)
      : AboutUser(owner, user), member(function) {}
  void answered(User& user, StoreRequest& request, engine::Turn& turn) override {
    // Through locals: UBSan of g++ 12 reads a null `this` where both sides are members.
    RealmState& realm = state;
    const RealmState::Answered function = member;
    if (function == nullptr) {
      realm.failed(request);
    } else {
      (realm.*function)(user, request, turn);
    }
  }
  const RealmState::Answered member;
};

}  // namespace

void AboutUser::answered(StoreRequest& request, Realm&, engine::Turn& turn) {
  User* user = state.find(request.user);
  if (user == nullptr || user->serial != serial) return state.abandoned(request, turn);
  CHECK(user->pending > 0);
  --user->pending;
  answered(*user, request, turn);
}

// The account went away meanwhile. A message that was on its way into the store is still ours.
void RealmState::abandoned(const StoreRequest& answer, engine::Turn& turn) {
  for (const uint64_t message : answer.messages) discharge({message, 0}, turn);
  Stanza stanza;
  if (answer.kind != StoreKind::append_offline || !unpack(answer.text, stanza)) return;
  refuse(stanza, ErrorCondition::service_unavailable, turn);
}

std::unique_ptr<StoreRequest> RealmState::question(StoreKind kind, const User& user) {
  auto request = std::make_unique<StoreRequest>();
  request->kind = kind;
  request->user = user.bare_jid.view();
  return request;
}

void RealmState::ask(User& user, std::unique_ptr<StoreRequest> request, engine::Turn& turn,
                     std::unique_ptr<AboutUser> then) {
  CHECK(request->then == nullptr && request->user == user.bare_jid.view());
  CHECK(then != nullptr && then->serial == user.serial);
  ++user.pending;
  CHECK(user.appending + (user.flood_asked ? 1 : 0) <= user.pending);
  request->then = std::move(then);
  turn.out.ask(std::move(request));
}

void RealmState::ask(User& user, std::unique_ptr<StoreRequest> request, engine::Turn& turn,
                     Answered answered) {
  ask(user, std::move(request), turn, std::make_unique<CallMember>(*this, user, answered));
}

bool RealmState::failed(const StoreRequest& answer) {
  if (answer.status != StoreStatus::failed) return false;
  count(trace::Counter::im_store_failures);
  TRACE(store, warn, "request failed", {"user", answer.user},
        {"kind", static_cast<int>(answer.kind)});
  return true;
}

}  // namespace im
