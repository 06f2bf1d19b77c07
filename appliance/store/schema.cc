#include "appliance/store/schema.h"

#include <string>

namespace store {

// Tables of an account's belongings refer to it by number and vanish with it. Message numbers are
// never used twice (AUTOINCREMENT): a late delete_offline must not hit a newer message.
static constexpr const char* kSteps[] = {
    // 1: the first schema
    R"(
PRAGMA application_id = 0x526F6C6C;
CREATE TABLE users (
  id INTEGER PRIMARY KEY,
  user TEXT NOT NULL UNIQUE,
  sha1_salt BLOB NOT NULL, sha1_iterations INTEGER NOT NULL,
  sha1_stored BLOB NOT NULL, sha1_server BLOB NOT NULL,
  sha256_salt BLOB NOT NULL, sha256_iterations INTEGER NOT NULL,
  sha256_stored BLOB NOT NULL, sha256_server BLOB NOT NULL
) STRICT;
CREATE TABLE contacts (
  user INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,
  jid TEXT NOT NULL,
  details BLOB NOT NULL,
  flags INTEGER NOT NULL,
  request BLOB NOT NULL,
  PRIMARY KEY (user, jid)
) STRICT, WITHOUT ROWID;
CREATE TABLE roster_versions (
  user INTEGER PRIMARY KEY REFERENCES users(id) ON DELETE CASCADE,
  version INTEGER NOT NULL
) STRICT;
CREATE TABLE vcards (
  user INTEGER PRIMARY KEY REFERENCES users(id) ON DELETE CASCADE,
  vcard TEXT NOT NULL
) STRICT;
CREATE TABLE private_xml (
  user INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  xml TEXT NOT NULL,
  PRIMARY KEY (user, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE blocked (
  user INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,
  jid TEXT NOT NULL,
  PRIMARY KEY (user, jid)
) STRICT, WITHOUT ROWID;
CREATE TABLE offline (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  user INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,
  received_us INTEGER NOT NULL,
  stanza BLOB NOT NULL
) STRICT;
CREATE INDEX offline_of_user ON offline (user, id);
CREATE TABLE last_activity (
  user INTEGER PRIMARY KEY REFERENCES users(id) ON DELETE CASCADE,
  seen_us INTEGER NOT NULL,
  status TEXT NOT NULL
) STRICT;
)",
    // 2: what users want archived (XEP-0441)
    R"(
CREATE TABLE archive_preferences (
  user INTEGER PRIMARY KEY REFERENCES users(id) ON DELETE CASCADE,
  by_default INTEGER NOT NULL CHECK (by_default BETWEEN 0 AND 2)
) STRICT;
CREATE TABLE archive_preferred (
  user INTEGER NOT NULL REFERENCES users(id) ON DELETE CASCADE,
  jid TEXT NOT NULL,
  always INTEGER NOT NULL,
  PRIMARY KEY (user, always, jid)
) STRICT, WITHOUT ROWID;
)",
    // 3: a message that the journal brings back after a crash is stored once
    R"(
ALTER TABLE offline ADD COLUMN message INTEGER;
CREATE UNIQUE INDEX offline_of_message ON offline (user, message) WHERE message IS NOT NULL;
)",
    // 4: for SIP's digest authentication; '' where it is off
    R"(
CREATE TABLE digest_keys (
  user INTEGER PRIMARY KEY REFERENCES users(id) ON DELETE CASCADE,
  sha256 TEXT NOT NULL,
  md5 TEXT NOT NULL
) STRICT;
)"};

std::span<const char* const> schema_steps() { return kSteps; }

static base::Status check_ours(Database& database, int64_t version, size_t known,
                               int64_t application_id) {
  if (version < 0) return base::Error{database.last_error()};
  if (version > static_cast<int64_t>(known)) {
    return base::Error{"the database was written by a newer Rollcall (schema " +
                       std::to_string(version) + ", this program knows up to " +
                       std::to_string(known) +
                       "); install that version again, or restore a backup made before it"};
  }
  const int64_t tables = database.pragma("SELECT count(*) FROM sqlite_schema");
  if (tables < 0) return base::Error{database.last_error()};
  const bool ours = database.pragma("PRAGMA application_id") == application_id;
  if (version > 0 ? !ours : tables > 0) {
    return base::Error{"the file is another program's database; choose another path"};
  }
  return base::Status::ok();
}

base::Status migrate(Database& database, std::span<const char* const> steps,
                     int64_t application_id) {
  const int64_t version = database.pragma("PRAGMA user_version");
  base::Status ours = check_ours(database, version, steps.size(), application_id);
  if (!ours) return ours;
  for (size_t step = static_cast<size_t>(version); step < steps.size(); ++step) {
    const std::string number = std::to_string(step + 1);
    const bool done = database.execute("BEGIN IMMEDIATE") && database.execute(steps[step]) &&
                      database.execute("PRAGMA user_version=" + number) &&
                      database.execute("COMMIT");
    if (done) continue;
    base::Error error{"the step to schema " + number + " failed: " + database.last_error()};
    if (database.in_transaction()) (void)database.execute("ROLLBACK");
    return error;
  }
  return base::Status::ok();
}

}  // namespace store
