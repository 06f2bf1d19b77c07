// Sessions come and go (RFC 6120 §7).
#include <algorithm>

#include "engine/base/check.h"
#include "engine/base/plant.h"
#include "protocols/im/realm/state.h"

namespace im {
namespace {

constexpr size_t kGeneratedResource = 8;  // octets: unguessable enough that nobody can aim at it

void generate_resource(Resource& resource, base::Bytes bare, engine::Turn& turn) {
  std::string full(bare);
  full += '/';
  turn.random.token(kGeneratedResource, full);
  resource.full_jid = std::move(full);
}

}  // namespace

void RealmState::bind(Resource& resource, Realm::Binding& binding, engine::Turn& turn) {
  CHECK(resource.user == nullptr && resource.jid().has_local());
  CHECK(binding.waiting_for == nullptr);
  User* user = find_or_load(resource.jid().bare(), turn);
  if (user == nullptr) return binding.bound(BindResult::failed, turn);
  if (user->state == UserState::loaded) {
    return binding.bound(bind_loaded(*user, resource, turn), turn);
  }
  CHECK(user->waiting != nullptr);
  if (user->waiting->binds.size() >= options().sessions_per_user_max) {
    count(trace::Counter::im_sessions_refused);
    return binding.bound(BindResult::too_many_sessions, turn);
  }
  binding.waiting_for = user;
  user->waiting->binds.push_back({&resource, &binding});
}

BindResult RealmState::bind_loaded(User& user, Resource& resource, engine::Turn& turn) {
  CHECK(user.state == UserState::loaded && resource.user == nullptr);
  CHECK(resource.jid().bare() == user.bare_jid.view());
  CHECK(!resource.available() && resource.directed.empty());
  if (!resource.jid().has_resource()) generate_resource(resource, user.bare_jid.view(), turn);
  // Which is the name of what her phone says (ShownPresence).
  const bool reserved = resource.jid().resource() == options().presentity.shown.resource;
  if (reserved && realm_.elsewhere() != nullptr) {
    generate_resource(resource, user.bare_jid.view(), turn);
  }
  if (Resource* same = user.find(resource.jid().resource())) {
    count(trace::Counter::im_bind_conflicts);
    switch (options().conflict) {
      case ConflictPolicy::refuse:
        return BindResult::conflict;
      case ConflictPolicy::rename:
        generate_resource(resource, user.bare_jid.view(), turn);
        break;
      case ConflictPolicy::replace:
        unbind(*same, turn);
        same->end(Farewell::replaced, turn);
        break;
    }
  }
  const size_t extra = base::plant == base::Plant::limit_off_by_one ? 1 : 0;
  if (user.resources.size() >= options().sessions_per_user_max + extra) {
    count(trace::Counter::im_sessions_refused);
    return BindResult::too_many_sessions;
  }
  CHECK(!user.linked() || user.resources.empty());
  if (user.linked()) leave_idle(user);
  CHECK(resource.jid().has_resource() && user.find(resource.jid().resource()) == nullptr);
  resource.user = &user;
  resource.active_since = turn.now;
  // Not where an earlier session of the same name began: its presence may still wait for room in a
  // mailbox, and ours must not take that one's place, before its unavailable one (fan_out.cc).
  turn.random.fill(reinterpret_cast<char*>(&resource.presence_epoch),
                   sizeof resource.presence_epoch);
  user.resources.push_back(&resource);
  trace::gauge_add(trace::Gauge::im_sessions, 1);
  TRACE(session, debug, "bound", {"jid", resource.full_jid});
  return BindResult::bound;
}

void RealmState::cancel_bind(Realm::Binding& binding) {
  if (binding.waiting_for == nullptr) return;
  CHECK(binding.waiting_for->waiting != nullptr);
  auto& binds = binding.waiting_for->waiting->binds;
  const size_t erased =
      std::erase_if(binds, [&](const PendingBind& p) { return p.binding == &binding; });
  CHECK(erased == 1);
  binding.waiting_for = nullptr;
}

void RealmState::unbind(Resource& resource, engine::Turn& turn) {
  User* user = resource.user;
  if (user == nullptr) return;  // it was replaced or ended before
  if (resource.without_presence) realm_.take_messages(resource, false, turn);
  Stanza gone;
  gone.kind = StanzaKind::presence;
  gone.type = StanzaType::unavailable;
  gone.from = resource.jid();
  become_unavailable(gone, resource, false, turn);
  // Those who were told have not come back to us for this resource, and nothing is owed by it.
  CHECK(resource.user == user && user->flooding != &resource);
  CHECK(!resource.available() && resource.directed.empty());
  const auto place = std::find(user->resources.begin(), user->resources.end(), &resource);
  CHECK(place != user->resources.end());
  user->resources.erase(place);
  resource.user = nullptr;
  resource.interested = resource.carbons = resource.blocking = false;
  trace::gauge_add(trace::Gauge::im_sessions, -1);
  TRACE(session, debug, "unbound", {"jid", resource.full_jid});
  touch_idle(*user);
}

bool RealmState::end(base::Bytes full_jid, Farewell why, engine::Turn& turn) {
  const jid::JidView jid = jid::JidView::trusted(full_jid);
  User* user = find_loaded(jid.bare());
  Resource* resource = user == nullptr ? nullptr : user->find(jid.resource());
  if (resource == nullptr) return false;
  unbind(*resource, turn);
  CHECK(resource->user == nullptr);
  resource->end(why, turn);
  return true;
}

}  // namespace im
