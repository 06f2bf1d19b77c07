// A database as it was at one moment, copied while its owner goes on writing (backup). A reader of
// its own with a read transaction: nobody waits for it, the owner's write-ahead log grows
// meanwhile. Also what is known of a copy without opening it as a store. One thread, in a process
// that does not have the database open otherwise; blocking.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "engine/base/result.h"

struct sqlite3;

namespace store {

// The node's database files.
enum class DatabaseKind : uint8_t { accounts, archive };
constexpr DatabaseKind kDatabaseKinds[] = {DatabaseKind::accounts, DatabaseKind::archive};
const char* file_name(DatabaseKind kind);  // in the data directory
int64_t known_schema(DatabaseKind kind);   // the newest this program can read

class Snapshot {
 public:
  // The moment is now. Refuses a file that is not ours, or that a newer program has written.
  static base::Result<std::unique_ptr<Snapshot>> open(const std::string& path, DatabaseKind kind);
  ~Snapshot();
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  int64_t schema() const { return schema_; }
  uint64_t bytes() const { return bytes_; }
  // To a new file (mode 0600), a piece at a time; `go_on` is asked between two of them. What was
  // begun is the caller's to remove when it fails.
  base::Status copy_to(const std::string& path, const std::function<bool()>& go_on);

 private:
  Snapshot(sqlite3* handle, std::string path) : handle_(handle), path_(std::move(path)) {}
  base::Status begin(DatabaseKind kind);

  sqlite3* const handle_;
  const std::string path_;
  int64_t schema_ = 0;
  uint64_t bytes_ = 0;
};

// Reads all of it: an Error where it is damaged, not ours, or newer than this program. Yields the
// schema. Writes nothing beside it.
base::Result<int64_t> check_copy(const std::string& path, DatabaseKind kind);

}  // namespace store
