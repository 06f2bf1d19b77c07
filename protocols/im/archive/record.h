// What the archive is told through the journal's feed (engine/seam/journal.h): one message of one
// account, or that an account is gone. Written by the shard that owns the account, read by the
// archive's thread, in order.
// Values and pure functions; any thread.
#pragma once

#include <cstdint>

#include "engine/base/bytes.h"
#include "engine/base/time.h"
#include "protocols/im/archive/message_id.h"

namespace im {

enum class ArchiveRecordKind : uint8_t {
  message = 1,
  forget = 2,  // the account is being deleted: nothing of it may be seen by its successor
};

struct ArchiveRecord {
  ArchiveRecordKind kind = ArchiveRecordKind::message;
  base::Bytes owner;    // bare JID whose archive it is
  MessageId id;         // with the owner: the same one twice is archived once
  base::Bytes with;     // the other side's JID, with its resource if it has one
  base::WallTime when;  // sent or received
  bool outgoing = false;
  base::Bytes stanza;  // packed (protocols/im/stanza.h)
};

void pack(const ArchiveRecord& record, base::Sink& out);  // appends
// Views of `in`. False: not such a record, or of another version.
[[nodiscard]] bool unpack(base::Bytes in, ArchiveRecord& out);

}  // namespace im
