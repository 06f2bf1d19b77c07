// Everything the IM world asks of durable storage. One object goes out with its inputs and comes
// back with its outputs (engine/seam/question.h); `then` runs on the asking shard. appliance/store
// answers them on SQLite, tests/sim from memory with faults.
// Requests about one user are executed in the order they were asked. `status` ok on a write means
// it is committed to disk.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/digest.h"
#include "engine/base/time.h"
#include "engine/seam/question.h"
#include "engine/seam/turn.h"
#include "protocols/im/archive/preferences.h"
#include "protocols/im/archive/query.h"

namespace im {

enum class StoreKind : uint8_t {
  load_credentials,   // user -> credentials
  verify_password,    // user, text=password -> status ok / not_authorized; burns the same CPU
                      // for unknown users
  create_account,     // user, text=password -> ok / exists / not_authorized: a password that the
                      // OpaqueString profile does not allow (RFC 8265 §4.2)
  set_password,       // user, text=password -> ok / not_found / not_authorized
  delete_account,     // user and all that is his
  load_account,       // user -> account
  save_contacts,      // user, contacts (each replaces), removed (jids), number=roster version
  load_vcard,         // user -> text
  save_vcard,         // user, text (empty deletes)
  load_private,       // user, key="name ns" -> text
  save_private,       // user, key, text, number=limit of keys -> ok / full (a new key too many)
  save_block_list,    // user, jids = the whole list
  save_last_activity, // user, text=status, wall=when
  append_offline,     // user, text=packed stanza, message, wall=when, number=limit -> ok (if that
                      // message is there already: numbers=its id) / full / not_found
  load_offline,       // user, number=after id, limits in `count` and `bytes` -> offline
  delete_offline,     // user, numbers=ids, messages=numbers of their MessageIds (not looked at)
  save_archive_preferences,  // user, account.archive (absent: the operator's default again)
  // The archive's own, answered once it has taken what the asking shard's journal held up to
  // `number` (or, after a while, without, and then marked unstable):
  query_archive,      // user, archive -> archive; not_found: an id that is not in it
  archive_metadata,   // user -> archive (page: the first and the last message, or nothing)
};

// Of what somebody keeps of an account's credentials nothing is true any more.
constexpr bool changes_password(StoreKind kind) {
  return kind == StoreKind::set_password || kind == StoreKind::delete_account;
}

// not_found: there is no such account. A document nobody has saved is ok with an empty text.
// Limits are taken literally: 0 leaves no room.
enum class StoreStatus : uint8_t { ok, not_found, exists, full, not_authorized, failed };

// SCRAM keys (RFC 5802 §3); there is never a password at rest.
struct ScramKeys {
  std::string salt;
  uint32_t iterations = 0;
  std::string stored_key;
  std::string server_key;
};

// What digest authentication of SIP asks for (HA1 of RFC 7616 §3.4.2, in digits), as good as the
// password there. Empty where the password was set while digest was off.
struct DigestKeys {
  std::string sha256;
  std::string md5;
};

struct Credentials {
  ScramKeys sha1;
  ScramKeys sha256;
  DigestKeys digest;
};

struct StoredContact {
  std::string jid;
  std::string details;      // Contact::pack
  uint8_t flags = 0;        // bits in the order of Contact's flags: to, from, ask, approved,
                            // pending_in, listed
  std::string request;      // the pending subscription request, a packed stanza, "" if none
};

struct StoredAccount {
  std::vector<StoredContact> contacts;
  uint64_t roster_version = 0;
  std::vector<std::string> blocked;
  std::string last_status;        // of the last unavailable presence
  base::WallTime last_seen;       // us = 0: never
  uint64_t offline_count = 0;
  std::optional<ArchivePreferences> archive;  // absent: never set
};

struct StoredMessage {
  uint64_t id = 0;
  base::WallTime when;
  std::string stanza;
};

class Realm;

struct StoreRequest final : engine::Question {
  StoreKind kind = StoreKind::load_account;
  std::string user;               // bare JID, normalised

  std::string key;
  std::string text;
  uint64_t number = 0;
  uint64_t message = 0;           // number of a MessageId; 0: it has none
  uint32_t count = 0;
  uint32_t bytes = 0;             // load_offline: no further message once this many are gathered;
                                  // at least one is returned. 0: no limit
  base::WallTime wall;
  std::vector<StoredContact> contacts;
  std::vector<std::string> jids;
  std::vector<uint64_t> numbers;
  std::vector<uint64_t> messages;

  StoreStatus status = StoreStatus::failed;
  Credentials credentials;
  StoredAccount account;
  std::vector<StoredMessage> offline;
  std::unique_ptr<ArchiveQuery> archive;

  // What to do with the answer: runs on the asking shard; null = nothing. `context` is the
  // caller's: whatever it must remember until then, by value, never a pointer to a session.
  struct Context {
    virtual ~Context() = default;
    virtual void answered(StoreRequest& request, Realm& realm, engine::Turn& turn) = 0;
  };
  std::unique_ptr<Context> then;
};

}  // namespace im
