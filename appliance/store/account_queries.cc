// What an account consists of: roster, block list, last activity.
#include "appliance/store/queries.h"

namespace store {

using im::StoreRequest;
using im::StoreStatus;

static bool load_contacts(Database& database, int64_t id, im::StoredAccount& out) {
  Statement contacts = database.prepare(
      "SELECT jid, details, flags, request FROM contacts WHERE user = ?1 ORDER BY jid");
  contacts.number(1, id);
  while (contacts.row()) {
    out.contacts.push_back({contacts.text(0), contacts.text(1),
                            static_cast<uint8_t>(contacts.number(2)), contacts.text(3)});
  }
  Statement version = database.prepare("SELECT version FROM roster_versions WHERE user = ?1");
  if (version.number(1, id).row()) out.roster_version = static_cast<uint64_t>(version.number(0));
  return contacts.ok() && version.ok();
}

static bool load_blocked(Database& database, int64_t id, im::StoredAccount& out) {
  Statement blocked = database.prepare("SELECT jid FROM blocked WHERE user = ?1 ORDER BY jid");
  blocked.number(1, id);
  while (blocked.row()) out.blocked.push_back(blocked.text(0));
  return blocked.ok();
}

static bool load_archive_preferences(Database& database, int64_t id, im::StoredAccount& out) {
  Statement kept = database.prepare("SELECT by_default FROM archive_preferences WHERE user = ?1");
  if (!kept.number(1, id).row()) return kept.ok();
  im::ArchivePreferences& wish = out.archive.emplace();
  wish.by_default = static_cast<im::ArchiveDefault>(kept.number(0));
  Statement jids = database.prepare(
      "SELECT jid, always FROM archive_preferred WHERE user = ?1 ORDER BY always, jid");
  jids.number(1, id);
  while (jids.row()) (jids.number(1) != 0 ? wish.always : wish.never).push_back(jids.text(0));
  return jids.ok();
}

StoreStatus Queries::load_account(int64_t id, im::StoredAccount& out) {
  out = {};
  if (!load_contacts(database_, id, out) || !load_blocked(database_, id, out) ||
      !load_archive_preferences(database_, id, out)) {
    return StoreStatus::failed;
  }
  Statement last = database_.prepare("SELECT seen_us, status FROM last_activity WHERE user = ?1");
  if (last.number(1, id).row()) {
    out.last_seen = {last.number(0)};
    out.last_status = last.text(1);
  }
  Statement offline = database_.prepare("SELECT count(*) FROM offline WHERE user = ?1");
  if (offline.number(1, id).row()) out.offline_count = static_cast<uint64_t>(offline.number(0));
  return status_of(last.ok() && offline.ok());
}

StoreStatus Queries::save_contacts(int64_t id, const StoreRequest& request) {
  for (const im::StoredContact& contact : request.contacts) {
    Statement put = database_.prepare(
        "INSERT INTO contacts (user, jid, details, flags, request) VALUES (?1, ?2, ?3, ?4, ?5) "
        "ON CONFLICT (user, jid) DO UPDATE SET details = ?3, flags = ?4, request = ?5");
    put.number(1, id).text(2, contact.jid).blob(3, contact.details);
    if (!put.number(4, contact.flags).blob(5, contact.request).run()) return StoreStatus::failed;
  }
  for (const std::string& jid : request.jids) {
    Statement erase = database_.prepare("DELETE FROM contacts WHERE user = ?1 AND jid = ?2");
    if (!erase.number(1, id).text(2, jid).run()) return StoreStatus::failed;
  }
  Statement version = database_.prepare(
      "INSERT INTO roster_versions (user, version) VALUES (?1, ?2) "
      "ON CONFLICT (user) DO UPDATE SET version = ?2");
  return status_of(version.number(1, id).number(2, signed_of(request.number)).run());
}

StoreStatus Queries::save_block_list(int64_t id, const StoreRequest& request) {
  Statement clear = database_.prepare("DELETE FROM blocked WHERE user = ?1");
  if (!clear.number(1, id).run()) return StoreStatus::failed;
  for (const std::string& jid : request.jids) {
    Statement put = database_.prepare("INSERT OR IGNORE INTO blocked (user, jid) VALUES (?1, ?2)");
    if (!put.number(1, id).text(2, jid).run()) return StoreStatus::failed;
  }
  return StoreStatus::ok;
}

StoreStatus Queries::save_last_activity(int64_t id, const StoreRequest& request) {
  Statement put = database_.prepare(
      "INSERT INTO last_activity (user, seen_us, status) VALUES (?1, ?2, ?3) "
      "ON CONFLICT (user) DO UPDATE SET seen_us = ?2, status = ?3");
  return status_of(put.number(1, id).number(2, request.wall.us).text(3, request.text).run());
}

static bool put_preferred(Database& database, int64_t id, const std::vector<std::string>& jids,
                          bool always) {
  for (const std::string& jid : jids) {
    Statement put = database.prepare(
        "INSERT OR IGNORE INTO archive_preferred (user, jid, always) VALUES (?1, ?2, ?3)");
    if (!put.number(1, id).text(2, jid).number(3, always ? 1 : 0).run()) return false;
  }
  return true;
}

StoreStatus Queries::save_archive_preferences(int64_t id, const StoreRequest& request) {
  Statement clear = database_.prepare("DELETE FROM archive_preferred WHERE user = ?1");
  Statement drop = database_.prepare("DELETE FROM archive_preferences WHERE user = ?1");
  if (!clear.number(1, id).run() || !drop.number(1, id).run()) return StoreStatus::failed;
  if (!request.account.archive) return StoreStatus::ok;
  const im::ArchivePreferences& wish = *request.account.archive;
  Statement put =
      database_.prepare("INSERT INTO archive_preferences (user, by_default) VALUES (?1, ?2)");
  return status_of(put.number(1, id).number(2, static_cast<int64_t>(wish.by_default)).run() &&
                   put_preferred(database_, id, wish.always, true) &&
                   put_preferred(database_, id, wish.never, false));
}

}  // namespace store
