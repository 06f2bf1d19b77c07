// One event package (RFC 6665 §7): what its subscribers are sent. One a shard, made known to the
// Notifier at start; all calls on that shard.
#pragma once

#include <memory>
#include <string>

#include "engine/base/bytes.h"
#include "protocols/im/presentity/presentity.h"
#include "protocols/sip/event/lifetime.h"
#include "protocols/sip/event/subscription.h"

namespace sip {

class Package {
 public:
  virtual ~Package() = default;
  virtual base::Bytes name() const = 0;        // of Event
  virtual base::Bytes media_type() const = 0;  // of its bodies; who does not accept it gets 406
  virtual Lifetimes lifetimes() const { return {}; }
  // Whom a subscription shows what: false: everybody, by the user's roster and lists; true: nobody
  // but the user herself.
  virtual bool private_to_user() const { return false; }
  // Is a change of the user's presence one of what these subscribers see?
  virtual bool follows_presence() const { return true; }
  // What this one may see now; shared where it is the same for many. Null: no body.
  virtual std::shared_ptr<const std::string> body(Subscription& subscription) = 0;
};

}  // namespace sip
