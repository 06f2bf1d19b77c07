// The store's semantics in memory: the same answers as appliance/store (one conformance suite runs
// against both), at once and in the order asked. For the simulation and the tests of protocols.
// One thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "engine/base/random.h"
#include "protocols/im/store_request.h"
#include "tests/support/memory_archive.h"

namespace tests {

class MemoryStore {
 public:
  // Few iterations: tests do not defend anybody's password. Salts come from `seed`.
  explicit MemoryStore(uint32_t iterations = 4, uint64_t seed = 1);

  // Fills in outputs and status. The caller delivers the answer when and if it likes.
  void answer(im::StoreRequest& request);

  MemoryArchive& archive() { return archive_; }  // answers its own kinds of requests

  size_t users() const { return accounts_.size(); }
  size_t offline_messages() const;

 private:
  struct Account {
    im::Credentials credentials;
    std::map<std::string, im::StoredContact> contacts;
    uint64_t roster_version = 0;
    std::string vcard;
    std::map<std::string, std::string> private_xml;
    std::map<std::string, bool> blocked;
    std::map<uint64_t, im::StoredMessage> offline;
    std::map<uint64_t, uint64_t> messages;  // by id: where in `offline`; some have been deleted
    std::string last_status;
    base::WallTime last_seen;
    std::optional<im::ArchivePreferences> archive;
  };

  im::StoreStatus about_accounts(im::StoreRequest& request);
  im::StoreStatus about(Account& account, im::StoreRequest& request);
  static im::StoreStatus load(const Account& account, im::StoredAccount& out);
  static im::StoreStatus save_contacts(Account& account, const im::StoreRequest& request);
  static im::StoreStatus save_private(Account& account, const im::StoreRequest& request);
  im::StoreStatus append_offline(Account& account, im::StoreRequest& request);
  static im::StoreStatus load_offline(const Account& account, im::StoreRequest& request);

  uint32_t iterations_;
  base::Prng random_;
  std::map<std::string, Account> accounts_;
  MemoryArchive archive_;
  uint64_t last_message_ = 0;
};

}  // namespace tests
