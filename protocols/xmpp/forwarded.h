// XEP-0297: Stanza Forwarding, as carbons and the archive use it.
// A pure function; any shard.
#pragma once

#include <optional>

#include "engine/base/time.h"
#include "protocols/im/stanza.h"

namespace xmpp {

// `<forwarded>` with the message as it went out, and when it did (XEP-0203) if that is told; with
// the stanza-id that it has in this account, unless that is "".
void write_forwarded(const im::Stanza& message, base::Bytes account,
                     std::optional<base::WallTime> when, base::Sink& out);

}  // namespace xmpp
