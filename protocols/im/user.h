// A user is one object on one shard: her roster, block list and connected resources live together,
// so that a change of presence is one change of state and one fan-out.
// Made when a session binds or when mail arrives for an account; loaded from the store; forgotten
// some time after the last session has gone (Realm). Her shard only.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "protocols/im/resource.h"
#include "protocols/im/roster.h"

namespace im {

enum class UserState : uint8_t {
  loading,   // mail waits in `inbox` until the store answers
  loaded,
  absent,    // no such account
};

class User {
 public:
  explicit User(base::Bytes bare) : bare_jid(bare) {}

  const base::PackedString bare_jid;
  UserState state = UserState::loading;
  Roster roster;
  std::vector<Resource*> resources;
  std::vector<std::string> blocked;     // normalised JIDs (XEP-0191 §5: full, bare, domain, …)
  std::string last_status;
  base::WallTime last_seen;
  uint64_t offline_count = 0;
  std::deque<engine::EnvelopePtr> inbox;   // bounded: Limits::user_inbox
  base::Instant idle_since;

  bool blocks(const jid::JidView& other) const;
  Resource* find(base::Bytes resource) const;
  bool any_available() const;
};

}  // namespace im
