// A question to the message archive (XEP-0313): what to look for, and the page that was found.
// Travels inside a StoreRequest (kinds query_archive and archive_metadata); any thread, one at a
// time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/time.h"
#include "protocols/im/archive/message_id.h"

namespace im {

struct ArchivedMessage {
  MessageId id;
  base::WallTime when;
  std::string stanza;  // packed; "" where only the id and the time were asked for
};

struct ArchiveQuery {
  // Filters; all of them must hold. An id that is not in the archive answers the whole not_found.
  std::string with;  // normalised JID; bare: whatever its resource; "": everybody
  base::WallTime start{INT64_MIN};
  base::WallTime end{INT64_MAX};
  std::optional<MessageId> after_id;  // exclusive, as is the next
  std::optional<MessageId> before_id;
  std::vector<MessageId> ids;  // not empty: only these

  // The page (XEP-0059): the `max` first ones after `after`, or, if `backward`, the `max` last ones
  // before `before`. In bytes of packed stanzas no more than `bytes`, but one at least.
  std::optional<MessageId> after;
  std::optional<MessageId> before;
  bool backward = false;
  uint32_t max = 0;    // 0: only the count
  uint32_t bytes = 0;  // 0: no limit

  // Carried for the asker.
  bool flip = false;

  // The answer, oldest first. Of archive_metadata: nothing, or the first and the last.
  std::vector<ArchivedMessage> page;
  bool complete = false;          // nothing follows (backward: precedes) that matches
  bool stable = true;             // false: what the asker had appended may not be in it yet
  std::optional<uint64_t> count;  // of all that match; told where it can be counted at little cost
};

}  // namespace im
