// A changed contact goes to the store; when it is on disk, the interested resources get the push
// and the client that asked gets its answer. The push shows what was written, so pushes come in
// the order of the changes, each with the version of its own (RFC 6121 §2.6.3).
#include <utility>

#include "engine/base/check.h"
#include "protocols/im/realm/state.h"

namespace im {
namespace {

struct Saved final : AboutUser {
  Saved(RealmState& owner, const User& user, bool push_it, IqAddress address, StoreAttempts tries)
      : AboutUser(owner, user), push(push_it), attempts(tries), answer(std::move(address)) {}

  void answered(User& user, StoreRequest& request, engine::Turn& turn) override {
    if (request.status != StoreStatus::ok) {
      if (state.failed(request) && attempts.another()) {
        // What is written is what the contact is now, so a later change is never undone.
        const std::string jid(changed(request));
        return state.save_contact(user, jid, push, answer, turn, attempts);
      }
      const StanzaError broken = error(ErrorCondition::internal_server_error);
      return state.answer_iq(user, answer, &broken, turn);
    }
    // Versions only grow; compared so that one at the end of its range does no harm.
    CHECK(static_cast<int64_t>(user.roster.version - request.number) >= 0);
    if (push) push_to_interested(user, request, turn);
    state.answer_iq(user, answer, nullptr, turn);
  }

  static const std::string& changed(const StoreRequest& request) {
    CHECK(request.contacts.size() + request.jids.size() == 1);
    return request.contacts.empty() ? request.jids.front() : request.contacts.front().jid;
  }

  static void push_to_interested(const User& user, const StoreRequest& request,
                                 engine::Turn& turn) {
    Contact contact;
    const bool removed = request.contacts.empty() || request.contacts.front().flags == 0;
    const std::string& jid = changed(request);
    if (!request.contacts.empty()) {
      const StoredContact& stored = request.contacts.front();
      contact.jid = base::PackedString(stored.jid);
      contact.details = base::PackedString(stored.details);
      contact.set_flags(stored.flags);
    }
    const bool gone = removed || !contact.listed;
    for (Resource* resource : user.resources) {
      if (!resource->interested) continue;
      count(trace::Counter::im_roster_pushes);
      resource->push_roster(jid, gone ? nullptr : &contact, request.number, turn);
    }
  }

  const bool push;
  StoreAttempts attempts;
  const IqAddress answer;
};

}  // namespace

void RealmState::save_contact(User& user, base::Bytes jid, bool push, IqAddress answer,
                              engine::Turn& turn, StoreAttempts attempts) {
  auto request = question(StoreKind::save_contacts, user);
  request->number = user.roster.version;
  CHECK(user.state == UserState::loaded && (push || answer.to.empty()));
  const Contact* contact = user.roster.find(jid);
  if (contact != nullptr && contact->flags() != 0) {
    request->contacts.push_back({std::string(jid), std::string(contact->details.view()),
                                 contact->flags(), std::string(user.roster.request(jid))});
  } else {
    request->jids.emplace_back(jid);
    user.roster.remove(request->jids.front());  // `jid` may have been a view of it
  }
  watchers_changed(user, turn);
  TRACE(roster, debug, "contact changed", {"user", user.bare_jid.view()},
        {"version", user.roster.version});
  ask(user, std::move(request), turn,
      std::make_unique<Saved>(*this, user, push, std::move(answer), attempts));
}

void RealmState::answer_iq(const User& user, const IqAddress& address, const StanzaError* why,
                           engine::Turn& turn) {
  if (address.to.empty()) return;
  std::string payload;
  if (why != nullptr) write(*why, payload);
  Stanza answer;
  answer.kind = StanzaKind::iq;
  answer.type = why == nullptr ? StanzaType::result : StanzaType::error;
  answer.from = user.jid();
  answer.to = jid::JidView::trusted(address.to);
  answer.id = address.id;
  answer.payload = payload;
  CHECK(answer.to.bare() == user.bare_jid.view());
  send(answer, turn);
}

}  // namespace im
