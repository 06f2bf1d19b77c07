// One event package (RFC 6665 §7): what its subscribers are sent. One a shard, made known to the
// Notifier at start; all calls on that shard.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/bytes.h"
#include "protocols/im/presentity/presentity.h"
#include "protocols/sip/body/watcherinfo_writer.h"
#include "protocols/sip/event/lifetime.h"
#include "protocols/sip/event/subscription.h"

namespace sip {

// Who may subscribe.
enum class Audience : uint8_t {
  everybody,            // and sees what the user's roster and lists let him
  herself,              // the user's own clients
  herself_and_granted,  // … and users of peers with `watches`
};

class Package {
 public:
  virtual ~Package() = default;
  virtual base::Bytes name() const = 0;        // of Event
  virtual base::Bytes media_type() const = 0;  // of its bodies; who does not accept it gets 406
  virtual Lifetimes lifetimes() const { return {}; }
  virtual Audience audience() const { return Audience::everybody; }
  // Does the version of her presence tell whether a subscriber knows it all (RFC 5839)?
  virtual bool has_entity_tags() const { return false; }

  // Her presence, or what this one may see, or what Notifier::look_again() is about, has changed.
  // False: he has been told what is so.
  virtual bool is_news(const Subscription& subscription) const = 0;
  // What this one may see now; shared where it is the same for many. Null: no body. `version`:
  // 0 for the first NOTIFY of the dialog, one more for each that follows; more after a restart.
  virtual std::shared_ptr<const std::string> body(const Subscription& subscription,
                                                  uint32_t version) = 0;

  // A SUBSCRIBE of this one was accepted, or he is back after a restart: tell him everything.
  virtual void on_asked(const Subscription&) {}
  // What body() said is on its way.
  virtual void on_sent(Subscription&) {}
  virtual void on_ended(const Subscription&) {}
  // Somebody's subscription to her presence has changed. Appends whom of this package's subscribers
  // that is to be told.
  virtual void on_watcher(const Subscription& /*watcher*/, WatcherStatus, WatcherEvent,
                          std::vector<uint64_t>& /*tell*/) {}
};

}  // namespace sip
