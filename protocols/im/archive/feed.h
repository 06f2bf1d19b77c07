// The shard's side of the archive: what belongs in it goes into the journal's feed, from where the
// archive's thread takes it once it is committed. Nothing waits for that.
// Owned by a Realm (one a shard); within a turn of that shard.
#pragma once

#include <string>

#include "engine/seam/turn.h"
#include "protocols/im/archive/policy.h"

namespace im {

inline constexpr uint8_t kArchiveFeed = 1;  // Journal::feed's kind

class ArchiveFeeder {
 public:
  // A message that `user` sent, or was sent and did not refuse, if it is to be archived for her. To
  // be called once for each message and side; where it is called again after a crash, with the same
  // id, nothing is archived twice. True: it was fed.
  bool message(const User& user, const Stanza& message, MessageId id, base::WallTime when,
               bool outgoing, const Options& options, engine::Journal& journal);
  // Before an account is deleted, archived or not: its successor must find nothing.
  void forget(base::Bytes owner, engine::Journal& journal);

 private:
  std::string stanza_;  // scratch
  std::string record_;
};

}  // namespace im
