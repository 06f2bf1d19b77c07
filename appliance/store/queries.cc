#include "appliance/store/queries.h"

namespace store {

using im::StoreKind;
using im::StoreRequest;
using im::StoreStatus;

static bool changes_something(StoreKind kind) {
  switch (kind) {
    case StoreKind::load_credentials:
    case StoreKind::verify_password:
    case StoreKind::load_account:
    case StoreKind::load_vcard:
    case StoreKind::load_private:
    case StoreKind::load_offline:
      return false;
    default:
      return true;
  }
}

void Queries::answer(StoreRequest& request) {
  if (!changes_something(request.kind)) {
    request.status = read(request);
    return;
  }
  // One request that fails half-way must not take the others of its batch along.
  if (!database_.execute("SAVEPOINT one")) {
    request.status = StoreStatus::failed;
    return;
  }
  request.status = change(request);
  // SQLite may have rolled back everything by itself (disk full): then there is no savepoint.
  if (request.status != StoreStatus::ok && database_.in_transaction()) {
    (void)database_.execute("ROLLBACK TO one");
  }
  if (database_.in_transaction() && !database_.execute("RELEASE one")) {
    request.status = StoreStatus::failed;
  }
}

StoreStatus Queries::find(base::Bytes user, int64_t& id) {
  Statement found = database_.prepare("SELECT id FROM users WHERE user = ?1");
  if (!found.text(1, user).row()) {
    return found.ok() ? StoreStatus::not_found : StoreStatus::failed;
  }
  id = found.number(0);
  return StoreStatus::ok;
}

StoreStatus Queries::read(StoreRequest& request) {
  int64_t id = 0;
  if (const StoreStatus found = find(request.user, id); found != StoreStatus::ok) return found;
  switch (request.kind) {
    case StoreKind::load_credentials:
    case StoreKind::verify_password:
      return load_credentials(request);
    case StoreKind::load_account:
      return load_account(id, request.account);
    case StoreKind::load_vcard:
      return load_vcard(id, request);
    case StoreKind::load_private:
      return load_private(id, request);
    case StoreKind::load_offline:
      return load_offline(id, request);
    default:
      return StoreStatus::failed;
  }
}

StoreStatus Queries::change(StoreRequest& request) {
  if (request.kind == StoreKind::create_account) return create_account(request);
  if (request.kind == StoreKind::set_password) return set_password(request);
  if (request.kind == StoreKind::delete_account) return delete_account(request);
  int64_t id = 0;
  if (const StoreStatus found = find(request.user, id); found != StoreStatus::ok) return found;
  switch (request.kind) {
    case StoreKind::save_contacts:
      return save_contacts(id, request);
    case StoreKind::save_vcard:
      return save_vcard(id, request);
    case StoreKind::save_private:
      return save_private(id, request);
    case StoreKind::save_block_list:
      return save_block_list(id, request);
    case StoreKind::save_last_activity:
      return save_last_activity(id, request);
    case StoreKind::save_archive_preferences:
      return save_archive_preferences(id, request);
    case StoreKind::append_offline:
      return append_offline(id, request);
    case StoreKind::delete_offline:
      return delete_offline(id, request);
    default:
      return StoreStatus::failed;
  }
}

static void bind_keys(Statement& statement, int first, const im::ScramKeys& keys) {
  statement.blob(first, keys.salt)
      .number(first + 1, keys.iterations)
      .blob(first + 2, keys.stored_key)
      .blob(first + 3, keys.server_key);
}

static im::ScramKeys keys_in(const Statement& statement, int first) {
  return {statement.text(first), static_cast<uint32_t>(statement.number(first + 1)),
          statement.text(first + 2), statement.text(first + 3)};
}

StoreStatus Queries::load_credentials(StoreRequest& request) {
  Statement keys = database_.prepare(
      "SELECT sha1_salt, sha1_iterations, sha1_stored, sha1_server, sha256_salt, "
      "sha256_iterations, sha256_stored, sha256_server, digest_keys.sha256, digest_keys.md5 "
      "FROM users LEFT JOIN digest_keys ON digest_keys.user = users.id WHERE users.user = ?1");
  if (!keys.text(1, request.user).row()) {
    return keys.ok() ? StoreStatus::not_found : StoreStatus::failed;
  }
  request.credentials.sha1 = keys_in(keys, 0);
  request.credentials.sha256 = keys_in(keys, 4);
  request.credentials.digest = {keys.text(8), keys.text(9)};  // '' for NULL
  return StoreStatus::ok;
}

StoreStatus Queries::create_account(const StoreRequest& request) {
  int64_t id = 0;
  const StoreStatus found = find(request.user, id);
  if (found != StoreStatus::not_found) {
    return found == StoreStatus::ok ? StoreStatus::exists : found;
  }
  Statement insert = database_.prepare(
      "INSERT INTO users (user, sha1_salt, sha1_iterations, sha1_stored, sha1_server, sha256_salt, "
      "sha256_iterations, sha256_stored, sha256_server) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
  insert.text(1, request.user);
  bind_keys(insert, 2, request.credentials.sha1);
  bind_keys(insert, 6, request.credentials.sha256);
  return insert.run() ? save_digest_keys(request) : StoreStatus::failed;
}

StoreStatus Queries::set_password(const StoreRequest& request) {
  Statement update = database_.prepare(
      "UPDATE users SET sha1_salt = ?2, sha1_iterations = ?3, sha1_stored = ?4, sha1_server = ?5, "
      "sha256_salt = ?6, sha256_iterations = ?7, sha256_stored = ?8, sha256_server = ?9 "
      "WHERE user = ?1");
  update.text(1, request.user);
  bind_keys(update, 2, request.credentials.sha1);
  bind_keys(update, 6, request.credentials.sha256);
  if (!update.run()) return StoreStatus::failed;
  return database_.changes() > 0 ? save_digest_keys(request) : StoreStatus::not_found;
}

// Those of the password before go in any case.
StoreStatus Queries::save_digest_keys(const StoreRequest& request) {
  const im::DigestKeys& keys = request.credentials.digest;
  int64_t id = 0;
  if (find(request.user, id) != StoreStatus::ok) return StoreStatus::failed;
  Statement put = database_.prepare(
      "INSERT INTO digest_keys (user, sha256, md5) VALUES (?1, ?2, ?3) "
      "ON CONFLICT (user) DO UPDATE SET sha256 = ?2, md5 = ?3");
  return status_of(put.number(1, id).text(2, keys.sha256).text(3, keys.md5).run());
}

StoreStatus Queries::delete_account(const StoreRequest& request) {
  Statement erase = database_.prepare("DELETE FROM users WHERE user = ?1");  // the rest cascades
  if (!erase.text(1, request.user).run()) return StoreStatus::failed;
  return database_.changes() > 0 ? StoreStatus::ok : StoreStatus::not_found;
}

base::Result<std::vector<std::string>> Queries::users(base::Bytes after, uint32_t limit) {
  std::vector<std::string> names;
  Statement all =
      database_.prepare("SELECT user FROM users WHERE user > ?1 ORDER BY user LIMIT ?2");
  all.text(1, after).number(2, limit);
  while (all.row()) names.push_back(all.text(0));
  if (!all.ok()) return base::Error{database_.last_error()};
  return names;
}

base::Result<StoreCounts> Queries::counts() {
  Statement all = database_.prepare(
      "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM contacts), "
      "(SELECT count(*) FROM offline), "
      "(SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size())");
  if (!all.row()) return base::Error{database_.last_error()};
  return StoreCounts{static_cast<uint64_t>(all.number(0)), static_cast<uint64_t>(all.number(1)),
                     static_cast<uint64_t>(all.number(2)), static_cast<uint64_t>(all.number(3))};
}

}  // namespace store
