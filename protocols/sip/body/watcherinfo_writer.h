// Who watches a user, for herself (application/watcherinfo+xml, RFC 3858): body of the event
// package presence.winfo (RFC 3857). Appends to the sink and to nothing else. Lives on the stack of
// one document.
#pragma once

#include <cstdint>

#include "engine/base/bytes.h"

namespace sip {

enum class WatcherStatus : uint8_t { pending, active, waiting, terminated };  // RFC 3857 §4.7.1

// What brought the watcher into that status.
enum class WatcherEvent : uint8_t {
  subscribe,
  approved,
  deactivated,
  probation,
  rejected,
  timeout,
  giveup,
  noresource,
};

struct WatcherEntry {
  base::Bytes uri;
  base::Bytes id;  // unique and stable in the list
  base::Bytes display_name;
  WatcherStatus status = WatcherStatus::pending;
  WatcherEvent event = WatcherEvent::subscribe;
  uint32_t subscribed_seconds = 0;  // for how long
  uint32_t expires_seconds = 0;     // 0: not said
};

class WatcherinfoWriter {
 public:
  // `version` starts at 0 with each subscription and grows by one (§4.1). Full: everybody is in it.
  WatcherinfoWriter(base::Bytes resource, base::Bytes package, uint32_t version, bool full,
                    base::Sink& out);
  void watcher(const WatcherEntry& entry);
  void end();

 private:
  base::Sink& out_;
};

}  // namespace sip
