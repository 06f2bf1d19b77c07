// Whose an entry of the journal is: when a node starts with another number of shards, it goes to
// the shard that owns the account then. A pure function; any thread.
#pragma once

#include <string>

#include "engine/seam/journal.h"

namespace xmpp {

// A bare JID: the recipient of a message, the account of a session. "": it cannot be read.
std::string journal_account(const engine::JournalEntry& entry);

}  // namespace xmpp
