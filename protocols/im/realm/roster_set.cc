// Roster sets (RFC 6121 §2.3 to §2.5).
#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "protocols/im/realm/state.h"
#include "protocols/im/subscription_chart.h"

namespace im {
namespace {

constexpr size_t kNameBytesMax = 1023;
constexpr size_t kGroupBytesMax = 1023;

// §2.3.3. Null: nothing is wrong.
const StanzaError* fault(const Realm::RosterSet& set, const Options& options) {
  static const StanzaError kTwice = error(ErrorCondition::bad_request, "A group is named twice.");
  static const StanzaError kEmpty = error(ErrorCondition::not_acceptable, "A group needs a name.");
  static const StanzaError kLong =
      error(ErrorCondition::not_acceptable, "A name may be 1023 bytes long.");
  static const StanzaError kMany =
      error(ErrorCondition::not_acceptable, "The contact is in too many groups.");
  if (set.name.size() > kNameBytesMax) return &kLong;
  if (set.groups.size() > options.roster_groups_max) return &kMany;
  for (auto group = set.groups.begin(); group != set.groups.end(); ++group) {
    if (group->empty()) return &kEmpty;
    if (group->size() > kGroupBytesMax) return &kLong;
    if (std::find(set.groups.begin(), group, *group) != group) return &kTwice;
  }
  return nullptr;
}

}  // namespace

void RealmState::roster_set(Resource& origin, const Realm::RosterSet& set, base::Bytes iq_id,
                            engine::Turn& turn) {
  User& user = *origin.user;
  IqAddress address{origin.full_jid, std::string(iq_id)};
  count(trace::Counter::im_roster_sets);
  if (set.remove) return roster_remove(user, set.jid, origin, iq_id, turn);
  if (set.jid.empty() || set.jid == user.bare_jid.view()) {
    const StanzaError own = error(ErrorCondition::not_allowed, "Nobody is a contact of himself.");
    return answer_iq(user, address, &own, turn);
  }
  if (const StanzaError* wrong = fault(set, options())) {
    return answer_iq(user, address, wrong, turn);
  }
  const Contact* known = user.roster.find(set.jid);
  const bool listed = known != nullptr && known->listed;
  if (!listed && roster_is_full(user)) {
    count(trace::Counter::im_roster_full);
    TRACE(roster, debug, "full", {"user", user.bare_jid.view()},
          {"items", user.roster.listed_count()});
    const StanzaError full = error(ErrorCondition::policy_violation, "The contact list is full.");
    return answer_iq(user, address, &full, turn);
  }
  const size_t others = user.roster.listed_count() - (listed ? 1 : 0);
  Contact& contact = user.roster.add(set.jid);
  contact.details = Contact::pack(set.name, set.groups);
  user.roster.set_listed(contact, true);
  CHECK(user.roster.listed_count() == others + 1);
  ++user.roster.version;
  save_contact(user, set.jid, true, std::move(address), turn);
}

void RealmState::roster_remove(User& user, base::Bytes jid, Resource& origin, base::Bytes iq_id,
                               engine::Turn& turn) {
  IqAddress address{origin.full_jid, std::string(iq_id)};
  Contact* contact = user.roster.find(jid);
  if (contact == nullptr || !contact->listed) {
    const StanzaError none = error(ErrorCondition::item_not_found);
    return answer_iq(user, address, &none, turn);
  }
  const SubscriptionState before = state_of(contact);
  const jid::Jid removed(jid::JidView::trusted(jid));
  set_state(*contact, {});
  user.roster.set_listed(*contact, false);
  ++user.roster.version;
  // The subscription is with the account, whatever address the item was given.
  const jid::JidView to = removed.view().bare_jid();
  // §2.5.2; a request that waits for an answer is thereby denied, one of ours taken back.
  if (before.from) send_unavailable(user, to, turn);
  save_contact(user, removed.full(), true, std::move(address), turn);
  CHECK(user.roster.find(removed.full()) == nullptr);
  if (!is_local_account(to)) return;
  if (before.to || before.ask) send_subscription(user, to, StanzaType::unsubscribe, {}, turn);
  if (before.from || before.pending_in) {
    send_subscription(user, to, StanzaType::unsubscribed, {}, turn);
  }
}

}  // namespace im
