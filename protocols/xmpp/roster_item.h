// How a contact looks on the wire (RFC 6121 §2.1.2), for roster results and pushes.
// Pure functions; any shard.
#pragma once

#include "engine/base/bytes.h"
#include "protocols/im/roster.h"

namespace xmpp {

// `<item jid='…' name='…' subscription='…' …>groups</item>`
void write_roster_item(const im::Contact& contact, base::Sink& out);

}  // namespace xmpp
