// What waits while the store is asked for a user: sessions that want to bind, mail in the order it
// came, and at most one deletion. Owned by the User, released when she is loaded.
// Bounded by Options::user_inbox_max, user_inbox_bytes_max and sessions_per_user_max.
#pragma once

#include <memory>
#include <vector>

#include "engine/seam/envelope.h"
#include "protocols/im/realm.h"
#include "protocols/im/store_attempts.h"

namespace im {

struct PendingBind {
  Resource* resource = nullptr;
  Realm::Binding* binding = nullptr;
};

struct Waiting {
  std::vector<PendingBind> binds;
  std::vector<std::unique_ptr<Realm::Caller>> callers;
  std::vector<engine::EnvelopePtr> mail;
  uint64_t mail_bytes = 0;  // of their payloads
  std::unique_ptr<StoreRequest::Context> deletion;
  bool delete_when_loaded = false;
  StoreAttempts attempts;  // at reading the account
};

}  // namespace im
