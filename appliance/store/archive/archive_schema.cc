// The archive's schema. An account is a number, so that one that is deleted lets go of its messages
// at once, although they are removed in many small steps (`jid` NULL until then). `position` is the
// order of an archive; it is never used twice, so that a page never begins at another message.
//
// There is no index over time: a message's id begins with the time it was given, and how far ids
// and times of an account differ at most is kept with the account (`ahead_us`, `behind_us`), so the
// index of the ids finds a span of time (archive_pages.cc).
#include "appliance/store/archive/archive_queries.h"

namespace store {

static constexpr const char* kSteps[] = {
    // 1: the first schema
    R"(
PRAGMA application_id = 0x526F6C41;
CREATE TABLE owners (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  jid TEXT UNIQUE,
  ahead_us INTEGER NOT NULL DEFAULT 0,
  behind_us INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE messages (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  owner INTEGER NOT NULL,
  id INTEGER NOT NULL,
  tag INTEGER NOT NULL,
  received_us INTEGER NOT NULL,
  with_bare TEXT NOT NULL,
  with_resource TEXT NOT NULL,
  stanza BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX message_ids ON messages (owner, id, tag);
CREATE INDEX messages_of_owner ON messages (owner);
CREATE INDEX messages_with ON messages (owner, with_bare);
CREATE TABLE feeds (
  epoch INTEGER NOT NULL,
  shard INTEGER NOT NULL,
  position INTEGER NOT NULL,
  PRIMARY KEY (epoch, shard)
) STRICT, WITHOUT ROWID;
)"};

std::span<const char* const> archive_schema_steps() { return kSteps; }

}  // namespace store
