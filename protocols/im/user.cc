#include "protocols/im/user.h"

#include <algorithm>

#include "engine/base/check.h"
#include "protocols/im/realm/waiting.h"

namespace im {
namespace {

// XEP-0191 §5: a full JID matches itself, a bare JID every resource of it, a domain with a resource
// only that, a domain the domain itself and everything at it.
bool matches(base::Bytes blocked, const jid::JidView& other) {
  const jid::JidView rule = jid::JidView::trusted(blocked);
  if (rule.has_resource()) return rule.full() == other.full();
  if (rule.has_local()) return rule.full() == other.bare();
  return rule.full() == other.domain();
}

}  // namespace

User::User(base::Bytes bare, uint64_t serial_number) : bare_jid(bare), serial(serial_number) {}

User::~User() { CHECK(resources.empty() && flooding == nullptr); }

// A user never blocks herself, whatever the list says (XEP-0191 §4).
bool User::blocks(const jid::JidView& other) const {
  if (blocked.empty() || other.bare() == bare_jid.view()) return false;
  return std::any_of(blocked.begin(), blocked.end(),
                     [&](const std::string& rule) { return matches(rule, other); });
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
