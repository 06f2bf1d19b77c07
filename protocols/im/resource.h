// A connected (or resumable) resource of a user, as im sees it: an XMPP session today, a SIP
// client's registration later. The wire derives from it; im keeps its presence state here.
// Belongs to the wire that made it; lives on its user's shard from bind() to unbind().
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/time.h"
#include "engine/seam/turn.h"
#include "protocols/im/roster.h"
#include "protocols/im/stanza.h"

namespace im {

class User;

enum class Farewell : uint8_t {   // why im ends a resource; the wire finds its own words
  replaced,        // same resource bound again: <conflict/>
  account_deleted, // <not-authorized/>
  kicked,          // by an operator: <policy-violation/>
  shutdown,        // <system-shutdown/>
};

// None of the virtual functions may call back into the Realm: it is in the middle of a list. A wire
// that must give up a resource does so later, from a timer or its connection's own callbacks.
class Resource {
 public:
  virtual ~Resource();
  // Writes the stanza to the client (or its resumption queue). `to` may differ from the stanza's
  // own: a message to the bare JID goes out addressed as it came.
  virtual void deliver(const Stanza& stanza, engine::Turn& turn) = 0;
  // A roster push (RFC 6121 §2.1.6); contact null means `jid` was removed.
  virtual void push_roster(base::Bytes jid, const Contact* contact, uint64_t version,
                           engine::Turn& turn) = 0;
  // A block list push (XEP-0191 §3.3/3.4); empty list with added=false: all unblocked.
  virtual void push_blocking(bool added, const std::vector<std::string>& jids,
                             engine::Turn& turn) = 0;
  // XEP-0280: a copy of what another resource sent or received.
  virtual void deliver_carbon(const Stanza& original, bool sent, engine::Turn& turn) = 0;
  // The realm has already unbound the resource (and told its contacts) when it calls this.
  virtual void end(Farewell why, engine::Turn& turn) = 0;
  // True while the client does not read, or not acknowledge, what it is sent: stored messages then
  // wait in the store until Realm::uncongested() is called.
  virtual bool congested() const { return false; }
  // True while it is about to end and holds all it may: what wants an answer is refused instead.
  virtual bool full() const { return false; }

  jid::JidView jid() const { return jid::JidView::trusted(full_jid); }
  bool available() const { return !presence.empty(); }
  bool takes_messages() const { return without_presence || (available() && priority >= 0); }

  User* user = nullptr;              // null before bind() and after unbind()
  std::string full_jid;
  std::string presence;              // packed last available presence ("" = unavailable)
  std::vector<std::string> directed; // JIDs that got directed presence and not yet unavailable
  base::Instant active_since;        // latest activity: breaks ties between equal priorities
  uint32_t presence_epoch = 0;       // grows with every presence that must not be coalesced over
  int8_t priority = 0;
  bool interested = false;           // asked for the roster: gets pushes
  bool carbons = false;              // XEP-0280 on
  bool blocking = false;             // asked for the block list: gets pushes
  bool without_presence = false;     // gets messages all the same (Realm::take_messages)
};

}  // namespace im
