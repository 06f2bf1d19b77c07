// Durable storage for one node on SQLite: answers every im::StoreRequest. The only folder that
// includes sqlite3.h. Owned by the node; ask() and the synchronous calls from any thread.
//
// One writer thread owns the database. It takes whatever has gathered (at most kBatchMax operations
// or kBatchTime), runs it inside one transaction, commits once, and only then hands the answers
// back: `ok` on a write means it is on disk (DESIGN 5). Requests about one user are executed in the
// order they were asked. Passwords are stretched by worker threads of their own, never on a shard
// and never in the writer's way.
//
// Limits, each counted: queue_max operations and password_queue_max passwords waiting; beyond
// either the request is answered `failed` at once.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/seam/question.h"
#include "protocols/im/store_request.h"

namespace store {

enum class Durability : uint8_t {
  full,     // synchronous=FULL: what was answered ok survives power loss
  relaxed,  // synchronous=NORMAL: the last commits may be lost, nothing is ever damaged
};

struct StoreOptions {
  std::string path;  // created with mode 0600 if absent; its folder must exist
  Durability durability = Durability::full;
  uint32_t queue_max = 65536;          // operations waiting
  uint32_t password_queue_max = 1024;  // passwords waiting to be stretched
  uint32_t password_workers = 1;       // threads
  bool digest = false;                 // also keep keys for SIP's digest, of those
  bool digest_md5 = false;             // … by MD5, too
  uint32_t iterations = 10000;         // PBKDF2, for passwords set from now on
  uint32_t pages_max = 0;              // of 4 KiB, the file's largest size; 0: no limit of ours
  uint32_t checkpoint_pages = 1000;    // about so many in its write-ahead log, then into the file
};

// Where answers go, after the commit. Called on the store's threads, and, when a queue is full,
// from inside ask().
using Deliver = std::function<void(engine::ShardId, engine::QuestionPtr)>;

struct StoreCounts {
  uint64_t users = 0;
  uint64_t contacts = 0;
  uint64_t offline_messages = 0;
  uint64_t bytes = 0;  // of the database file
};

class Store {
 public:
  // Opens or creates the database and brings its schema up to date. The error names the remedy.
  static base::Result<std::unique_ptr<Store>> open(const StoreOptions& options, Deliver deliver);
  virtual ~Store() = default;  // answers everything that was asked, then closes the file

  // The question must be an im::StoreRequest.
  virtual void ask(engine::QuestionPtr question) = 0;

  // For the control plane; these wait. Never on a shard.
  virtual void call(im::StoreRequest& request) = 0;
  virtual base::Result<bool> exists(base::Bytes user) = 0;
  // In order of bare JID, those after `after`, at most `limit`.
  virtual base::Result<std::vector<std::string>> users(base::Bytes after, uint32_t limit) = 0;
  virtual base::Result<StoreCounts> counts() = 0;
};

}  // namespace store
