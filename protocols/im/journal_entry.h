// What the IM world and its wires keep in a shard's journal (engine/seam/journal.h):
// JournalKey::kind of each, and where an entry belongs when a node starts with another number of
// shards. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/seam/journal.h"
#include "protocols/im/archive/message_id.h"
#include "protocols/im/stanza.h"

namespace im {

enum class EntryKind : uint8_t {
  message = 1,   // key: MessageId::number; bytes: the packed stanza; note: the wire's
  publication = 2,  // key: Publication::id; bytes and note: presentity/publication.h
  subscription = 3,  // of a SIP watcher: protocols/sip/event/kept_subscription.h; begins as 2 does
  binding = 15,  // the wire's: a SIP client that has registered (protocols/gateway/binding.h)
  session = 16,  // the wire's: a session that can be resumed (protocols/xmpp/session/snapshot.h)
};

inline engine::JournalKey message_key(MessageId id) {
  return {static_cast<uint8_t>(EntryKind::message), id.number};
}

// Those of this kind, in their order; the others stay.
std::vector<engine::JournalEntry> take_out(EntryKind kind,
                                           std::vector<engine::JournalEntry>& entries);

// A message somebody answers for until it has been delivered, stored or refused: all but headlines,
// typing notices and copies.
bool needs_custody(const Stanza& stanza);

}  // namespace im
