// What each im::StoreRequest means in SQL. Runs inside the transaction that the writer has opened.
// Belongs to the store's writer thread.
#pragma once

#include <string>
#include <vector>

#include "appliance/store/database.h"
#include "protocols/im/store_request.h"

namespace store {

class Queries {
 public:
  explicit Queries(Database& database) : database_(database) {}

  // Fills in outputs and status. Whatever a request that does not end `ok` had changed is undone.
  // create_account and set_password expect the derived keys in `credentials`; verify_password only
  // loads the keys to compare with (ok) or finds none (not_found).
  void answer(im::StoreRequest& request);

  base::Result<std::vector<std::string>> users(base::Bytes after, uint32_t limit);
  base::Result<StoreCounts> counts();

 private:
  // The account's number in the other tables. not_found or failed when there is none.
  im::StoreStatus find(base::Bytes user, int64_t& id);
  im::StoreStatus change(im::StoreRequest& request);  // inside a savepoint
  im::StoreStatus read(im::StoreRequest& request);

  // queries.cc: accounts
  im::StoreStatus load_credentials(im::StoreRequest& request);
  im::StoreStatus create_account(const im::StoreRequest& request);
  im::StoreStatus set_password(const im::StoreRequest& request);
  im::StoreStatus delete_account(const im::StoreRequest& request);
  im::StoreStatus save_digest_keys(const im::StoreRequest& request);
  // account_queries.cc: what an account consists of
  im::StoreStatus load_account(int64_t id, im::StoredAccount& out);
  im::StoreStatus save_contacts(int64_t id, const im::StoreRequest& request);
  im::StoreStatus save_block_list(int64_t id, const im::StoreRequest& request);
  im::StoreStatus save_last_activity(int64_t id, const im::StoreRequest& request);
  im::StoreStatus save_archive_preferences(int64_t id, const im::StoreRequest& request);
  // document_queries.cc: texts we keep for clients, messages included
  im::StoreStatus load_vcard(int64_t id, im::StoreRequest& request);
  im::StoreStatus save_vcard(int64_t id, const im::StoreRequest& request);
  im::StoreStatus load_private(int64_t id, im::StoreRequest& request);
  im::StoreStatus save_private(int64_t id, const im::StoreRequest& request);
  im::StoreStatus append_offline(int64_t id, im::StoreRequest& request);
  im::StoreStatus load_offline(int64_t id, im::StoreRequest& request);
  im::StoreStatus delete_offline(int64_t id, const im::StoreRequest& request);

  Database& database_;
};

// SQLite's integers are signed.
inline int64_t signed_of(uint64_t number) {
  return static_cast<int64_t>(number > INT64_MAX ? INT64_MAX : number);
}

// ok or failed.
inline im::StoreStatus status_of(bool done) {
  return done ? im::StoreStatus::ok : im::StoreStatus::failed;
}

}  // namespace store
