// A user's presence as her operator is shown it: every source, what comes of them and why, every
// watcher of either wire. On her shard.
#pragma once

#include "appliance/admin/sight.h"
#include "engine/base/time.h"
#include "protocols/im/presentity/options.h"
#include "protocols/im/user.h"
#include "protocols/sip/event/notifier.h"

namespace appliance {

// `notifier`: null without SIP.
PresenceSight presence_sight(const im::User& user, const im::PresentityOptions& options,
                             const sip::Notifier* notifier, base::Instant now);

}  // namespace appliance
