// Who watches whom across the wires (RFC 8048): what the realm has to say to users of trunk peers
// about subscriptions. Their own subscriptions are watchers (sip::Notifier): a granted one is seen
// on the roster, a refused one is ended here. What our users want to see is the Subscriber's.
// One a shard, on the shard that owns the local user.
#pragma once

#include "engine/seam/turn.h"
#include "protocols/gateway/subscriber.h"
#include "protocols/im/realm.h"

namespace gateway {

class Presences {
 public:
  Presences(sip::Service& service, im::Realm& realm) : realm_(realm), subscriber_(service, realm) {}

  // Presence of any type but available and unavailable. False: it cannot be carried.
  bool take(const im::Stanza& stanza, engine::Turn& turn);

  const Subscriber& subscriber() const { return subscriber_; }

 private:
  im::Realm& realm_;
  Subscriber subscriber_;
};

}  // namespace gateway
