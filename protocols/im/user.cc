#include "protocols/im/user.h"

#include <algorithm>

#include "engine/base/check.h"
#include "protocols/im/presentity/presentity.h"
#include "protocols/im/realm/waiting.h"

namespace im {

User::User(base::Bytes bare, uint64_t serial_number) : bare_jid(bare), serial(serial_number) {
  CHECK(jid().has_local() && !jid().has_resource());
}

User::~User() { CHECK(resources.empty() && flooding == nullptr); }

// XEP-0191 §5: a full JID matches itself, a bare JID every resource of it, a domain with a resource
// only that, a domain the domain itself and everything at it. So three look-ups find any rule.
// A user never blocks herself, whatever the list says (§4).
bool User::blocks(const jid::JidView& other) const {
  if (blocked.empty() || other.bare() == bare_jid.view()) return false;
  const auto listed = [this](base::Bytes jid) {
    return std::binary_search(blocked.begin(), blocked.end(), jid);
  };
  return listed(other.full()) || listed(other.bare()) || listed(other.domain());
}

WatchState User::watch_state(const jid::JidView& other) const {
  if (other.bare() == bare_jid.view()) return WatchState::active;
  if (blocks(other)) return WatchState::blocked;
  const Contact* const contact = roster.find(other.bare());
  return contact != nullptr && contact->from ? WatchState::active : WatchState::pending;
}

Resource* User::find(base::Bytes resource) const {
  for (Resource* candidate : resources) {
    CHECK(candidate->user == this);
    if (candidate->jid().resource() == resource) return candidate;
  }
  return nullptr;
}

bool User::any_available() const {
  return std::any_of(resources.begin(), resources.end(),
                     [](const Resource* resource) { return resource->available(); });
}

}  // namespace im
