// A user is one object on one shard: her roster, block list and connected resources live together,
// so that a change of presence is one change of state and one fan-out.
// Made when a session binds or when mail arrives for an account; loaded from the store; forgotten
// some time after the last session has gone (Realm). Her shard only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/intrusive_list.h"
#include "protocols/im/archive/preferences.h"
#include "protocols/im/presentity/watcher.h"
#include "protocols/im/resource.h"
#include "protocols/im/roster.h"
#include "protocols/im/store_attempts.h"

namespace im {

enum class UserState : uint8_t {
  loading,  // mail waits in `waiting` until the store answers
  loaded,
};

struct IdleTag {};
class Presentity;
struct Waiting;  // what waits for the store while a user is loading (realm/waiting.h)

class User : public base::ListNode<IdleTag> {
 public:
  User(base::Bytes bare, uint64_t serial);
  ~User();

  const base::PackedString bare_jid;
  const uint64_t serial;  // tells a user from a later one of the same name
  UserState state = UserState::loading;
  Roster roster;
  std::vector<Resource*> resources;
  std::vector<std::string> blocked;  // normalised JIDs (XEP-0191 §5), sorted
  std::string last_status;
  base::WallTime last_seen;
  std::unique_ptr<ArchivePreferences> archive;  // null: never set
  uint64_t offline_count = 0;        // an estimate: 0 only when nothing is stored
  std::unique_ptr<Presentity> presentity;  // null: nothing is said or seen of her but by XMPP
  std::unique_ptr<Waiting> waiting;  // while loading; see Options::user_inbox_max
  Resource* flooding = nullptr;      // is being sent the stored messages
  uint64_t flooded_to = 0;           // id of the last stored message handed over, or read
  std::vector<uint64_t> handed;      // … of those that no resource has confirmed yet, sorted
  uint32_t pending = 0;              // questions to the store that are about this user
  uint32_t appending = 0;            // of these: messages on their way into the store
  uint32_t appending_bytes = 0;      // their size, packed
  bool flood_asked = false;          // one of them is for the next page of stored messages
  bool flood_stale = false;          // … in which may be what has been confirmed meanwhile
  StoreAttempts flood_attempts;      // at reading that page

  jid::JidView jid() const { return jid::JidView::trusted(bare_jid.view()); }
  bool blocks(const jid::JidView& other) const;
  // What somebody who watches her (bare JID) may see, by her lists.
  WatchState watch_state(const jid::JidView& other) const;
  Resource* find(base::Bytes resource) const;
  bool any_available() const;
};

}  // namespace im
