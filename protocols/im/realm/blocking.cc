// Blocking (XEP-0191). The list works at once; the answer and the pushes follow its commit.
#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "protocols/im/realm/state.h"

namespace im {
namespace {

// Who may see the user's presence or is in her roster at all, bare or as directed presence named
// them, and was not blocked before (or is not any more).
std::vector<std::string> audience(const User& user) {
  std::vector<std::string> out;
  for (const Contact& contact : user.roster.contacts()) {
    if (contact.from || contact.to) out.emplace_back(contact.jid.view());
  }
  for (const Resource* resource : user.resources) {
    for (const std::string& jid : resource->directed) {
      if (std::find(out.begin(), out.end(), jid) == out.end()) out.push_back(jid);
    }
  }
  std::erase_if(out,
                [&](const std::string& jid) { return user.blocks(jid::JidView::trusted(jid)); });
  return out;
}

struct ListSaved final : AboutUser {
  ListSaved(RealmState& owner, const User& user, RealmState::BlockChange what, IqAddress address)
      : AboutUser(owner, user), change(std::move(what)), answer(std::move(address)) {}

  void answered(User& user, StoreRequest& request, engine::Turn& turn) override {
    if (request.status != StoreStatus::ok) {
      state.failed(request);
      const StanzaError broken = error(ErrorCondition::internal_server_error);
      return state.answer_iq(user, answer, &broken, turn);
    }
    state.answer_iq(user, answer, nullptr, turn);
    for (Resource* resource : user.resources) {
      if (resource->blocking) resource->push_blocking(change.added, change.jids, turn);
    }
    if (change.added) return;
    // Last, so that a client that forgets whom it blocks hears of them after the push; and of all
    // whom the change concerns now, for the roster may have changed meanwhile.
    std::vector<std::string> welcome;
    for (const Contact& contact : user.roster.contacts()) {
      const jid::JidView other = jid::JidView::trusted(contact.jid.view());
      if ((contact.from || contact.to) && concerns(other)) welcome.emplace_back(other.full());
    }
    for (const std::string& jid : welcome) {
      state.welcome_back(user, jid::JidView::trusted(jid), turn);
    }
  }

  bool concerns(const jid::JidView& other) const {  // jids are sorted; none: all
    const auto named = [this](base::Bytes jid) {
      return std::binary_search(change.jids.begin(), change.jids.end(), jid);
    };
    return change.jids.empty() || named(other.full()) || named(other.bare()) ||
           named(other.domain());
  }

  const RealmState::BlockChange change;
  const IqAddress answer;
};

}  // namespace

void RealmState::block(Resource& origin, const std::vector<std::string>& jids, base::Bytes iq_id,
                       engine::Turn& turn) {
  User& user = *origin.user;
  const std::vector<std::string> before = audience(user);
  std::vector<std::string> old_list = user.blocked;
  for (const std::string& jid : jids) {
    const auto place = std::lower_bound(user.blocked.begin(), user.blocked.end(), jid);
    if (place != user.blocked.end() && *place == jid) continue;
    user.blocked.insert(place, jid);
    if (user.blocked.size() > options().block_list_max) break;
  }
  if (user.blocked.size() > options().block_list_max) {
    user.blocked = std::move(old_list);
    count(trace::Counter::im_block_list_full);
    const StanzaError full = error(ErrorCondition::policy_violation, "The block list is full.");
    return answer_iq(user, {origin.full_jid, std::string(iq_id)}, &full, turn);
  }
  for (const std::string& jid : before) {
    const jid::JidView other = jid::JidView::trusted(jid);
    if (!user.blocks(other)) continue;
    // §3.3: she goes offline for them, if they could see her.
    const Contact* contact = user.roster.find(jid);
    const bool subscriber = contact != nullptr && contact->from;
    const bool told =
        std::any_of(user.resources.begin(), user.resources.end(), [&](const Resource* resource) {
          const auto& list = resource->directed;
          return std::find(list.begin(), list.end(), jid) != list.end();
        });
    if (subscriber || told) send_unavailable(user, other, turn);
  }
  CHECK(origin.user == &user);
  save_blocked(origin, {true, jids}, iq_id, turn);
}

void RealmState::unblock(Resource& origin, const std::vector<std::string>& jids, base::Bytes iq_id,
                         engine::Turn& turn) {
  User& user = *origin.user;
  std::vector<std::string> named = jids;
  std::sort(named.begin(), named.end());
  if (named.empty()) {
    user.blocked.clear();
  } else {
    std::erase_if(user.blocked, [&](const std::string& jid) {
      return std::binary_search(named.begin(), named.end(), jid);
    });
  }
  save_blocked(origin, {false, std::move(named)}, iq_id, turn);
}

// §3.4: they see her again, and she them.
void RealmState::welcome_back(User& user, const jid::JidView& other, engine::Turn& turn) {
  const Contact* contact = user.roster.find(other.full());
  if (contact == nullptr || user.blocks(other)) return;
  const bool subscribed = contact->to;
  if (contact->from) send_current_presence(user, other, turn);
  for (Resource* resource : user.resources) {
    if (!subscribed || !resource->available()) continue;
    Stanza probe;
    probe.kind = StanzaKind::presence;
    probe.type = StanzaType::probe;
    probe.from = resource->jid();
    probe.to = other;
    send(probe, turn);
  }
}

void RealmState::save_blocked(Resource& origin, BlockChange change, base::Bytes iq_id,
                              engine::Turn& turn) {
  User& user = *origin.user;
  CHECK(user.blocked.size() <= options().block_list_max || !change.added);
  watchers_changed(user, turn);
  // Both are searched by halving.
  CHECK(std::is_sorted(user.blocked.begin(), user.blocked.end()));
  CHECK(change.added || std::is_sorted(change.jids.begin(), change.jids.end()));
  auto request = question(StoreKind::save_block_list, user);
  request->jids = user.blocked;
  TRACE(roster, debug, "block list changed", {"user", user.bare_jid.view()},
        {"items", user.blocked.size()});
  ask(user, std::move(request), turn,
      std::make_unique<ListSaved>(*this, user, std::move(change),
                                  IqAddress{origin.full_jid, std::string(iq_id)}));
}

// §3.3: to whom she has blocked she does not speak either. The error goes to the client directly:
// it comes in the name of somebody whose stanzas do not reach her.
bool RealmState::refuse_outbound(Resource& origin, const Stanza& stanza, engine::Turn& turn) {
  CHECK(origin.user != nullptr);
  if (!origin.user->blocks(stanza.to)) return false;
  count(trace::Counter::im_blocked_outbound);
  if (stanza.type == StanzaType::error || stanza.type == StanzaType::result) return true;
  StanzaError why = error(ErrorCondition::not_acceptable);
  why.type = ErrorType::cancel;
  why.application = "<blocked xmlns='urn:xmpp:blocking:errors'/>";
  std::string payload;
  origin.deliver(error_answer(stanza, why, payload), turn);
  return true;
}

}  // namespace im
