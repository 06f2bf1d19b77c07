// Who watches whom across the wires (RFC 8048): what the realm has to say to users of trunk peers
// about subscriptions. Their own subscriptions are watchers (sip::Notifier): a granted one is seen
// on the roster, a refused one is ended here. One a shard, on the shard that owns the local user.
#pragma once

#include "engine/seam/turn.h"
#include "protocols/im/realm.h"

namespace gateway {

class Presences {
 public:
  explicit Presences(im::Realm& realm) : realm_(realm) {}

  // Presence of any type but available and unavailable. False: it cannot be carried.
  bool take(const im::Stanza& stanza, engine::Turn& turn);

 private:
  im::Realm& realm_;
};

}  // namespace gateway
