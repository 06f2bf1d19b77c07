// Somebody who watches a user by other means than an XMPP roster: a SIP subscription. The wire
// derives from it and keeps its dialog there; the presentity decides what the watcher may see, and
// tells it when that has changed. Belongs to the wire; lives on the user's shard from
// Presentity::watch() to Presentity::unwatch(), or until ended().
#pragma once

#include <cstdint>

#include "engine/base/bytes.h"
#include "engine/base/intrusive_list.h"
#include "engine/seam/turn.h"

namespace im {

class Presentity;

enum class WatchState : uint8_t {
  pending,   // the user has been asked (RFC 3856 §6.6.2): nothing is said of her
  active,    // sees what there is
  blocked,   // politely: as active, of somebody who is always offline
  rejected,  // told no: the wire ends the subscription
};

enum class WatchEnd : uint8_t { account_deleted, shutdown };

struct WatcherTag {};

// None of the virtual functions may call back into the presentity: it is in the middle of its list.
class Watcher : public base::ListNode<WatcherTag> {
 public:
  virtual ~Watcher();
  // Its state, or what it may see, is not what it was. One call a change; a wire that cannot send
  // yet remembers that much and asks the presentity later for what is then true.
  virtual void changed(const Presentity& presentity, engine::Turn& turn) = 0;
  virtual void ended(WatchEnd why, engine::Turn& turn) = 0;  // is watching no more
  // Bare JID, as rosters name it; the same from watch() on.
  virtual base::Bytes identity() const = 0;

  Presentity* presentity = nullptr;
  WatchState watch_state = WatchState::pending;  // set before watch(); decide() changes it
  bool granted = false;  // by the operator: her block list counts, her roster is not asked
};
static_assert(sizeof(Watcher) <= 40, "a subscription with its dialog: <= 350");

}  // namespace im
