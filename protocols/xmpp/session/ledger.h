// What a session owes and is owed beyond a crash of the node (engine/seam/journal.h): its own
// entry, if it can be resumed, and acknowledgements that wait until the journal is committed. Made
// with stream management, owned by the Session; that shard only.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/bytes.h"
#include "engine/seam/journal.h"
#include "protocols/im/journal_entry.h"

namespace xmpp {

struct SessionLedger {
  engine::JournalKey key() const {
    return {static_cast<uint8_t>(im::EntryKind::session), entry};
  }

  uint64_t entry = 0;       // JournalKey::id; 0: cannot be resumed, or has no entry yet
  uint64_t snapshot = 0;    // hash of the entry as it stands
  uint32_t noted_h = 0;     // of the note: how many of their stanzas we have answered for,
  uint32_t noted_upto = 0;  // … and the number of the last message we have in custody

  // Restored after a crash: messages up to this number are in custody, and are dropped when the
  // client, who was not told so, sends them again.
  uint32_t known_upto = 0;

  // Their request for acknowledgement that waits for the journal; `again`: one more came meanwhile.
  engine::Journal::Position position = 0;
  uint32_t h = 0;
  bool again = false;
};

// The note of a session's entry.
struct ReceivedNote {
  uint32_t h = 0;
  uint32_t upto = 0;
};
// The note of a message's entry: it was sent to the session with this entry, as its stanza
// `number`; or it waits for that session's client to come back, which has not been sent it yet.
struct SentNote {
  uint64_t entry = 0;
  uint32_t number = 0;
  bool waits = false;
};

std::string pack(const ReceivedNote& note);
std::string pack(const SentNote& note);
[[nodiscard]] bool unpack(base::Bytes in, ReceivedNote& out);
[[nodiscard]] bool unpack(base::Bytes in, SentNote& out);

}  // namespace xmpp
